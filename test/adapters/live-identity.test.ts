// Certificates that change under running programs: a server and a store's client follow, and nothing is lost on the way.

import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { get, createServer } from 'node:https';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { etcdStore } from '../../src/adapters/etcd.ts';
import { LiveIdentity } from '../../src/adapters/live-identity.ts';
import { createAuthority, issueCertificate, type KeyPair } from '../../src/adapters/pki.ts';
import { serveApi } from '../../src/agent/api/server.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { readGarbageSettings } from '../../src/model/garbage-settings.ts';
import { withEtcd } from './etcd-cluster.ts';
import { quiet } from './quiet-log.ts';

const HOUR = 3_600_000;
const at = (hours: number) => new Date(Date.now() + hours * HOUR);
const old = await createAuthority('test', at(-1), at(1));
const fresh = await createAuthority('test', at(-1), at(1)); // of the same name, which must not confuse anybody
const issue = (from: KeyPair, commonName: string, until = at(1)) =>
  issueCertificate(from, { commonName, hosts: ['127.0.0.1'], notBefore: at(-2), notAfter: until });
const both = `${old.cert}\n${fresh.cert}\n`;

const pems = ({ ca, cert, key }: LiveIdentity) => ({ ca, cert, key });

function place(t: Test, ca: string, pair: KeyPair) {
  const folder = t.testdir({ ca, cert: pair.cert, key: pair.key });
  const paths = {
    ca: join(folder, 'ca'),
    cert: join(folder, 'cert'),
    key: join(folder, 'key'),
  };
  const write = async (files: Partial<Record<keyof typeof paths, string>>) => {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  };
  return { paths, write };
}

void t.test('what would serve nobody is not taken', async (t) => {
  const first = await issue(old, 'deisd');
  const { paths, write } = place(t, old.cert, first);
  const identity = await LiveIdentity.open(paths);
  let told = 0;
  identity.onRenewal(() => (told += 1));
  t.equal(await identity.look(), false);
  const second = await issue(fresh, 'deisd');
  await write({ key: second.key });
  await t.rejects(identity.look(), { message: /the key does not belong/ }, 'half of a pair');
  await write({ cert: second.cert });
  await t.rejects(identity.look(), { message: /no authority that stands beside it/ });
  await write(await issue(old, 'deisd', at(-1)));
  await t.rejects(identity.look(), { message: /its time is over/ });
  await write({ cert: 'nothing' });
  await t.rejects(identity.look(), { message: /no certificate in it/ });
  t.strictSame(pems(identity), { ca: old.cert, ...first });
  await write({ ca: both, ...second });
  t.equal(await identity.look(), true);
  t.strictSame(pems(identity), { ca: both, ...second });
  t.equal(told, 1);
  await t.rejects(LiveIdentity.open({ ...paths, key: '/nowhere/key' }), { code: 'unsupported' });
});

void t.test("a machine's API goes from one authority to another", async (t) => {
  const { paths, write } = place(t, old.cert, await issue(old, 'deisd'));
  const identity = await LiveIdentity.open(paths);
  const stop = new AbortController();
  const port = Promise.withResolvers<number>();
  const served = serveApi(
    {
      tls: identity,
      host: '127.0.0.1',
      port: 0,
      clock: systemClock,
      log: quiet,
      logs: { read: () => [], follow: () => [] } as never,
      unitStates: () => ({}),
      load: () => Promise.reject(new Error('not asked')),
      leave: () => [] as never,
      stay: () => undefined,
      reboot: () => [] as never,
      disk: () => Promise.resolve({ settings: readGarbageSettings({}) } as never),
      examine: () => Promise.reject(new Error('not asked')),
    },
    stop.signal,
    (given) => port.resolve(given),
  );
  const where = { host: '127.0.0.1', port: await port.promise, path: '/healthz' };
  const ask = (ca: string, pair: KeyPair) =>
    new Promise<string>((resolve) => {
      get({ ...where, ca, ...pair, agent: false }, (answer) => {
        answer.resume();
        answer.on('end', () => resolve(String(answer.statusCode)));
      }).on('error', () => resolve('refused'));
    });
  const before = await issue(old, 'operator');
  const after = await issue(fresh, 'operator');
  t.equal(await ask(old.cert, before), '200');
  t.equal(await ask(old.cert, after), 'refused');

  await write({ ca: both });
  t.equal(await identity.look(), true);
  t.equal(await ask(old.cert, after), '200', 'both are believed');
  await write(await issue(fresh, 'deisd'));
  t.equal(await identity.look(), true);
  t.equal(await ask(fresh.cert, before), '200', 'its certificate is the new one');
  await write({ ca: fresh.cert });
  t.equal(await identity.look(), true);
  t.equal(await ask(both, before), 'refused', 'the old one is believed no more');
  t.equal(await ask(fresh.cert, after), '200');
  stop.abort();
  await served;
});

void t.test('a server takes several authorities of one name from one text', async (t) => {
  const own = await issue(fresh, 'server');
  const server = createServer({ ca: both, ...own, requestCert: true }, (_, answer) => answer.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  for (const pair of [await issue(old, 'a'), await issue(fresh, 'b')]) {
    const asked = get({ host: '127.0.0.1', port, ca: both, ...pair, agent: false });
    const [answer] = (await once(asked, 'response')) as [{ statusCode: number }];
    t.equal(answer.statusCode, 200);
  }
  server.close();
  server.closeAllConnections();
});

await withEtcd(t, 1, (cluster) => {
  void t.test('new connections to the store: no write fails, no change is missed', async (t) => {
    let renew = (): void => undefined;
    const tls = { ...cluster.tls, onRenewal: (listener: () => void) => void (renew = listener) };
    const store = etcdStore({ endpoints: cluster.endpoints, tls, log: quiet });
    t.teardown(() => store.close());
    const stop = new AbortController();
    const seen: string[] = [];
    const all = Promise.withResolvers<void>();
    const watched = store.watch(
      '/renewal/',
      {
        snapshot: ({ entries }) => void seen.push(...entries.map(({ value }) => value)),
        interrupted: () => undefined,
        changes: (changes) => {
          for (const change of changes) if (change.kind === 'put') seen.push(change.entry.value);
          if (seen.includes('199')) all.resolve();
        },
      },
      stop.signal,
    );
    for (let index = 0; index < 200; index += 1) {
      if (index % 40 === 20) renew();
      const write = { kind: 'put' as const, key: '/renewal/x', value: String(index) };
      const asked = store.commit({ conditions: [], writes: [write] }, stop.signal);
      if (index % 40 === 30) renew();
      t.equal((await asked).applied, true);
    }
    await all.promise;
    const numbers = seen.map(Number);
    const first = numbers[0]!;
    t.strictSame(
      numbers,
      [...Array(200 - first).keys()].map((index) => index + first),
    );
    stop.abort();
    await watched;
  });
});
