// An operator's session through a tunnel: from a network that reaches sshd of one machine and nothing else, with nothing but a key.
// It leaves the platform as it found it; the whole platform is taken down and up in `npm run proof operator`.

import t, { type Test } from 'tap';
import { know, operatorsDesk } from '../operators-desk.ts';
import { timed } from '../pace.ts';
import { eventually, platform } from '../platform.ts';

const on = await platform();
const desk = await operatorsDesk(on, 0);
const [near, far] = on.context.machines;
const other = far ?? near!;

/** Seconds that a command over the tunnel may take. */
const QUICK = 1;

async function types(t: Test, line: string, code: number, expected: RegExp): Promise<string> {
  const answer = await desk.deisctl(...line.split(' '));
  const text = `${answer.stdout}\n${answer.stderr}`;
  t.equal(answer.code, code, `deisctl ${line}`);
  t.match(text, expected, `deisctl ${line} says ${String(expected)}`);
  return answer.stdout;
}

t.test('only sshd of one machine can be reached', async (t) => {
  const doors = [`${near!.ip}:2379`, `${near!.ip}:7600`, `${near!.ip}:80`, `${other.ip}:7600`];
  for (const door of doors) {
    const { code } = await desk.run('curl', '-sk', '-m', '3', `https://${door}/`);
    t.equal(code, 7, `${door} cannot be connected to`);
  }
});

t.test('a machine nobody knows is not talked to', async (t) => {
  await types(t, 'list', 1, /host key of .* is not known: ssh-ed25519 SHA256:[\s\S]*ssh-keyscan/);
  know(
    desk,
    `${near!.ip} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMadeUpKeyThatNobodyHasMadeUpKeyThatNobodyX\n`,
  );
  await types(t, 'list', 1, /not the one in .*line 1[\s\S]*ssh-keygen -R/);
  await types(t, '--strict-host-key-checking=false machines', 0, /MACHINE +IP +METADATA/);
  const { stdout } = await desk.run('ssh-keyscan', '-t', 'ed25519', near!.ip);
  know(desk, `${stdout}\n`);
});

t.test('looking around', async (t) => {
  const machines = await types(t, 'machines', 0, /^MACHINE +IP +METADATA/);
  for (const { id, ip } of on.context.machines) t.match(machines, `${id.slice(0, 8)}...  ${ip}`);
  const list = await types(t, 'list', 0, /^UNIT +MACHINE +LOAD +ACTIVE +SUB\n/);
  t.match(
    list,
    new RegExp(`deis-router@1\\.service +[0-9a-f]{8}\\.\\.\\./[0-9.]+ +loaded +active +running`),
  );
  await Promise.all([
    types(t, 'status', 0, /Machines[\s\S]*Platform/),
    types(t, 'status router@1', 0, /deis-router@1\.service[\s\S]*Active: active \(running\)/),
    types(t, 'journal controller@1 -n 3', 0, /deis-controller\.1/),
    types(t, 'why router@1', 0, /wanted: started/),
    types(t, 'sttus', 2, /Did you mean `deisctl status`/),
    types(t, 'start rooter', 1, /Did you mean "router"/),
    types(t, 'start store-gateway', 1, /was a part of Deis v1/),
  ]);
});

t.test('a journal that is followed, until Ctrl-C', async (t) => {
  const following = desk.begin('journal', 'router@1', '-f', '-n', '1');
  const first = Promise.withResolvers<string>();
  following.stdout.once('data', (chunk: Buffer) => first.resolve(String(chunk)));
  t.match(await first.promise, /router/);
  following.kill('SIGINT');
  t.equal((await following).exitCode, 130);
});

t.test('settings', async (t) => {
  await types(t, 'config platform set operatorsNote=a=b=c', 0, /^a=b=c/);
  await types(t, 'config platform get operatorsNote', 0, /^a=b=c\n/);
  await types(t, 'config platform rm operatorsNote', 0, /^operatorsNote\n/);
  await types(t, 'config platform get operatorsNote', 1, /operatorsNote is not set/);
});

t.test('shells on machines and in containers, this one and others', async (t) => {
  for (const { name, ip, id } of on.context.machines) {
    t.equal((await types(t, `ssh ${name} hostname`, 0, /./)).trim(), name);
    if (name === other.name) await types(t, `ssh ${ip} hostname`, 0, new RegExp(name));
    if (name === other.name) await types(t, `ssh ${id.slice(0, 8)} hostname`, 0, new RegExp(name));
  }
  await types(t, `ssh ${other.name} exit 7`, 7, /^/);
  const { stdout } = await desk.deisctlWith('from here', 'ssh', other.name, 'cat; hostname');
  t.equal(stdout.trim(), `from here${other.name}`);
  await types(t, 'dock router@1 nginx -v', 0, /nginx version/);
  await types(t, 'dock logger test -f /nowhere', 1, /^/);
  await types(t, 'dock nobody', 1, /no unit "nobody"/);
});

t.test('the logger stops, goes, comes again and starts', async (t) => {
  await types(t, 'stop logger', 0, /deis-logger\.service: inactive\/dead/);
  await types(t, 'list', 0, /deis-logger\.service +\S+ +loaded +inactive +dead/);
  await types(t, 'uninstall logger', 0, /deis-logger\.service: destroyed/);
  await types(t, 'start logger', 1, /nothing of logger is installed[\s\S]*deisctl install logger/);
  await types(t, 'install logger', 0, /deis-logger\.service: loaded/);
  await types(t, 'start logger', 0, /deis-logger\.service: active\/running/);
});

t.test('more builders, one after the other anew, and fewer', async (t) => {
  await types(t, 'scale builder=2', 0, /deis-builder@2\.service: active\/running/);
  await types(
    t,
    'rolling-restart builder',
    0,
    /deis-builder@1[\s\S]*running[\s\S]*deis-builder@2[\s\S]*running/,
  );
  await types(t, 'scale builder=1', 0, /deis-builder@2\.service: destroyed/);
  await types(t, 'scale logger=2', 1, /cannot scale logger component/);
});

t.test('what the scheduler would do, what happened, how busy it is', async (t) => {
  await Promise.all([
    types(t, 'plan', 0, /./),
    types(t, `plan --lose ${other.name}`, 0, /declare lost .*imagined/),
    types(t, 'events -n 5', 0, /^/),
    types(
      t,
      'top --once',
      0,
      /MACHINE +STATE +LOAD[\s\S]*deis-router@1\.service .* %  +[0-9.]+ MB/,
    ),
  ]);
});

t.test('the doctor, through the tunnel, and the command that it prints', async (t) => {
  interface Told {
    healthy: boolean;
    findings: { fault: string; subject: string; remedy: { commands: string[] } }[];
  }
  const ask = async (): Promise<Told> =>
    JSON.parse((await desk.deisctl('doctor', '--json')).stdout) as Told;
  await eventually('the doctor is content', 60, async () => (await ask()).healthy);
  await types(t, 'doctor', 0, /^Nothing is wrong: /);
  await types(t, `ssh ${other.name} systemctl stop deisd`, 0, /^/);
  const told = Promise.withResolvers<Told['findings'][number]>();
  await eventually('it is found', 60, async () => {
    const [first] = (await ask()).findings;
    if (first?.fault === 'deisd-dead') told.resolve(first);
    return first?.fault === 'deisd-dead';
  });
  const { subject, remedy } = await told.promise;
  t.equal(subject, other.name);
  const [command = ''] = remedy.commands;
  t.match(await desk.asPrinted(command), { code: 0 }, command);
  await eventually('the doctor is content again', 60, async () => (await ask()).healthy);
});

t.test('fleetctl --tunnel finds its far end', async (t) => {
  const asked = 'GET /fleet/v1/machines?alt=json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  const { code, stdout } = await desk.ssh(asked, 'fleetctl', 'fd-forward', '/var/run/fleet.sock');
  t.equal(code, 0);
  t.match(stdout, /^HTTP\/1\.1 200 OK\r\n[^]*Server: fleetd\/1\.0\.0/i);
  for (const { id } of on.context.machines) t.match(stdout, `"id":"${id}"`);
  const refused = await desk.ssh('', 'fleetctl', 'list-units');
  t.match(refused, { code: 2, stderr: /far end of fleetctl's tunnel/ });
});

t.test(
  `a command takes ${QUICK} s at most, or twice what it takes straight on a busy box`,
  async (t) => {
    const fastest = async (run: () => Promise<unknown>): Promise<number> => {
      const times: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        const began = performance.now();
        await run();
        times.push((performance.now() - began) / 1000);
      }
      return Math.min(...times);
    };
    const straight = await fastest(() => on.mustDeisctl('list'));
    const { result: through, bound } = await timed(QUICK, () =>
      fastest(() => desk.deisctl('list')),
    );
    const words = `deisctl list: ${through.toFixed(2)} s, straight ${straight.toFixed(2)} s`;
    t.ok(through <= Math.max(bound, 2 * straight), words);
  },
);
