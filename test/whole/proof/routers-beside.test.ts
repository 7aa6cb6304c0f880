// What routers of three machines do for all apps at once: the platform's certificate, WebSockets, the PROXY protocol; and one app that
// brings everything that can be wrong with an app's routes, while another one is changed.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import WebSocket from 'ws';
import { createAuthority, issueCertificate } from '../../../src/adapters/pki.ts';
import { aesVault } from '../../../src/adapters/vault.ts';
import { keys } from '../../../src/registry/keys.ts';
import { put, remove } from '../../../src/registry/registry.ts';
import { selfSigned } from '../../router/nginx-bench.ts';
import { everyRouter, status } from '../ask-routers.ts';
import { deployLive } from '../live-app.ts';
import { timed } from '../pace.ts';
import { deployHello, eventually, platform } from '../platform.ts';
import { openStore } from '../store.ts';

const on = await platform();
const { registry } = await openStore(on);
const { domain, machines } = on.context;
const everywhere = everyRouter(on);
const hello = `hello.${domain}`;
const folder = await mkdtemp(join(tmpdir(), 'deis-routers-'));
await deployHello(on, 'hello', { web: 3 });
t.teardown(async () => {
  await rm(folder, { recursive: true, force: true });
  for (const app of ['talk', 'broken']) await on.deis('apps:destroy', '-a', app, '--confirm', app);
});

async function written(name: string, pair: { certificate: string; key: string }) {
  const [certificate, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  await writeFile(certificate, pair.certificate);
  await writeFile(key, pair.key);
  return { certificate, key };
}

t.test("the platform's certificate", async (t) => {
  const files = await written('platform', await selfSigned(`*.${domain}`));
  const set = [`sslCert=${files.certificate}`, `sslKey=${files.key}`];
  await on.mustDeisctl('config', 'router', 'set', ...set);
  await everywhere(hello, ({ name }) => name === `*.${domain}`, { tls: true });
  await on.mustDeisctl('config', 'router', 'rm', 'sslCert', 'sslKey');
  await everywhere(hello, ({ name }) => name !== `*.${domain}`, { tls: true });
  t.pass('shown by every router, and gone again');
});

t.test('WebSockets through every router, in the clear and over TLS', async (t) => {
  await deployLive(on, { talk: { web: 1 } });
  for (const { ip } of machines) {
    for (const scheme of ['ws', 'wss']) {
      const options = { headers: { host: `talk.${domain}` }, rejectUnauthorized: false };
      const socket = new WebSocket(`${scheme}://${ip}/`, options);
      const heard = await new Promise((resolve, reject) => {
        socket.once('open', () => socket.send(`by ${ip}`));
        socket.once('message', (data: Buffer) => resolve(data.toString()));
        socket.once('error', reject);
      });
      socket.terminate();
      t.equal(heard, `by ${ip}`, `${scheme} through ${ip}`);
    }
  }
});

/** The status line of an answer to a request that a balancer passes on; '' when the connection ends without one. */
function passedOn(ip: string, lines: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(80, ip, () =>
      socket.write(`${lines}GET / HTTP/1.1\r\nHost: ${hello}\r\nConnection: close\r\n\r\n`),
    );
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('error', () => undefined); // what was said until then counts
    socket.on('close', () => resolve(text.split('\r\n')[0]!));
  });
}

t.test('behind a balancer that speaks the PROXY protocol', async (t) => {
  const from = (client: string) => `PROXY TCP4 ${client} 10.0.0.1 1234 80\r\n`;
  await on.mustDeis('routing:set', 'whitelist=192.0.2.7', '-a', 'hello');
  await on.mustDeisctl('config', 'router', 'set', 'proxyProtocol=true');
  for (const { ip } of machines) {
    await eventually(`the protocol at ${ip}`, 10, async () =>
      / 200 /.test(await passedOn(ip, from('192.0.2.7'))),
    );
    t.match(await passedOn(ip, from('192.0.2.8')), / 403 /, 'another client is kept out');
    t.notMatch(await passedOn(ip, ''), / 200 /, 'nobody comes in without it');
  }
  await on.mustDeisctl('config', 'router', 'rm', 'proxyProtocol');
  await everywhere(hello, status(403));
  await on.mustDeis('routing:unset', 'whitelist', '-a', 'hello');
  await everywhere(hello, status(200));
});

/** What the API refuses, put into the store behind its back. */
async function breakEverything(): Promise<() => Promise<unknown>> {
  const vault = aesVault((await on.sh(1, 'cat /etc/deis/platform.key')).trim());
  const [from, to] = [-30, -2].map((days) => new Date(Date.now() + days * 86_400_000));
  const authority = await createAuthority('old', from!, to!);
  const host = 'old.example.org';
  const dates = { notBefore: from!, notAfter: to! };
  const old = await issueCertificate(authority, { commonName: host, hosts: [host], ...dates });
  const who = { owner: 'admin', created: '', updated: '' };
  const cert = { ...who, expires: to!.toISOString(), fingerprint: 'x', certificate: old.cert };
  const sealed = vault.seal(old.key, keys.certs.key(host));
  const wild = 'bad;} server {.example.org';
  await registry.commit(
    [],
    [
      put(keys.domains, [wild], { ...who, domain: wild, app: 'broken' }),
      put(keys.domains, [host], { ...who, domain: host, app: 'broken' }),
      put(keys.certs, [host], { ...cert, commonName: host, sans: [host], key: sealed }),
      put(keys.certs, ['no.key'], { ...cert, commonName: 'no.key', sans: ['no.key'], key: '' }),
      put(keys.services, ['broken', 'broken_v9.web.1.service'], ''),
    ],
    on.signal,
  );
  return () =>
    registry.commit(
      [],
      [
        remove(keys.domains, [wild]),
        remove(keys.domains, [host]),
        remove(keys.certs, [host]),
        remove(keys.certs, ['no.key']),
        remove(keys.services, ['broken', 'broken_v9.web.1.service']),
      ],
      on.signal,
    );
}

t.test('an app with everything wrong beside one that is changed', async (t) => {
  await on.mustDeis('apps:create', 'broken', '--no-remote');
  const mend = await breakEverything();
  await eventually('every router says what it left out', 10, async () => {
    const { items } = await registry.list(keys.routerApplied, [], on.signal);
    return (
      items.length === machines.length &&
      items.every(({ value: { refused } }) => {
        const says = JSON.stringify(refused);
        return refused['broken'] !== undefined && says.includes('*certificate no.key');
      })
    );
  });
  const { items } = await registry.list(keys.routerApplied, [], on.signal);
  t.comment(JSON.stringify(items[0]!.value.refused));
  const { seconds, bound } = await timed(2, async () => {
    await on.mustDeis('routing:set', 'maintenance=on', '-a', 'hello');
    await everywhere(hello, status(503));
  });
  t.ok(seconds < bound, `a change of another app is everywhere after ${seconds.toFixed(1)} s`);
  await on.mustDeis('routing:unset', 'maintenance', '-a', 'hello');
  await on.mustDeis('config:set', `BESIDE=${Date.now()}`, '-a', 'hello');
  await everywhere(hello, status(200));
  await on.mustDeisctl('config', 'router', 'set', 'bodySize=4m');
  await eventually('a setting of all routers too', 30, async () => {
    const wanted = (await registry.list(keys.settings, ['router'], on.signal)).items.find(
      ({ ids }) => ids[1] === 'bodySize',
    )!.modRevision;
    const applied = await registry.list(keys.routerApplied, [], on.signal);
    return applied.items.every(({ value }) => value.files >= wanted);
  });
  await on.mustDeisctl('config', 'router', 'rm', 'bodySize');
  await mend();
  await eventually('nothing is left out any more', 10, async () => {
    const { items } = await registry.list(keys.routerApplied, [], on.signal);
    return items.every(({ value }) => value.refused['broken'] === undefined);
  });
});
