// `deisctl start platform` ends when the API can be reached through every router.

import t from 'tap';
import { memoryStore } from '../../../src/adapters/memory-store.ts';
import { untilRouted } from '../../../src/cli/platform/routed.ts';
import { keys } from '../../../src/registry/keys.ts';
import { Registry, put } from '../../../src/registry/registry.ts';
import { machine, unitState } from '../records.ts';

const { signal } = new AbortController();
const [one, two] = [machine(1).id, machine(2).id];

function alive(id: string) {
  const router = { machine: id, unit: 'deis-router@1.service', ip: '10.0.0.1', session: 's' };
  return put(keys.routerAlive, [id], router);
}

const applied = (id: string, endpoints: number) =>
  put(keys.routerApplied, [id], { endpoints, files: 0, refused: {}, busy: {} });

const controller = (published?: number) =>
  put(
    keys.states,
    [one, 'deis-controller@1.service'],
    unitState(published === undefined ? {} : { published }),
  );

t.test('it waits for the last router', async (t) => {
  const registry = new Registry(memoryStore());
  t.equal(await untilRouted(registry, signal, 0), true, 'no routers, no controllers');
  await registry.commit([], [controller()], signal);
  t.equal(await untilRouted(registry, signal, 0), true, 'no routers');
  await registry.commit([], [alive(one), alive(two), applied(one, 70)], signal);
  t.equal(await untilRouted(registry, signal, 0), false, 'it is not published yet');
  await registry.commit([], [controller(70)], signal);
  t.equal(await untilRouted(registry, signal, 0), false, 'one router has not confirmed anything');
  await registry.commit([], [applied(two, 69)], signal);
  const waiting = untilRouted(registry, signal);
  await registry.commit([], [applied(two, 71)], signal);
  t.equal(await waiting, true);
});

t.test('Ctrl-C ends the waiting', async (t) => {
  const registry = new Registry(memoryStore());
  await registry.commit([], [alive(one), controller()], signal);
  const stop = new AbortController();
  const waiting = untilRouted(registry, stop.signal);
  setTimeout(() => stop.abort(new Error('interrupted')), 30);
  await t.rejects(waiting, { message: 'interrupted' });
});
