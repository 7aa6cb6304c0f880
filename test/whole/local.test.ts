// A local cluster comes up, suffers, is repaired and goes, and leaves nothing: a cluster of its own, beside any other.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { run } from '../../src/adapters/process.ts';
import { ownerAddress } from '../../src/adapters/bridge.ts';
import { checkoutRoot } from '../../src/machines/checkout.ts';
import { ownerMark } from '../../src/machines/local/address-plan.ts';
import { localDown } from '../../src/machines/local/down.ts';
import { clusterPaths } from '../../src/machines/local/record.ts';
import { localStatus } from '../../src/machines/local/status.ts';
import { localUp } from '../../src/machines/local/up.ts';
import { SILENT } from '../../src/machines/progress.ts';
import { cluster, type TestCluster } from './cluster.ts';
import { boundHere } from './pace.ts';

const NAME = 'tl';
const root = checkoutRoot();
const signal = AbortSignal.timeout(10 * 60_000);
const LIBRARY = `import { localUp } from '${root}/src/machines/local/up.ts';
import { ownerMark } from '../../src/machines/local/address-plan.ts';
import { localDown } from '${root}/src/machines/local/down.ts';
import { SILENT } from '${root}/src/machines/progress.ts';
const signal = AbortSignal.timeout(60_000);`;
const UP = `await localUp('${root}', { name: '${NAME}', machines: 3 }, SILENT, signal);`;
const DOWN = `await localDown('${root}', '${NAME}', SILENT, signal);`;

/** Runs the script and kills it with SIGKILL after so many milliseconds. */
async function killedAfter(milliseconds: number, script: string): Promise<void> {
  const args = ['--input-type=module', '-e', `${LIBRARY}\n${script}`];
  const half = spawn(process.execPath, args, { stdio: 'ignore' });
  await sleep(milliseconds);
  half.kill('SIGKILL');
  if (half.exitCode === null && half.signalCode === null) await once(half, 'exit');
  await slotNames();
}

/** Everything on the box outside the checkout that a cluster could leave, without what belongs to other clusters. */
async function traces(): Promise<string[]> {
  const out = async (program: string, ...args: string[]) =>
    (await run(program, args, {}, signal)).stdout.split('\n');
  const groups = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd'];
  const listing = (folder: string) =>
    existsSync(folder) ? readdirSync(folder).map((entry) => join(folder, entry)) : [];
  const ours = new RegExp(
    `deis:${NAME}\\b|/clusters/${NAME}/|\\b${NAME}-[123]\\b|local/doors.*\\b${NAME}$`,
  );
  const slots = await slotNames();
  return [
    ...(await out('ip', '-o', 'link')),
    ...(await out('iptables-save')),
    ...(await out('losetup', '--all')),
    ...(await out('ps', '-eo', 'args')),
    ...readFileSync('/proc/self/mountinfo', 'utf8').split('\n'),
    ...groups.flatMap(listing),
    ...listing('/run/systemd/nspawn/propagate'),
    ...(await filesOutside()),
    ...linesOfBox(),
  ].filter(
    (line) => ours.test(line) || slots.some((slot) => new RegExp(`\\b${slot}\\b`).test(line)),
  );
}

/** Folders where programs leave things, with everything in them that is not the checkout's or another machine's. */
const ELSEWHERE = ['/run', '/tmp', '/var', '/etc', '/root', '/home', '/opt', '/usr/local', '/dev'];

async function filesOutside(): Promise<string[]> {
  const { stdout } = await run(
    'find',
    [...ELSEWHERE, '-maxdepth', '4', '-xdev', '-path', root, '-prune', '-o', '-print'],
    { ok: [0, 1] },
    signal,
  );
  return stdout.split('\n');
}

/** Lines in the one file of the box that a cluster may write into. */
function linesOfBox(): string[] {
  return readFileSync('/etc/hosts', 'utf8').split('\n');
}

let slots: string[] = [];
async function slotNames(): Promise<string[]> {
  const { stdout } = await run('ip', ['-o', 'link'], {}, signal);
  const mine = ownerAddress(ownerMark(NAME, clusterPaths(root, NAME).folder));
  const lines = stdout.split('\n').filter((line) => line.includes(mine));
  const found = lines.flatMap((line) => /^\d+: (deis\d+):/.exec(line)?.[1] ?? []);
  slots = [...new Set([...slots, ...found])];
  return slots;
}

/** `start`: ms of the monotonic clock. */
async function within(t: Test, start: number, bound: number, what: string): Promise<void> {
  const seconds = (performance.now() - start) / 1000;
  t.ok(seconds <= (await boundHere(seconds, bound)), `${what} in ${seconds.toFixed(1)} s`);
}

t.setTimeout(10 * 60_000);
t.teardown(() => localDown(root, NAME, SILENT, signal));

void t.test('comes up from a run that was killed half way, at any moment', async (t) => {
  await localDown(root, NAME, SILENT, signal);
  for (const after of [300, 900, 1500]) await killedAfter(after, UP);
  const start = performance.now();
  const context = await localUp(root, { name: NAME, machines: 3 }, SILENT, signal);
  await within(t, start, 20, 'warm');
  t.equal(context.machines.length, 3);
  const rows = await localStatus(root, NAME, signal);
  t.strictSame(
    rows.map(({ state, etcd, docker }) => `${state} ${etcd} ${docker}`),
    Array.from({ length: 3 }, () => 'running healthy true'),
  );
  t.equal(new Set(rows.map(({ id }) => id)).size, 3, 'every machine has an id of its own');
});

let c: TestCluster;

void t.test('a second up changes nothing', async (t) => {
  c = await cluster({ name: NAME, signal });
  const boots = () => c.sh(1, 'cat /proc/sys/kernel/random/boot_id; stat -c %Y /proc/1');
  const before = await boots();
  const start = performance.now();
  await localUp(root, { name: NAME }, SILENT, signal);
  await within(t, start, 5, 'again');
  t.equal(await boots(), before, 'same init');
  await t.rejects(localUp(root, { name: NAME, machines: 2 }, SILENT, signal), { code: 'conflict' });
});

void t.test('machines are what they should be', async (t) => {
  t.equal(await c.sh(2, 'hostname'), `${NAME}-2`);
  t.equal(await c.sh(2, 'cat /etc/machine-id'), c.context.machines[1]!.id);
  t.equal(await c.sh(2, 'systemctl is-system-running --wait'), 'running');
  t.match(await c.sh(1, `ping -c1 -W2 ${NAME}-3`), /1 received/);
  t.match(
    await c.sh(1, 'docker info --format "{{.LiveRestoreEnabled}} {{.LoggingDriver}} {{.Driver}}"'),
    'true journald overlay2',
  );
  t.match(await c.sh(1, 'df --output=size -B1G /var/lib/docker | tail -1'), /^\s*8$/);
  t.match(await c.sh(1, 'stat -c %a /etc/deis/platform.key /etc/deis/tls/deisd.key'), '600\n600');
  const bare = await c.exec(
    1,
    `curl -sk --max-time 2 https://${c.context.machines[0]!.ip}:2379/health`,
  );
  t.not(bare.code, 0, 'the store refuses who has no certificate');
});

void t.test('a container that floods loses no line on its way to the journal', async (t) => {
  const libc = 'lib/x86_64-linux-gnu/libc.so.6 lib64/ld-linux-x86-64.so.2';
  await c.sh(1, `tar -C / -ch usr/bin/seq ${libc} | docker import - tiny`);
  await c.sh(1, 'docker run --name flood tiny /usr/bin/seq 1 60000 >/dev/null');
  const lines = () => c.sh(1, 'journalctl -b CONTAINER_NAME=flood -o cat --no-pager | wc -l');
  for (let tries = 0; tries < 50 && (await lines()) !== '60000'; tries++) await sleep(200);
  t.equal(await lines(), '60000');
  t.equal(await c.sh(1, 'journalctl -b | grep -c "Suppressed .* docker" || true'), '0');
});

void t.test('a cut machine is alone until it is healed', async (t) => {
  await c.cut(3);
  t.not((await c.exec(1, `ping -c1 -W1 ${NAME}-3`)).code, 0);
  t.equal((await localStatus(root, NAME, signal))[2]!.state, 'cut');
  t.equal(await c.sh(3, 'hostname'), `${NAME}-3`, 'it runs on');
  await c.heal(3);
  const again = `for i in 1 2 3 4 5 6 7 8 9 10; do ping -c1 -W1 ${NAME}-3 && break; sleep 0.3; done`;
  t.match(await c.sh(1, again), /1 received/);
});

void t.test('power loss sends no goodbye, and what was on disk is there after boot', async (t) => {
  const c = await cluster({ name: NAME, signal });
  await c.sh(2, 'echo kept > /root/kept; sync');
  const caller = connect(22, c.context.machines[1]!.ip);
  await once(caller, 'data');
  let goodbye = 'none';
  for (const event of ['end', 'error', 'close']) caller.on(event, () => (goodbye = event));
  await c.kill(2);
  await sleep(1500);
  t.equal(goodbye, 'none', 'whoever was connected hears nothing');
  caller.destroy();
  t.equal((await localStatus(root, NAME, signal))[1]!.state, 'off');
  await t.rejects(c.sh(2, 'true'), { code: 'unavailable' });
  await c.boot(2);
  t.equal(await c.sh(2, 'cat /root/kept'), 'kept');
  await localUp(root, { name: NAME }, SILENT, signal);
  t.equal((await localStatus(root, NAME, signal))[1]!.etcd, 'healthy');
});

void t.test('a down that was killed half way is finished by the next', async (t) => {
  for (const after of [400, 700]) {
    await localUp(root, { name: NAME }, SILENT, signal);
    await killedAfter(after, DOWN);
    await localDown(root, NAME, SILENT, signal);
    t.strictSame(await traces(), []);
  }
});

void t.test('down leaves nothing, even with a file held open', async (t) => {
  const c = await cluster({ name: NAME, signal });
  await c.sh(1, 'docker volume create busy');
  t.not((await traces()).length, 0, 'while it is up there is something to find');
  const busy = join(root, '.deis/clusters', NAME, `machines/${NAME}-1/docker`);
  const holder = spawn('sleep', ['2'], { cwd: busy, stdio: 'ignore' });
  const start = performance.now();
  t.equal(await localDown(root, NAME, SILENT, signal), true);
  await within(t, start, 20, 'down');
  if (holder.exitCode === null) await once(holder, 'exit');
  await sleep(300);
  t.strictSame(await traces(), []);
  t.notOk(existsSync(join(root, '.deis/clusters', NAME)));
  t.equal(await localDown(root, NAME, SILENT, signal), false, 'a second down finds nothing to do');
});
