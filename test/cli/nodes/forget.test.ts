// What is left of a machine that is forgotten: nothing, and the unit that could not leave it finds another home.

import t from 'tap';
import { memoryStore } from '../../../src/adapters/memory-store.ts';
import { forgetMachine } from '../../../src/cli/nodes/forget.ts';
import type { Placement } from '../../../src/model/cluster.ts';
import { keys } from '../../../src/registry/keys.ts';
import { put, Registry } from '../../../src/registry/registry.ts';

void t.test('placements of every kind go, and those of others stay', async (t) => {
  const { signal } = new AbortController();
  const registry = new Registry(memoryStore());
  const placement = (want: Placement['want']): Placement => {
    return { want, revision: 1, kind: 'platform', retiring: false, reason: 'the machine is lost' };
  };
  const [gone, stays] = ['a'.repeat(32), 'b'.repeat(32)] as [string, string];
  await registry.commit(
    [],
    [
      put(keys.placements, [gone, 'deis-router@1.service'], placement('run')),
      put(keys.placements, [gone, 'deis-logger.service'], placement('stop')),
      put(keys.placements, [stays, 'deis-router@2.service'], placement('run')),
    ],
    signal,
  );
  await forgetMachine(registry, gone, signal);
  const { items } = await registry.list(keys.placements, [], signal);
  t.strictSame(
    items.map(({ ids }) => ids),
    [[stays, 'deis-router@2.service']],
  );
});
