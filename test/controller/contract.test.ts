// The contract of the API: every row against a real controller on a real etcd, one after the other. Rows are in contract/.

import t from 'tap';
import { createAuthority, issueCertificate } from '../../src/adapters/pki.ts';
import { keys } from '../../src/registry/keys.ts';
import { type Controller, as, newcomer, setUp } from './api.ts';
import * as ofApps from './contract/apps.ts';
import { type Memory, type Row, type Who, check } from './contract/row.ts';
import * as ofUsers from './contract/users.ts';
import { etcdForTests } from './on-etcd.ts';

const BUILDER_KEY = ['controller', 'builderKey'];
const signal = AbortSignal.timeout(120_000);

const TOPICS: [string, Row[]][] = [
  ['transport', ofUsers.transport],
  ['users', ofUsers.auth],
  ['keys', ofUsers.keysOfUsers],
  ['certificates', ofUsers.certs],
  ['apps', ofApps.apps],
  ['who may do what', ofApps.permissionMatrix],
  ['perms', ofApps.perms],
  ['transfer', ofApps.transfer],
  ['domains', ofApps.domains],
  ['config, limits and tags', ofApps.configs],
  ['builds', ofApps.builds],
  ['containers', ofApps.containers],
  ['releases', ofApps.releases],
  ['hooks', ofApps.hooks],
  ['destroying', ofApps.destroys],
];

t.test('contract', async (t) => {
  const etcd = await etcdForTests();
  t.teardown(etcd.stop);
  const { first, admin, cluster } = await setUp(t, {}, etcd.store);
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
