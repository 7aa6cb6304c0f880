// Three hundred trivial units, placed by the scheduler, come and go quickly; a frozen leader changes nothing when it wakes.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { agentMemory } from './agent-memory.ts';
import { timed } from './pace.ts';
import { eventually, platform, type UnitRow } from './platform.ts';

const on = await platform();
const COUNT = 300;
const folder = t.testdir();

function unitFiles(prefix: string): string[] {
  mkdirSync(folder, { recursive: true });
  return Array.from({ length: COUNT }, (_, index) => {
    const path = join(folder, `${prefix}-${index + 1}.service`);
    writeFileSync(path, '[Service]\nExecStart=/bin/sleep infinity\n');
    return path;
  });
}

async function active(prefix: string): Promise<UnitRow[]> {
  const rows = JSON.parse(await on.mustDeisctl('list', '--all', '--json')) as UnitRow[];
  return rows.filter((row) => row.unit.startsWith(`${prefix}-`) && row.active === 'active');
}

/** Seconds for all of them, on a box with two free cores. */
const AT_MOST = 10;
/** Resident in any machine's daemon. */
const MEMORY_MB = 125;

t.test(`${COUNT} units submitted and removed`, { timeout: 300_000 }, async (t) => {
  const files = unitFiles('trivial');
  const up = await timed(AT_MOST, async () => {
    await on.mustDeisctl('submit', '--start', '--timeout=60', ...files);
    return eventually('all active', 60, async () => {
      const found = await active('trivial');
      return found.length === COUNT && found;
    });
  });
  t.ok(up.seconds <= up.bound, `all active after ${up.seconds.toFixed(1)} s`);
  t.equal(new Set(up.result.map(({ machine }) => machine)).size, 3);
  const down = await timed(AT_MOST, async () => {
    await on.mustDeisctl('destroy', '--timeout=60', 'trivial-*');
    await eventually('all gone', 60, async () => {
      const rows = JSON.parse(await on.mustDeisctl('list', '--all', '--json')) as UnitRow[];
      return rows.every(({ unit }) => !unit.startsWith('trivial-'));
    });
  });
  t.ok(down.seconds <= down.bound, `all gone after ${down.seconds.toFixed(1)} s`);
  const held = Object.values(await agentMemory(on));
  t.ok(Math.max(...held) <= MEMORY_MB, `daemons hold ${held.join(', ')} MB`);
});
