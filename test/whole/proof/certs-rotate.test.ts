// A new authority and new certificates for everything, under 100 requests a second, by a command that is killed half way and given
// again: no request fails, no heartbeat is lost, nothing is restarted, and what was valid before is refused afterwards.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { quickGet } from '../../../src/adapters/quick-get.ts';
import { openCluster } from '../../../src/cli/context.ts';
import type { CertificateRow } from '../../../src/cli/certs/list.ts';
import { keys } from '../../../src/registry/keys.ts';
import { startLoad } from '../load.ts';
import { containers, deployHello, eventually, platform } from '../platform.ts';

const on = await platform();
const [first] = on.context.machines;
const text = (path: string) => readFile(path, 'utf8');
const operator = async () => ({
  ca: await text(on.context.tls.ca),
  cert: await text(on.context.tls.cert),
  key: await text(on.context.tls.key),
});
/** etcdctl on the first machine, with a component's pair below `folder`. */
const etcdctl = (folder: string, component: string, ca: string, words: string) =>
  on.exec(
    1,
    `ETCDCTL_API=3 etcdctl --endpoints https://127.0.0.1:2379 --cacert ${ca} --cert ${folder}/${component}.crt --key ${folder}/${component}.key ${words}`,
  );
const OWN = '/etc/deis/tls/router';
const KEPT = '/tmp/before-rotation';

await deployHello(on, 'hello', { web: 3 });

/** By key: who renewed it without a break since it was created. */
async function heartbeats(): Promise<Record<string, number>> {
  const cluster = await openCluster({ cluster: on.name });
  try {
    const lists = await Promise.all(
      [keys.alive, keys.routerAlive].map(async (family) => {
        const { items } = await cluster.registry.list<unknown>(family, [], on.signal);
        return items.map(({ ids, createRevision }) => [family.key(...ids), createRevision]);
      }),
    );
    return Object.fromEntries(lists.flat()) as Record<string, number>;
  } finally {
    cluster.close();
  }
}

/** `deisctl certs rotate`, killed as if the box went down as soon as a line of its progress has these words. */
async function killedAt(words: RegExp): Promise<string[]> {
  const child = spawn(
    process.execPath,
    [join(on.root, 'bin/deisctl.js'), 'certs', 'rotate', '-C', on.name],
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  );
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line);
    if (words.test(line)) process.kill(-child.pid!, 'SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return lines;
}

t.test('everything is new, and nobody noticed', { timeout: 900_000 }, async (t) => {
  await on.sh(1, `mkdir -p ${KEPT} && cp ${OWN}/* ${KEPT}`);
  const before = { operator: await operator(), running: await containers(on) };
  const beats = await heartbeats();
  t.ok(Object.keys(beats).length >= 2 * on.context.machines.length);
  const requests = startLoad({
    host: '127.0.0.1',
    port: on.context.doors.http,
    site: `hello.${on.context.domain}`,
    rate: 100,
  });
  const began = performance.now();
  const killed = await killedAt(/New certificates for all machines/);
  t.notOk(
    killed.some((line) => /Every part shows/.test(line)),
    'killed half way',
  );
  const half = JSON.parse(await on.mustDeisctl('certs', 'list', '--json')) as CertificateRow[];
  t.ok(
    half.every(({ authorities }) => authorities.length === 2),
    'both authorities are believed',
  );
  t.match(await on.mustDeisctl('certs', 'rotate'), /what an earlier run began is finished/);
  const seconds = (performance.now() - began) / 1000;
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const report = await requests.stop();
  t.comment(`${seconds.toFixed(1)} s; ${report.sent} requests, ${report.failures.length} failed`);
  t.strictSame(report.failures, [], `${report.answered} requests answered`);
  t.strictSame(await heartbeats(), beats, 'no heartbeat was lost');
  t.strictSame(await containers(on), before.running, 'nothing was started anew');

  const rows = JSON.parse(await on.mustDeisctl('certs', 'list', '--json')) as CertificateRow[];
  const authority = rows[0]!.issuer;
  for (const row of rows) t.match(row, { issuer: authority, authorities: [authority] });
  t.equal(new Set(rows.map(({ certificate }) => certificate)).size, rows.length);

  const now = await operator();
  t.not(now.cert, before.operator.cert);
  const both = `${before.operator.ca}${now.ca}`;
  const ask = (url: string, tls: typeof now) =>
    quickGet({ url, tls, ms: 5000 }, on.signal).then(
      ({ status }) => status,
      (error: Error) => error.message,
    );
  for (const url of [`https://${first!.ip}:7600/healthz`, `https://${first!.ip}:2379/health`]) {
    t.match(
      await ask(url, { ...before.operator, ca: both }),
      /alert|reset|hang up/i,
      `${url}: the old one is refused`,
    );
    t.equal(await ask(url, now), 200, `${url}: the new one is not`);
  }
  const old = await etcdctl(KEPT, 'router', `${OWN}/ca.crt`, 'get /deis/router/x');
  t.not(old.code, 0, 'an old certificate is refused by the store');
  t.equal((await etcdctl(OWN, 'router', `${OWN}/ca.crt`, 'get /deis/router/x')).code, 0);
});

t.test('the platform works on', async (t) => {
  await on.mustDeis('config:set', 'ROTATED=yes', '-a', 'hello');
  await on.mustDeis('ps:scale', 'web=2', '-a', 'hello');
  await eventually('lines of the app', 30, async () =>
    /web/.test(await on.mustDeis('logs', '-a', 'hello')),
  );
  t.match(await on.mustDeis('run', '-a', 'hello', 'echo $ROTATED'), /yes/);
  const files = await on.sh(1, 'cat /etc/deis/tls/*.crt /etc/deis/tls/*/*.crt | sha256sum');
  const running = await containers(on);
  const up = await on.deisctl('local', 'up', `--name=${on.name}`);
  t.equal(up.code, 0, up.stderr);
  t.equal(await on.sh(1, 'cat /etc/deis/tls/*.crt /etc/deis/tls/*/*.crt | sha256sum'), files);
  t.strictSame(await containers(on), running);
  const doctor = await on.deisctl('doctor');
  t.equal(doctor.code, 0, doctor.stdout);
});
