// `npm run bench [NAME]`: measures rows of the table of numbers (docs/numbers.md) and prints them as a table and as JSON.

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Measure } from './row.ts';
import { ROWS } from './rows.ts';

const root = dirname(dirname(import.meta.dirname));

interface Result {
  name: string;
  what: string;
  goal: string;
  median: number;
  /** With fewer than a hundred runs: the largest. */
  p99: number;
  min: number;
  max: number;
  runs: number;
  unit: string;
}

function summary(row: (typeof ROWS)[number], { values, unit }: Measure): Result {
  const sorted = values.toSorted((a, b) => a - b);
  const round = (value: number | undefined): number => Math.round((value ?? 0) * 1000) / 1000;
  return {
    name: row.name,
    what: row.what,
    goal: row.goal,
    median: round(sorted[Math.floor(sorted.length / 2)]),
    p99: round(sorted[Math.ceil(sorted.length * 0.99) - 1]),
    min: round(sorted[0]),
    max: round(sorted.at(-1)),
    runs: sorted.length,
    unit,
  };
}

const filter = process.argv[2];
const rows = ROWS.filter(({ name }) => filter === undefined || name.includes(filter));
if (rows.length === 0) {
  console.error(`no row is called ${filter}: ${ROWS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

const results: Result[] = [];
for (const row of rows) {
  const missing = row.missing?.();
  if (missing !== undefined) {
    console.log(`skipped ${row.name}: ${missing}`);
    continue;
  }
  console.log(`measuring ${row.name}: ${row.what}`);
  results.push(summary(row, await row.measure()));
}
if (rows.some(({ machines }) => machines)) {
  spawnSync(process.execPath, [join(root, 'test/whole/teardown.ts')], { stdio: 'inherit' });
}
console.table(
  Object.fromEntries(
    results.map(({ name, median, p99, min, max, runs, unit, goal }) => [
      name,
      { median, p99, min, max, unit, runs, goal },
    ]),
  ),
);
const file = join(root, '.deis', 'bench.json');
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
console.log(`as JSON: ${file}`);
