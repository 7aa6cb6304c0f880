// The agent's hands on a real machine: systemd over its bus, Docker over its socket, the journal, the waiter's units.
// A machine of its own, because it restarts what the others stand on.

import { writeFileSync } from 'node:fs';
import t from 'tap';
import { DockerEngine } from '../../src/adapters/docker-engine.ts';
import { Journal } from '../../src/adapters/journal.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { UNIT_DIRECTORIES } from '../../src/adapters/systemd-files.ts';
import { SystemdUnits } from '../../src/adapters/systemd-units.ts';
import { fileTemplates } from '../../src/adapters/templates.ts';
import { renderUnit } from '../../src/agent/unit-text.ts';
import { waiterFiles } from '../../src/agent/waiter-files.ts';
import type { ContainerSpec } from '../../src/model/container-spec.ts';
import { quiet } from '../adapters/quiet-log.ts';
import { ContainerWitness } from '../ports/container-engine.contract.ts';
import { unitManagerContract, UnitWitness } from '../ports/unit-manager.contract.ts';
import { cluster } from './cluster.ts';
import { engineContracts } from './engine-contracts.ts';
import { insideMachine } from './machine-root.ts';
import { eventually } from './platform.ts';

const machines = await cluster({ name: 'hands', machines: 1 });
const { signal } = machines;
const sh = (script: string): Promise<string> => machines.sh(1, script);
t.teardown(() => machines.down());

const { root, prefix } = await insideMachine(machines, '1');
const units = new SystemdUnits({
  address: `unix:path=${root}/run/dbus/system_bus_socket`,
  directories: { ...UNIT_DIRECTORIES, root },
  clock: systemClock,
  log: quiet,
});
const SOCKET = `${root}/run/docker.sock`;
const engine = new DockerEngine(systemClock, SOCKET);
const journal = new Journal(prefix);
t.teardown(() => units.close());

// The daemon would find our units and containers to be nobody's.
await sh('systemctl stop deisd || true');
const IMAGE = 'contract:1';
await sh(`set -e; mkdir -p /tmp/image; cd /tmp/image
  for f in /bin/sh /bin/sleep /bin/cat $(ldd /bin/sh /bin/sleep | grep -o '/[^ ]*'); do
    [ ! -f "$f" ] || cp -L --parents "$f" . ; done
  tar -cf /tmp/image.tar .
  docker import -c 'EXPOSE 8080' -c 'EXPOSE 80' -c 'EXPOSE 53/udp' /tmp/image.tar ${IMAGE}
  docker save -o /tmp/contract.tar ${IMAGE}`);

void t.test('systemd keeps the contract', (t) => unitManagerContract(t, units));

engineContracts({ engine, socket: SOCKET, root, image: IMAGE, sh });

void t.test("the host's own units are refused, the rest of the batch is installed", async (t) => {
  const content = '[Service]\nExecStart=/bin/sleep 1000\n';
  const names = ['contract-a.service', 'docker.service', 'getty@tty9.service', '../evil.service'];
  const refusals = await units.install(
    names.map((name) => ({ name, content })),
    signal,
  );
  t.match(refusals, [
    { name: 'docker.service', reason: /unit of the host itself/ },
    { name: 'getty@tty9.service', reason: /unit of the host itself/ },
    { name: '../evil.service', reason: /invalid unit name/ },
  ]);
  t.match(await units.start('contract-a.service', signal), { result: 'done' });
  await units.stop('contract-a.service', signal);
  await units.remove(names, signal);
  await sh('systemctl is-active docker && test ! -e /run/systemd/system/docker.service');
});

void t.test('a bad unit and a failing one say why, and hold nobody up', async (t) => {
  const file = (name: string, exec: string) => ({
    name: `contract-${name}.service`,
    content: `[Service]\nType=oneshot\nExecStart=${exec}\n`,
  });
  const files = [file('bad', ''), file('fails', '/bin/sh -c "exit 7"'), file('fine', '/bin/true')];
  await units.install(files, signal);
  const [bad, fails, fine] = await Promise.all(files.map(({ name }) => units.start(name, signal)));
  t.match(bad, { result: 'refused', reason: /bad unit file setting/ });
  t.match(fails, { result: 'failed', reason: 'exit code 7' });
  t.match(fine, { result: 'done' });
  t.match(await units.status('contract-fails.service', signal), { active: 'failed', exitCode: 7 });
  await units.remove(
    files.map(({ name }) => name),
    signal,
  );
  t.match(await units.list(['contract-*'], signal), [], 'failures are forgotten with the unit');
});

void t.test('a unit with [Install] is enabled for this boot only', async () => {
  const name = 'contract-wanted.service';
  const content = '[Service]\nExecStart=/bin/sleep 9\n\n[Install]\nWantedBy=multi-user.target\n';
  await units.install([{ name, content }], signal);
  await sh(`test -L /run/systemd/system/multi-user.target.wants/${name}`);
  await units.remove([name], signal);
  await sh(`test ! -e /run/systemd/system/multi-user.target.wants/${name}`);
});

void t.test(
  'three hundred units: all started, all gone, each in seconds; a change of loaded ones is one reload',
  async (t) => {
    const files = Array.from({ length: 300 }, (_, at) => ({
      name: `contract-${at}.service`,
      content: '[Service]\nExecStart=/bin/sleep 1000\n',
    }));
    const reloads = () => sh('journalctl -b _PID=1 -o cat | grep -c "^Reloading" || true');
    const before = Number(await reloads());
    const began = performance.now();
    t.strictSame(await units.install(files, signal), []);
    t.equal(Number(await reloads()), before, 'new units are found without a reload');
    const outcomes = await Promise.all(files.map(({ name }) => units.start(name, signal)));
    t.ok(outcomes.every(({ result }) => result === 'done'));
    const started = performance.now();
    const changed = files.map(({ name, content }) => ({ name, content: `${content}Nice=1\n` }));
    t.strictSame(await units.install(changed, signal), []);
    t.equal(Number(await reloads()), before + 1);
    const stopped = await Promise.all(files.map(({ name }) => units.stop(name, signal)));
    t.ok(stopped.every(({ result }) => result === 'done'));
    const names = files.map(({ name }) => name);
    const beforeReference = performance.now();
    await sh(`systemctl start ${names.join(' ')}`);
    const reference = performance.now() - beforeReference;
    await sh(`systemctl stop ${names.join(' ')}`);
    const beforeRemoval = performance.now();
    await units.remove(names, signal);
    const removal = performance.now() - beforeRemoval;
    t.strictSame(await units.list(['contract-*'], signal), []);
    const ms = (some: number): string => `${Math.round(some)} ms`;
    t.comment(`ours ${ms(started - began)}, systemctl ${ms(reference)}, removal ${ms(removal)}`);
    t.ok(
      started - began < 3 * reference + 1000,
      'installed and started about as fast as systemctl starts',
    );
    t.ok(removal < 3 * reference + 1000);
    t.strictSame(await units.installed(signal), []);
  },
);

void t.test('a restart of the bus is survived: told, listed again, usable', async (t) => {
  const name = 'contract-bus.service';
  await units.install([{ name, content: '[Service]\nExecStart=/bin/sleep 1000\n' }], signal);
  const stop = new AbortController();
  const witness = new UnitWitness();
  const watching = units.watch(witness, stop.signal);
  await witness.until(({ said }) => said.length > 0, 'it begins');
  await sh('systemctl restart dbus');
  await witness.until(({ said }) => said.slice(-2).join() === 'interrupted,snapshot', 'it is back');
  t.match(await units.start(name, signal), { result: 'done' });
  await witness.until(({ now }) => now.get(name)?.active === 'active', 'changes are heard again');
  await sh('systemctl daemon-reexec');
  t.match(await units.stop(name, signal), { result: 'done' });
  await witness.until(({ now }) => now.get(name)?.active === 'inactive', 'also after a reexec');
  stop.abort();
  await watching;
  await units.remove([name], signal);
});

const SPEC: ContainerSpec = {
  unit: 'hands_v1.web.1.service',
  name: 'hands_v1.web.1',
  image: IMAGE,
  command: [
    '/bin/sh',
    '-c',
    'echo "$GREETING"; trap "exit 0" TERM; while :; do sleep 1 & wait $!; done',
  ],
  environment: { GREETING: 'hello % $HOME "journal"', DOCKER_HOST: 'tcp://nowhere:1' },
  app: 'hands',
  process: 'web.1',
  release: 1,
  network: 'bridge',
  ports: [],
  volumes: [],
  capabilities: [],
  stopTimeout: 5,
};

/** As the agent does it. */
async function installContainer(spec: ContainerSpec): Promise<void> {
  await sh('mkdir -p -m 0700 /var/lib/deis/units');
  for (const { path, content, mode } of waiterFiles(spec)) {
    writeFileSync(`${root}${path}`, content, { mode });
  }
  const unit = { name: spec.unit, kind: 'app' as const, options: [] };
  const content = renderUnit({ unit, container: spec, systemd: 252 }, fileTemplates);
  await units.install([{ name: spec.unit, content }], signal);
}

void t.test('a container lives through its waiter, its Engine and both', async (t) => {
  await installContainer(SPEC);
  t.match(await units.start(SPEC.unit, signal), { result: 'done' });
  const first = await engine.inspect(SPEC.name, signal);
  t.match(first, { running: true, labels: { 'deis.unit': SPEC.unit } });
  const witness = new ContainerWitness();
  const stop = new AbortController();
  const watching = engine.watch({ 'deis.managed': '' }, witness, stop.signal);
  await witness.until('snapshot');

  const killWaiter = `kill -9 $(systemctl show -p MainPID --value ${SPEC.unit})`;
  const accidents = [
    killWaiter,
    'systemctl restart docker',
    'kill -9 $(pidof dockerd)',
    `kill -9 $(pidof dockerd); ${killWaiter}`,
  ];
  for (const accident of accidents) {
    await sh(
      `${accident}; sleep 1; timeout 60 sh -c 'until docker version >/dev/null 2>&1; do sleep 0.2; done'`,
    );
    const now = await engine.inspect(SPEC.name, signal);
    t.strictSame(
      [now?.id, now?.startedAt, now?.pid],
      [first?.id, first?.startedAt, first?.pid],
      accident,
    );
    await sh(`timeout 60 sh -c 'until systemctl is-active ${SPEC.unit}; do sleep 0.1; done'`);
  }
  await witness.until('interrupted', 3);
  await witness.until('snapshot', 4);
  stop.abort();
  await watching;

  const group = `/sys/fs/cgroup/system.slice/${SPEC.unit}/cgroup.procs`;
  const text = await sh(
    `systemctl cat ${SPEC.unit}; systemctl show ${SPEC.unit}; ps axww
     for p in $(cat ${group}); do tr '\\0' '\\n' </proc/$p/environ; done`,
  );
  t.notMatch(text, /hello %|nowhere:1/, 'nothing shows its values');
  const memory = await sh(
    `for p in $(cat ${group}); do cat /proc/$p/smaps_rollup; done |
     awk '/^Private/ { kb += $2 } END { print kb }'`,
  );
  t.comment(`the waiter's private memory: ${memory} kB`);
  t.ok(Number(memory) < 10_000);

  t.match(await units.stop(SPEC.unit, signal), { result: 'done' });
  t.equal(await engine.inspect(SPEC.name, signal), undefined);
});

void t.test('what it said is in the journal once, under its app', async (t) => {
  const lines = await eventually('its line', 30, async () => {
    const found = await journal.recent({ app: 'hands', lines: 10 }, signal);
    return found.length > 0 && found;
  });
  t.match(lines, [{ app: 'hands', process: 'web.1', line: SPEC.environment['GREETING'] }]);
  const query = { unit: SPEC.unit, lines: 100, follow: false };
  await eventually('with what systemd says of the unit', 30, async () => {
    let text = '';
    for await (const chunk of journal.journal(query, signal)) text += chunk;
    return /hello %[^]*Stopped/.test(text);
  });
  t.match(await journal.status(SPEC.unit, signal), /inactive/);
});

void t.test('a long line and bytes that are no text', async (t) => {
  await sh(`docker run --rm --log-opt labels=deis.app,deis.process --label deis.app=long \
    --label deis.process=web.1 ${IMAGE} /bin/sh -c 'x=0123456789abcdef; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do x=$x$x; done; echo first; echo $x; printf "bad \\377\\n"'`);
  const lines = await eventually('three lines', 30, async () => {
    const found = await journal.recent({ app: 'long', process: 'web', lines: 3 }, signal);
    return found.length === 3 && found;
  });
  t.strictSame(
    lines.map(({ line }) => line.length),
    [5, 65_536, 5],
  );
  t.equal(lines[2]?.line, 'bad \ufffd');
  t.match(await journal.recent({ app: 'long', process: 'worker', lines: 3 }, signal), []);
});

void t.test('a crashing container: active, then pauses that say why', async (t) => {
  const spec = { ...SPEC, name: 'crash_v1.web.1', unit: 'crash_v1.web.1.service' };
  await installContainer({ ...spec, command: ['/bin/sh', '-c', 'exit 7'] });
  await units.start(spec.unit, signal);
  await eventually('it has crashed again, and says so', 60, async () => {
    const { text, restarts } = await units.status(spec.unit, signal);
    return restarts >= 2 && /ended with code 7 soon after its start, \d times in a row/.test(text);
  });
  t.match(await units.stop(spec.unit, signal), { result: 'done' });
  t.match(await units.status(spec.unit, signal), { active: 'inactive' });
  await units.remove([spec.unit, SPEC.unit], signal);
});
