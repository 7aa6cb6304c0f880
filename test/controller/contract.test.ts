// The contract of the API: every row against a real controller on a real etcd, one after the other. Rows are in contract/.

import t from 'tap';
import { createAuthority, issueCertificate } from '../../src/adapters/pki.ts';
import { ROUTES } from '../../src/controller/routes.ts';
import { keys } from '../../src/registry/keys.ts';
import { type Controller, as, newcomer, setUp } from './api.ts';
import { apps, permissionMatrix, transfer } from './contract/apps.ts';
import { auth, cancel } from './contract/auth.ts';
import { builds } from './contract/builds.ts';
import { certs } from './contract/certs.ts';
import { configs } from './contract/config.ts';
import { containers } from './contract/containers.ts';
import { destroys } from './contract/destroys.ts';
import { domains } from './contract/domains.ts';
import { hooks } from './contract/hooks.ts';
import { keysOfUsers } from './contract/keys.ts';
import { perms } from './contract/perms.ts';
import { releases } from './contract/releases.ts';
import { type Memory, type Row, type Who, check } from './contract/row.ts';
import { transport } from './contract/transport.ts';
import { users } from './contract/users.ts';
import { etcdForTests } from './on-etcd.ts';
import { bringUpMachines, err, exit, out, pretendRuns, says } from './pretend-runs.ts';

const BUILDER_KEY = ['controller', 'builderKey'];
const signal = AbortSignal.timeout(120_000);

const TOPICS: [string, Row[]][] = [
  ['transport', transport],
  ['accounts and tokens', auth],
  ['users', users],
  ['accounts that end', cancel],
  ['keys', keysOfUsers],
  ['certificates', certs],
  ['apps', apps],
  ['who may do what', permissionMatrix],
  ['perms', perms],
  ['transfer', transfer],
  ['domains', domains],
  ['config, limits and tags', configs],
  ['builds', builds],
  ['containers', containers],
  ['releases', releases],
  ['hooks', hooks],
  ['destroying', destroys],
];

t.test('contract', async (t) => {
  const etcd = await etcdForTests();
  t.teardown(etcd.stop);
  const runs = pretendRuns();
  runs.script = says(out('one '), err('two'), exit(3));
  const { first, admin, cluster } = await setUp(t, { runs }, etcd.store);
  await bringUpMachines(cluster.registry, signal);
  const callers: Record<Who, Controller['call']> = {
    ada: admin,
    bob: await newcomer(first, 'bob'),
    carl: await newcomer(first, 'carl'),
    eve: await newcomer(first, 'eve'),
    nobody: first.call,
  };
  const memory: Memory = await withCertificates();
  for (const [topic, rows] of TOPICS) {
    await t.test(topic, async (t) => {
      for (const row of rows) {
        if (!('asBuilder' in row)) await check(t, row, callers, memory);
        else {
          const key = await cluster.registry.get(keys.settings, BUILDER_KEY, signal);
          const nobody = withHeaders(first.call, { 'x-deis-builder-auth': key?.value ?? '' });
          await check(t, row, { ...callers, nobody }, memory);
        }
      }
    });
  }
  t.equal(
    (await as(first, memory.get('dora') ?? '')('GET', '/v1/')).status,
    401,
    'the token of a user who is gone',
  );
});

t.test('every endpoint of v1 has a row that it answers well', (t) => {
  for (const { method, path, version } of ROUTES) {
    if (version === 'v2') continue;
    const shape = new RegExp(`^/v1${path.replaceAll(/:\w+|\*$/g, '[^/]+')}/?(?:\\?.*)?$`);
    const rows = TOPICS.flatMap(([, all]) => all).filter(
      ({ call: [asked, url], status }) =>
        asked === method &&
        status.startsWith('2') &&
        shape.test(typeof url === 'function' ? url(ANY) : url),
    );
    t.not(rows.length, 0, `${method} /v1${path}`);
  }
  t.end();
});

/** Whatever a row wants to know of earlier ones. */
const ANY: Memory = new (class extends Map<string, string> {
  override get = (): string => 'any';
})();

function withHeaders(call: Controller['call'], more: Record<string, string>): Controller['call'] {
  return (method, path, body, headers = {}) => call(method, path, body, { ...headers, ...more });
}

async function withCertificates(): Promise<Memory> {
  const memory: Memory = new Map();
  const [notBefore, notAfter] = [new Date(Date.now() - 60_000), new Date(Date.now() + 3_600_000)];
  const authority = await createAuthority('Tests', notBefore, notAfter);
  const wanted: Record<string, string[]> = {
    shop: ['shop.example.com', 'www.shop.example.com'],
    wild: ['*.wild.example.com'],
  };
  for (const [name, hosts] of Object.entries(wanted)) {
    const request = { commonName: hosts[0]!, hosts, notBefore, notAfter };
    const { cert, key } = await issueCertificate(authority, request);
    memory.set(`${name} certificate`, cert).set(`${name} key`, key);
  }
  return memory;
}
