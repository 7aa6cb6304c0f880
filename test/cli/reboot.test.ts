// deisctl reboot: which machines are meant, one after the other, and what is said when one may not, or does not come back.

import t, { type Test } from 'tap';
import { memoryStore } from '../../src/adapters/memory-store.ts';
import { saysOneThing } from '../../src/cli/deisctl/reboot.ts';
import { machinesMeant, rebootAll, releaseTurn } from '../../src/cli/machines/reboot.ts';
import type { Machine } from '../../src/model/cluster.ts';
import { DeisError } from '../../src/model/errors.ts';
import type { Node } from '../../src/model/formation.ts';
import type { RebootNews } from '../../src/model/reboot.ts';
import { keys } from '../../src/registry/keys.ts';
import { put, Registry } from '../../src/registry/registry.ts';

const forever = new AbortController().signal;

async function cluster(t: Test): Promise<Registry> {
  const store = memoryStore();
  t.teardown(() => store.close());
  const registry = new Registry(store);
  const shop = { id: 'shop', domain: 'shop.test', created: '' };
  await registry.commit([], [put(keys.formations, ['shop'], shop)], forever);
  const bare = { id: 'bare', domain: 'bare.test', created: '' };
  await registry.commit([], [put(keys.formations, ['bare'], bare)], forever);
  for (const [id, formation, layer] of [
    ['m1', '', ''],
    ['m2', 'default', 'runtime'],
    ['m10', 'default', 'runtime'],
    ['m3', 'shop', 'runtime'],
  ] as const) {
    const machine = { id, name: id, ip: id, metadata: {}, api: id, bootId: 'first' };
    const versions = { deisd: '', systemd: 252, engine: '' };
    const capacity = { memory: 0, cpus: 1 };
    const whole: Machine = { ...machine, versions, capacity };
    const alive = put(keys.alive, [id], { session: id, since: '' });
    await registry.commit([], [put(keys.machines, [id], whole), alive], forever);
    if (formation === '') continue;
    const place = { formation, layer, number: 1, provider: '', address: id, labels: {} };
    const node: Node = { id, machine: id, ...place, created: '' };
    await registry.commit([], [put(keys.nodes, [id], node)], forever);
    const layerOf = { id: layer, formation, flavor: '', runtime: true, proxy: false };
    const value = { ...layerOf, control: false, created: '' };
    await registry.commit([], [put(keys.layers, [formation, layer], value)], forever);
  }
  return registry;
}

t.test('nodes and layers by name, each machine once', async (t) => {
  const registry = await cluster(t);
  const meant = async (words: string[], formation?: string): Promise<string[]> =>
    (await machinesMeant(registry, words, formation, forever)).map(({ name }) => name);
  t.strictSame(await meant(['m1']), ['m1']);
  t.strictSame(await meant(['runtime', 'm2', 'm1']), ['m1', 'm2', 'm10']);
  t.strictSame(await meant(['runtime'], 'shop'), ['m3']);
  t.strictSame(await meant([]), ['m1', 'm2', 'm3', 'm10']);
  t.strictSame(await meant([], 'shop'), ['m3']);
  await t.rejects(meant(['attic']), { code: 'not-found' });
  await t.rejects(meant([], 'attic'), { message: 'there is no formation "attic"' });
  await t.rejects(meant([], 'bare'), { message: 'formation bare has no machines' });
});

t.test('machines, all of them, or the turn', async (t) => {
  t.ok(saysOneThing(['m1'], {}));
  t.ok(saysOneThing([], { all: true }));
  t.ok(saysOneThing([], { release: true }));
  t.notOk(saysOneThing([], {}));
  t.notOk(saysOneThing(['m1'], { all: true }));
  t.notOk(saysOneThing(['m1'], { release: true }));
  t.notOk(saysOneThing([], { all: true, release: true }));
});

/** Machines that come back at once, but for those that are told what else to do. */
function rebooting(registry: Registry, does: Record<string, RebootNews[] | 'stays away'> = {}) {
  const lines: string[] = [];
  const asked: string[] = [];
  return {
    lines,
    asked,
    needs: {
      registry,
      timeout: 200,
      output: { line: (text: string) => void lines.push(text) } as never,
      machines: {
        async *reboot(api: string): AsyncGenerator<RebootNews> {
          asked.push(api);
          const way = does[api];
          if (Array.isArray(way)) return yield* way;
          yield { kind: 'progress', text: 'rebooting' };
          if (way === 'stays away') return;
          const machine = (await registry.get(keys.machines, [api], forever))!.value;
          const back = { ...machine, bootId: 'second' };
          await registry.commit([], [put(keys.machines, [api], back)], forever);
          throw new DeisError('unavailable', 'the connection was cut');
        },
      },
    },
  };
}

t.test('one after the other, each until it is back', async (t) => {
  const registry = await cluster(t);
  const { needs, lines, asked } = rebooting(registry);
  await rebootAll(needs, await machinesMeant(registry, [], undefined, forever), forever);
  t.strictSame(asked, ['m1', 'm2', 'm3', 'm10']);
  t.strictSame(lines.slice(0, 2), ['m1: rebooting', 'm1: is back and well']);
});

t.test('a refusal ends it, and is told in the machine’s words', async (t) => {
  const registry = await cluster(t);
  const no: RebootNews = { kind: 'refused', problem: 'no healthy container elsewhere', hint: '' };
  const { needs, asked } = rebooting(registry, { m2: [no] });
  const all = await machinesMeant(registry, [], undefined, forever);
  await t.rejects(rebootAll(needs, all, forever), {
    code: 'conflict',
    message: 'm2 is not rebooted: no healthy container elsewhere',
  });
  t.strictSame(asked, ['m1', 'm2']);
});

t.test('one that does not come back ends it, and keeps the turn until it is taken', async (t) => {
  const registry = await cluster(t);
  const { needs, asked } = rebooting(registry, { m1: 'stays away' });
  const all = await machinesMeant(registry, [], undefined, forever);
  const turn = { machine: 'm1', name: 'm1', bootId: 'first', by: 'operator' as const, since: '' };
  await registry.commit([], [put(keys.reboots, ['turn'], turn)], forever);
  await t.rejects(rebootAll(needs, all, forever), {
    code: 'timeout',
    message: 'm1 has not come back',
  });
  t.strictSame(asked, ['m1']);
  t.equal(await releaseTurn(registry, forever), 'm1');
  t.equal(await releaseTurn(registry, forever), undefined);
});
