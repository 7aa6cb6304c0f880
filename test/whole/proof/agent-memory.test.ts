// A hundred units come and go for ten minutes: the daemons' memory stays within a bound, and does not grow.
// DEIS_MEMORY_MINUTES makes it shorter.

import t from 'tap';
import { agentMemory } from '../agent-memory.ts';
import { cluster } from '../cluster.ts';
import { fleetOn, options } from '../fleet-client.ts';

const MINUTES = Number(process.env['DEIS_MEMORY_MINUTES'] ?? 10);
/** MB: at work, and what the last rounds may need more than the first ones beyond a twentieth. */
const [AT_MOST, SLACK] = [120, 6];
/** Code is compiled, pools are filled. */
const FIRST_ROUNDS = 3;
const COUNT = 100;

const on = await cluster();
const { client } = await fleetOn(on, on.context.machines[0]!.name);
const many = Object.fromEntries(
  Array.from({ length: COUNT }, (_, index) => [
    `memory-${index + 1}.service`,
    options('Service/ExecStart=/bin/sleep infinity'),
  ]),
);

t.test('memory stays flat', { timeout: (MINUTES + 5) * 60_000 }, async (t) => {
  const end = performance.now() + MINUTES * 60_000;
  const rounds: Record<string, number>[] = [];
  while (performance.now() < end) {
    const { code, lines } = await client.start(many);
    if (code !== 0) throw new Error(lines.filter((line) => !/launched on/.test(line)).join());
    await client.destroy(...Object.keys(many));
    const held = await agentMemory(on);
    rounds.push(held);
    t.comment(`round ${rounds.length}: ${Object.values(held).join(', ')} MB`);
  }
  const counted = rounds.slice(FIRST_ROUNDS);
  const third = Math.floor(counted.length / 3);
  t.ok(third >= 1, `${rounds.length} rounds`);
  for (const { name } of on.context.machines) {
    const held = counted.map((round) => round[name]!);
    t.ok(Math.max(...held) <= AT_MOST, `${name}: at most ${Math.max(...held)} MB`);
    const [before, after] = [median(held.slice(0, third)), median(held.slice(-third))];
    t.ok(after <= before * 1.05 + SLACK, `${name}: ${before} MB, at the end ${after} MB`);
  }
});

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
