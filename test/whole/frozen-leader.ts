// The scheduler's leader is frozen in the middle of placing three hundred units. Another one goes on; what the old one still writes
// when it wakes is refused and counted, and no unit runs twice.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Change } from '../../src/ports/store.ts';
import { keys } from '../../src/registry/keys.ts';
import { processOf } from './machine-root.ts';
import { eventually, platform } from './platform.ts';
import { activeUnits, openStore } from './store.ts';

const on = await platform();
const store = await openStore(on);
const { registry } = store;
const COUNT = 300;
/** Longer than the leadership (4 s), so that another one leads meanwhile. */
const SECONDS = Number(process.env['DEIS_FROZEN_SECONDS'] ?? 12);

const nameOf = (id: string | undefined): string | undefined =>
  on.context.machines.find((machine) => machine.id === id)?.name;
const leader = async (): Promise<string | undefined> =>
  nameOf((await registry.get(keys.leaders, ['scheduler'], on.signal))?.value);

/** Freezes whoever leads as soon as the first unit is placed: it has more placements to write than fit into one transaction. */
function freezeWhoPlaces(daemons: ReadonlyMap<string, number>, signal: AbortSignal) {
  const { promise, resolve } = Promise.withResolvers<string>();
  let leading: string | undefined;
  let placing = false;
  const freeze = (): void => {
    if (!placing || leading === undefined) return;
    process.kill(daemons.get(leading)!, 'SIGSTOP');
    resolve(leading);
    placing = false;
    leading = undefined;
  };
  const observe = (prefix: string, hear: (change: Change) => void): void => {
    void registry.store.watch(
      prefix,
      {
        snapshot: () => undefined,
        changes: (changes) => changes.forEach(hear),
        interrupted: () => undefined,
      },
      signal,
    );
  };
  observe(keys.leaders.under(), (change) => {
    if (change.kind === 'put') leading = nameOf(keys.leaders.decode('', change.entry.value));
    freeze();
  });
  observe(keys.placements.under(), (change) => {
    placing ||= change.kind === 'put' && change.entry.key.includes('/frozen-');
    freeze();
  });
  return promise;
}

t.test('a frozen leader', { timeout: 300_000 }, async (t) => {
  const folder = t.testdir();
  const files = Array.from({ length: COUNT }, (_, index) => {
    const path = join(folder, `frozen-${index + 1}.service`);
    writeFileSync(path, '[Service]\nExecStart=/bin/sleep infinity\n');
    return path;
  });
  const daemons = new Map<string, number>();
  for (const { name } of on.context.machines) {
    daemons.set(name, await processOf(on, name, 'deisd.service'));
  }
  const tell = (machines: Iterable<string>, signal: NodeJS.Signals): void => {
    for (const machine of machines) process.kill(daemons.get(machine)!, signal);
  };
  t.teardown(async () => {
    tell(daemons.keys(), 'SIGCONT');
    await on.deisctl('destroy', '--timeout=60', 'frozen-*');
  });

  // All sleep while the units come in, so that the next leader finds them at once; the first one sleeps on.
  const first = (await leader())!;
  const stop = new AbortController();
  const frozen = freezeWhoPlaces(daemons, stop.signal);
  tell(daemons.keys(), 'SIGSTOP');
  const submitted = on.mustDeisctl('submit', '--start', '--timeout=150', ...files);
  await eventually('all are in the store', 60, async () => {
    const { items } = await registry.list(keys.foreignUnits, [], on.signal);
    return items.filter(({ value }) => value.name.startsWith('frozen-')).length === COUNT;
  });
  tell(
    [...daemons.keys()].filter((name) => name !== first),
    'SIGCONT',
  );
  const second = await Promise.race([
    frozen,
    submitted.then(() => Promise.reject(new Error('all were placed and nobody was frozen'))),
  ]);
  stop.abort();
  tell([first], 'SIGCONT');
  t.not(second, first, `${second} was frozen while it placed, ${first} had been before it`);
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  tell([second], 'SIGCONT');
  await submitted;

  const running = await eventually('each is active once', 90, async () => {
    const active = await activeUnits(store, 'frozen-', on.signal);
    return active.length === COUNT && active;
  });
  t.equal(new Set(running).size, COUNT, 'each is active once');
  let processes = 0;
  for (const { name } of on.context.machines) {
    const list = 'systemctl list-units --no-legend --plain --state=active "frozen-*" | wc -l';
    processes += Number(await on.sh(name, list));
  }
  t.equal(processes, COUNT, 'no unit runs on two machines');
  t.not(await leader(), second, 'another one leads');

  const refused = await eventually('late writes are told in the journal', 60, async () => {
    const journal = await on.sh(second, 'journalctl -u deisd -b --no-pager -o cat -n 3000');
    return Number(/late writes refused[^\n]*total[=":]+(\d+)/.exec(journal)?.[1] ?? 0) || false;
  });
  t.ok(refused > 0, `${refused} late writes were refused`);
  // Only who leads may write it down: once it leads again, everybody can read it.
  const others = [...daemons.keys()].filter((name) => name !== second);
  tell(others, 'SIGSTOP');
  await eventually(`${second} leads again`, 30, async () => (await leader()) === second);
  tell(others, 'SIGCONT');
  const shown = await eventually('status shows the count', 30, async () => {
    const status = await on.mustDeisctl('status');
    return /Late writes\s+(\d+) of old leaders refused/.exec(status)?.[1] ?? false;
  });
  t.ok(Number(shown) >= refused, `deisctl status: ${shown} late writes refused`);
});
