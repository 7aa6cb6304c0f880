// Three hundred trivial units, placed by the scheduler, come and go quickly; a frozen leader changes nothing when it wakes.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
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

t.test(`${COUNT} units submitted and removed`, { timeout: 180_000 }, async (t) => {
  const files = unitFiles('trivial');
  let began = performance.now();
  await on.mustDeisctl('submit', '--start', '--timeout=60', ...files);
  const rows = await eventually('all active', 60, async () => {
    const found = await active('trivial');
    return found.length === COUNT && found;
  });
  const up = (performance.now() - began) / 1000;
  t.ok(up <= 10, `all active after ${up.toFixed(1)} s`);
  t.equal(new Set(rows.map(({ machine }) => machine)).size, 3);
  began = performance.now();
  await on.mustDeisctl('destroy', '--timeout=60', 'trivial-*');
  await eventually('all gone', 60, async () => {
    const rows = JSON.parse(await on.mustDeisctl('list', '--all', '--json')) as UnitRow[];
    return rows.every(({ unit }) => !unit.startsWith('trivial-'));
  });
  const down = (performance.now() - began) / 1000;
  t.ok(down <= 10, `all gone after ${down.toFixed(1)} s`);
});
