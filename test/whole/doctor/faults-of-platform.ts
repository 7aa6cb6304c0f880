// Faults of the scheduler, of units and of the platform's components.

import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestPlatform } from '../platform.ts';
import type { RealFault } from './doctor.ts';
import { etcdctl, machineWith } from './faults-of-machines.ts';

/** Docker's name of a component's container, on its machine. */
async function containerOf(
  on: TestPlatform,
  component: string,
): Promise<{ machine: number; container: string }> {
  const machine = await machineWith(on, `deis-${component}`);
  const names = await on.sh(
    machine,
    `docker ps --format '{{.Names}}' --filter name=deis-${component}`,
  );
  return { machine, container: names.split('\n')[0]! };
}

async function signalTo(on: TestPlatform, component: string, signal: string): Promise<void> {
  const { machine, container } = await containerOf(on, component);
  await on.sh(machine, `kill -${signal} $(docker inspect -f '{{.State.Pid}}' ${container})`);
}

async function submit(
  on: TestPlatform,
  name: string,
  text: string,
  ...flags: string[]
): Promise<void> {
  const file = join(tmpdir(), name);
  await writeFile(file, text);
  await on.deisctl('submit', '--start', '--timeout=4', ...flags, file);
}

export const PLATFORM_FAULTS: RealFault[] = [
  {
    name: 'scheduler without leader',
    fault: 'scheduler-leaderless',
    subject: /scheduler/,
    make: async (on) => {
      await on.sh(1, etcdctl('put /deis/cluster/leaders/scheduler nobody'));
      // Whoever led until now sees that it does not, and nobody else may.
      await Promise.all([1, 2, 3].map((machine) => on.sh(machine, 'systemctl restart deisd')));
    },
  },
  {
    name: 'a unit that crash-loops',
    fault: 'unit-crashes',
    subject: /^crashing$/,
    make: (on) =>
      submit(
        on,
        'crashing.service',
        '[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/sh -c "sleep 0.3; exit 3"\nRestart=always\nRestartSec=500ms\n',
      ),
    mend: [1],
  },
  {
    name: 'a unit nothing can place',
    fault: 'unit-unplaceable',
    subject: /^picky$/,
    make: (on) =>
      submit(
        on,
        'picky.service',
        '[Service]\nExecStart=/bin/sleep infinity\n[X-Fleet]\nMachineMetadata=disk=ssd\n',
      ),
  },
  {
    name: 'a port taken',
    fault: 'port-taken',
    subject: /-\d 8088$/,
    make: async (on) => {
      const machine = await machineWith(on, 'deis-logger');
      await on.mustDeisctl('stop', 'logger', '--timeout=60');
      // It comes back to any machine: the port is taken on each.
      const listen = 'require("node:net").createServer().listen(8088)';
      const run = `systemd-run --unit=thief /opt/deis/bin/node -e '${listen}'`;
      await Promise.all([1, 2, 3].map((each) => on.sh(each, run)));
      await on.deisctl('start', 'logger', '--timeout=4');
      const now = await machineWith(on, 'deis-logger');
      for (const each of [1, 2, 3])
        if (each !== (now || machine)) await on.exec(each, 'systemctl stop thief');
    },
    after: (on) =>
      Promise.all([1, 2, 3].map((machine) => on.exec(machine, 'systemctl stop thief'))),
  },
  {
    name: 'controller away',
    fault: 'controller-away',
    subject: /^controller@/,
    make: async (on) => {
      const { machine, container } = await containerOf(on, 'controller');
      await on.sh(machine, `docker pause ${container}`);
    },
  },
  {
    name: 'registry replica away',
    fault: 'registry-away',
    subject: /^registry@2$/,
    make: (on) => on.mustDeisctl('stop', 'registry@2', '--timeout=60'),
  },
  {
    name: 'builder without socket',
    fault: 'builder-without-socket',
    subject: /^builder@/,
    make: async (on) => {
      const { machine } = await containerOf(on, 'builder');
      await on.sh(machine, 'rm /run/docker.sock; systemctl restart docker.socket docker');
    },
  },
  {
    name: 'logger away',
    fault: 'logger-away',
    subject: /^logger$/,
    make: (on) => signalTo(on, 'logger', 'STOP'),
  },
];

export { containerOf, signalTo };
