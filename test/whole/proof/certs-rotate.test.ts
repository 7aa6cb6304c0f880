// A new authority and new certificates for everything – a host that joined is there too –, under 100 requests a second, by a command that
// is killed between all of its steps and given again: no request fails, no heartbeat is lost, nothing is restarted, and what was valid
// before is refused everywhere afterwards. Through a tunnel too; and a machine that was off meanwhile comes back.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { quickGet } from '../../../src/adapters/quick-get.ts';
import { openCluster } from '../../../src/cli/context.ts';
import type { CertificateRow } from '../../../src/cli/certs/list.ts';
import { keys } from '../../../src/registry/keys.ts';
import { bareMachine } from '../bare-machine.ts';
import { startLoad } from '../load.ts';
import { operatorTls } from '../operator-tls.ts';
import { containers, deployHello, eventually, platform } from '../platform.ts';

const on = await platform();
const joined = await bareMachine(on.root, on.name, 210, on.signal);
t.teardown(() => joined.down());
await on.mustDeisctl('nodes', 'create', joined.ip);
const operator = () => operatorTls(on);
/** etcdctl on the first machine, with a component's pair below `folder`. */
const etcdctl = (folder: string, component: string, ca: string, words: string) =>
  on.exec(
    1,
    `ETCDCTL_API=3 etcdctl --endpoints https://127.0.0.1:2379 --cacert ${ca} --cert ${folder}/${component}.crt --key ${folder}/${component}.key ${words}`,
  );
const OWN = '/etc/deis/tls/router';
const KEPT = '/tmp/before-rotation';
const write = 'put /deis/releases/hello/v99 {}';

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

/** What the command says when a step has ended; it is killed after each. */
const STEPS = [
  /told to believe the new authority too/,
  /Every part believes the new authority too/,
  /Members of the store/,
  /New certificates for all machines/,
  /Every part shows its new certificate/,
  /told to believe the new authority only/,
  /Every part believes the new authority only/,
];

t.test('a router may not write a release, but its own keys', async (t) => {
  const refused = await etcdctl(OWN, 'router', `${OWN}/ca.crt`, write);
  t.not(refused.code, 0);
  t.match(refused.stderr, /permission denied/);
  const settings = await etcdctl(OWN, 'router', `${OWN}/ca.crt`, 'put /deis/platform/domain x');
  t.match(settings.stderr, /permission denied/);
  t.equal((await etcdctl(OWN, 'router', `${OWN}/ca.crt`, 'put /deis/router/probe x')).code, 0);
  t.equal((await etcdctl(OWN, 'router', `${OWN}/ca.crt`, 'del /deis/router/probe')).code, 0);
  const read = await etcdctl(OWN, 'router', `${OWN}/ca.crt`, 'get --prefix /deis/releases/hello/');
  t.match(read.stdout, /releases\/hello/);
  const controller = '/etc/deis/tls/controller';
  const allowed = await etcdctl(controller, 'controller', `${controller}/ca.crt`, write);
  t.equal(allowed.code, 0, allowed.stderr);
  await etcdctl(controller, 'controller', `${controller}/ca.crt`, 'del /deis/releases/hello/v99');
});

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
  for (const words of STEPS) {
    const lines = await killedAt(words);
    t.match(lines.at(-1), words, `killed at ${String(words)}`);
  }
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
  const ips = on.context.machines.map(({ ip }) => ip);
  const urls = [
    ...[...ips, joined.ip].map((ip) => `https://${ip}:7600/healthz`),
    ...ips.map((ip) => `https://${ip}:2379/health`),
    ...ips.map((ip) => `https://${ip}:5000/v2/`),
  ];
  for (const url of urls) {
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
  t.match((await etcdctl(OWN, 'router', `${OWN}/ca.crt`, write)).stderr, /permission denied/);
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

t.test('through a tunnel', { timeout: 300_000 }, async (t) => {
  const before = await operator();
  const key = join(on.root, '.deis/clusters', on.name, 'ssh/id_ed25519');
  const tunnel = [
    `--tunnel=root@${on.context.machines[0]!.ip}`,
    `--ssh-key=${key}`,
    '--strict-host-key-checking=false',
  ];
  t.match(await on.mustDeisctl('certs', 'rotate', ...tunnel), /all certificates are new/);
  t.not((await operator()).cert, before.cert);
  const rows = JSON.parse(await on.mustDeisctl('certs', 'list', '--json')) as CertificateRow[];
  t.equal(new Set(rows.map(({ issuer }) => issuer)).size, 1);
});

const skip = on.context.machines.length < 3 && 'without it the store has no majority';
t.test('a machine that is off', { timeout: 400_000, skip }, async (t) => {
  const off = on.context.machines.at(-1)!;
  await on.kill(off.name);
  await eventually('it is missed', 60, async () =>
    /silent|lost/.test(await on.mustDeisctl('machines')),
  );
  const told = await on.deisctl('certs', 'rotate');
  t.not(told.code, 0);
  t.match(told.stderr, `${off.name}: no sign of life`);
  t.match(told.stderr, `--without=${off.name}`);
  await on.mustDeisctl('certs', 'rotate', `--without=${off.name}`);
  await on.boot(off.name);
  const health = async () => {
    const members = await on.deisctl('doctor');
    return members.code === 0;
  };
  t.notOk(await health(), 'nobody believes it');
  await on.mustDeisctl('certs', 'reissue', off.name);
  await eventually('everything is well again', 120, health);
  const rows = JSON.parse(await on.mustDeisctl('certs', 'list', '--json')) as CertificateRow[];
  t.ok(rows.some(({ machine }) => machine === off.name));
  t.equal(new Set(rows.map(({ issuer }) => issuer)).size, 1);
});
