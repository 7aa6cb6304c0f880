// Registries of other people: who may read, what is chosen, what never leaks. Against a small registry with real HTTP.

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { bringImage } from '../../src/adapters/foreign-image.ts';
import { ForeignRegistry } from '../../src/adapters/foreign-registry.ts';
import { parseImageName } from '../../src/adapters/image-name.ts';
import { choosePlatform } from '../../src/adapters/image-platform.ts';
import { parseChallenge } from '../../src/adapters/registry-challenge.ts';
import { copyImage } from '../../src/adapters/registry-copy.ts';
import { RegistryReplica } from '../../src/adapters/registry-replica.ts';
import { parseRegistryHost } from '../../src/model/registry-login.ts';
import { type PretendRegistry, digestOf, pretendRegistry, pushImage } from './pretend-registry.ts';

const signal = AbortSignal.timeout(60_000);
const BASIC = `Basic ${Buffer.from('ada:secret').toString('base64')}`;
const INDEX = 'application/vnd.oci.image.index.v1+json';

/** Stands before a registry and wants to know who asks. */
async function guarded(
  t: Test,
  inner: PretendRegistry,
  how: 'basic' | 'bearer',
): Promise<{ host: string; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    const own = `http://${request.headers.host}`;
    const { authorization } = request.headers;
    if (request.url!.startsWith('/token')) {
      const fits =
        authorization === BASIC && request.url!.includes('repository%3Ateam%2Fapi%3Apull');
      response.writeHead(fits ? 200 : 401).end(fits ? '{"token":"t0ken"}' : '{}');
      return;
    }
    const wanted = how === 'basic' ? BASIC : 'Bearer t0ken';
    const challenge =
      how === 'basic' ? 'Basic realm="x"' : `Bearer realm="${own}/token",service="reg"`;
    if (authorization !== wanted) {
      response.writeHead(401, { 'www-authenticate': challenge }).end();
      return;
    }
    response.writeHead(307, { location: `http://${inner.address}${request.url}` }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

async function two(t: Test): Promise<[PretendRegistry, PretendRegistry]> {
  const both = await Promise.all([pretendRegistry(), pretendRegistry()]);
  t.teardown(() => Promise.all(both.map((one) => one.close())));
  return both as [PretendRegistry, PretendRegistry];
}

for (const how of ['basic', 'bearer'] as const) {
  t.test(`${how}: with the login the image comes, under another name`, async (t) => {
    const [theirs, ours] = await two(t);
    const digest = pushImage(theirs, 'team/api', 'v1', 'x'.repeat(2_000_000), '2026-01-01');
    const { host } = await guarded(t, theirs, how);
    const from = new ForeignRegistry(host, { username: 'ada', password: 'secret', plain: true });
    const manifest = await from.manifest('team/api', 'v1', signal);
    t.equal(manifest?.digest, digest);
    const to = new RegistryReplica(ours.address);
    await copyImage(
      { name: 'blog', manifest: manifest!, sourceName: 'team/api' },
      from,
      to,
      signal,
    );
    t.ok(ours.manifests.has(`blog/${digest}`));
    t.equal(await from.manifest('team/api', 'v2', signal), undefined);
  });

  t.test(
    `${how}: without it, or with a wrong one, the error says what to do and shows no login`,
    async (t) => {
      const [theirs] = await two(t);
      pushImage(theirs, 'team/api', 'v1', 'x', '2026-01-01');
      const { host } = await guarded(t, theirs, how);
      for (const login of [{}, { username: 'ada', password: 'wrong-one' }]) {
        const from = new ForeignRegistry(host, { ...login, plain: true });
        const error: unknown = await from
          .manifest('team/api', 'v1', signal)
          .catch((e: unknown) => e);
        t.match(error, { code: 'forbidden', hint: /deis registry:set host=127/ });
        t.notMatch(JSON.stringify(error, Object.getOwnPropertyNames(error)), /wrong-one/);
      }
    },
  );
}

t.test('a login never leaves its host when it redirects', async (t) => {
  const [theirs] = await two(t);
  pushImage(theirs, 'team/api', 'v1', 'x', '2026-01-01');
  const other = await guarded(t, theirs, 'basic');
  const server = createServer((request, response) => {
    if (request.headers.authorization === undefined) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    } else response.writeHead(302, { location: `http://${other.host}${request.url}` }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const from = new ForeignRegistry(host, { username: 'ada', password: 'secret', plain: true });
  await t.rejects(from.manifest('team/api', 'v1', signal), { code: 'forbidden' });
  t.equal(other.seen.length, 1);
  t.equal(other.seen[0]!.headers.authorization, undefined);
});

t.test('a host that does not answer is named', async (t) => {
  const from = new ForeignRegistry('127.0.0.1:4');
  await t.rejects(from.manifest('a', 'v1', signal), {
    code: 'unavailable',
    message: /127\.0\.0\.1:4 cannot be read: ECONNREFUSED/,
  });
  const name = parseImageName('127.0.0.1:4/a:1');
  const asked = { image: '127.0.0.1:4/a:1', host: '127.0.0.1:4', name };
  const to = new RegistryReplica('127.0.0.1:4');
  await t.rejects(bringImage(asked, { app: 'blog', logins: {} }, to, signal), { code: 'invalid' });
});

t.test('of an index the image for this processor', async (t) => {
  const index = (...platforms: [string, string][]) => {
    const manifests = platforms.map(([os, architecture], at) => ({
      digest: `sha256:${String(at).repeat(64)}`,
      platform: { os, architecture },
    }));
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests }));
    return { type: INDEX, bytes, digest: digestOf(bytes) };
  };
  const many = index(['windows', 'amd64'], ['linux', 'amd64'], ['linux', 'arm64']);
  t.equal(choosePlatform('x', many, 'x64'), `sha256:${'1'.repeat(64)}`);
  t.equal(choosePlatform('x', many, 'arm64'), `sha256:${'2'.repeat(64)}`);
  t.throws(() => choosePlatform('x', index(['linux', 's390x'], ['unknown', 'unknown']), 'x64'), {
    code: 'invalid',
    message: 'x has nothing for linux/amd64, only for linux/s390x.',
  });
  t.equal(choosePlatform('x', { ...many, type: 'application/json' }, 'x64'), undefined);
});

t.test('challenges', async (t) => {
  t.same(parseChallenge('Basic realm="a b"'), { kind: 'basic' });
  t.match(
    parseChallenge('Bearer realm="https://auth.docker.io/token",service="registry.docker.io"'),
    {
      kind: 'bearer',
      service: 'registry.docker.io',
    },
  );
  for (const odd of ['', 'Digest realm="x"', 'Bearer', 'Bearer realm="no url"']) {
    t.equal(parseChallenge(odd), undefined, odd);
  }
});

t.test('hosts of registries', async (t) => {
  t.same(parseRegistryHost('Quay.io'), { host: 'quay.io', plain: false });
  t.same(parseRegistryHost('index.docker.io'), { host: 'docker.io', plain: false });
  t.same(parseRegistryHost('http://10.0.0.1:5000/'), { host: '10.0.0.1:5000', plain: true });
  for (const bad of [
    '',
    'a/b',
    'x y',
    'ftp://a',
    'localhost',
    '127.0.0.1:2379',
    'a@b',
    '169.254.1.1',
  ]) {
    t.ok('problem' in parseRegistryHost(bad), bad);
  }
});
