// The router mesh as apps use it: each change is asked of every router of three machines, while another app's connections live on.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { selfSigned } from '../../router/nginx-bench.ts';
import { everyRouter, type Seen, status } from '../ask-routers.ts';
import { startLoad } from '../load.ts';
import { deployHello, platform } from '../platform.ts';

const on = await platform();
const { domain, machines } = on.context;
await deployHello(on, 'hello', { web: 3, worker: 1 });
const folder = await mkdtemp(join(tmpdir(), 'deis-routers-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));

const everywhere = everyRouter(on);
const hello = `hello.${domain}`;
const routing = (...words: string[]) => on.mustDeis('routing:set', ...words, '-a', 'hello');
const unset = (...names: string[]) => on.mustDeis('routing:unset', ...names, '-a', 'hello');

t.test('domains, stars and certificates, on every router', async (t) => {
  const pair = await selfSigned('www.routers.example');
  const star = await selfSigned('*.star.example');
  for (const [name, { certificate, key }] of Object.entries({ www: pair, star })) {
    await writeFile(join(folder, `${name}.pem`), certificate);
    await writeFile(join(folder, `${name}.key`), key);
  }
  for (const one of ['www.routers.example', '*.star.example']) {
    await on.mustDeis('domains:add', one, '-a', 'hello');
  }
  await everywhere('www.routers.example', status(200));
  await everywhere('any.star.example', status(200));
  for (const name of ['www', 'star']) {
    await on.mustDeis('certs:add', join(folder, `${name}.pem`), join(folder, `${name}.key`));
  }
  const shows = (name: string) => (seen: Seen) => seen.status === 200 && seen.name === name;
  await everywhere('www.routers.example', shows('www.routers.example'), { tls: true });
  await everywhere('any.star.example', shows('*.star.example'), { tls: true });
  await everywhere(hello, (seen) => seen.status === 200 && !seen.name.includes('example'), {
    tls: true,
  });
  for (const one of ['www.routers.example', '*.star.example']) {
    await on.mustDeis('domains:remove', one, '-a', 'hello');
    await on.mustDeis('certs:remove', one);
  }
  await everywhere('www.routers.example', status(404));
  t.pass('shown and gone again');
});

t.test('what an app wants of its requests', async (t) => {
  await routing('whitelist=10.255.255.1');
  await everywhere(hello, status(403));
  await unset('whitelist');
  await routing('basicAuth=ann:secret');
  await everywhere(hello, status(401));
  const authorization = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
  await everywhere(hello, status(200), { headers: { authorization } });
  await unset('basicAuth');
  await routing('enforceHttps=on');
  await everywhere(hello, status(301));
  await everywhere(hello, status(200), { tls: true });
  await unset('enforceHttps');
  await routing('maintenance=on');
  await everywhere(hello, (seen) => seen.status === 503 && seen.body.includes('maintenance'));
  await unset('maintenance');
  await everywhere(hello, status(200));
  t.pass('each one at every router');
});

t.test('a setting of the routers is changed under load: nothing fails', async (t) => {
  const loads = machines.map(({ ip }) =>
    startLoad({ host: ip, port: 80, site: hello, rate: 30, connections: 15 }),
  );
  await on.mustDeisctl('config', 'router', 'set', 'serverTokens=off', 'bodySize=3m');
  await everywhere(hello, ({ headers }) => headers['server'] === 'nginx');
  await on.mustDeisctl('config', 'router', 'rm', 'serverTokens', 'bodySize');
  await everywhere(hello, ({ headers }) => /nginx\/1/.test(String(headers['server'])));
  for (const load of loads) {
    const { failures, answered } = await load.stop();
    t.same(failures, []);
    t.ok(answered > 50, `${answered} requests`);
  }
});
