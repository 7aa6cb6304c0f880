// What bounds people: how often they may guess, whose names they may claim, where their apps could run, how much is remembered.

import t from 'tap';
import { manualClock } from '../../src/adapters/manual-clock.ts';
import { memoryStore } from '../../src/adapters/memory-store.ts';
import { audited, pruneTrail } from '../../src/controller/app/trail.ts';
import { foreignName } from '../../src/controller/rules/claim.ts';
import { placementProblem } from '../../src/controller/rules/placement.ts';
import { Throttle, Throttles } from '../../src/controller/throttle.ts';
import { WireError } from '../../src/controller/wire/errors.ts';
import { keys } from '../../src/registry/keys.ts';
import { Registry } from '../../src/registry/registry.ts';

const signal = AbortSignal.timeout(60_000);

t.test('a bucket that refills', async (t) => {
  const clock = manualClock();
  const throttle = new Throttle(clock, { burst: 3, every: 10 });
  for (let turn = 0; turn < 3; turn += 1) throttle.take('a');
  t.same(refusal(throttle), [429, '10']);
  t.same(refusal(throttle), [429, '10'], 'who is refused waits no longer for it');
  throttle.take('b');
  t.pass('others are not meant');
  await clock.advance(9_500);
  t.same(refusal(throttle), [429, '1']);
  await clock.advance(1_000);
  throttle.take('a');
  t.equal(refusal(throttle)?.[0], 429, 'one more each ten seconds');
  throttle.giveBack('a');
  throttle.take('a');
  for (let key = 0; key < 20_000; key += 1) throttle.take(`key ${key}`);
  throttle.take('a');
  t.pass('a flood of names does not fill the memory: the oldest are forgotten');
});

t.test('passwords', async (t) => {
  const clock = manualClock();
  const throttles = new Throttles(clock);
  const wrong = () => Promise.resolve(false);
  const right = () => Promise.resolve(true);
  for (let turn = 0; turn < 10; turn += 1) await throttles.guess('10.0.0.1', 'ada', wrong);
  const status = async (work: Promise<unknown>): Promise<unknown> =>
    work.catch((error: unknown) => error instanceof WireError && error.status);
  t.equal(await status(throttles.guess('10.0.0.1', 'ada', right)), 429, 'right ones too');
  t.ok(await throttles.guess('10.0.0.2', 'ada', right), 'ada herself, from elsewhere');
  t.ok(await throttles.guess('10.0.0.1', 'bob', right), 'another one behind the same address');
  for (let turn = 0; turn < 100; turn += 1) await throttles.guess('10.0.0.3', 'ada', right);
  t.pass('right ones count for nothing');
  // One of the fifty went to the try that was refused.
  for (let turn = 0; turn < 39; turn += 1) await throttles.guess('10.0.0.1', `u${turn}`, wrong);
  t.equal(await status(throttles.guess('10.0.0.1', 'carl', right)), 429, 'a list of names');
  for (let turn = 0; turn < 100; turn += 1) await throttles.guess('::ffff:127.0.0.1', 'ada', wrong);
  t.pass('this machine itself is free');
  const stuck = Promise.withResolvers<boolean>();
  const many = Array.from({ length: 200 }, () => throttles.hashing(() => stuck.promise));
  t.equal(await status(throttles.hashing(right)), 503, 'hashes do not pile up');
  stuck.resolve(true);
  await Promise.all(many);
  t.ok(await throttles.hashing(right));
});

t.test('names of a certificate', async (t) => {
  const claims = {
    foreignDomains: ['shop.example.com', 'a.wild.example.com'],
    ownApps: new Set(['blog']),
    platformDomain: 'paas.Local',
  };
  for (const [names, foreign] of [
    [['mine.example.com'], undefined],
    [['blog.paas.local'], undefined],
    [['other.paas.local'], 'other.paas.local'],
    [['paas.local'], 'paas.local'],
    [['*.paas.local'], '*.paas.local'],
    [['x.blog.paas.local'], 'x.blog.paas.local'],
    [['mine.example.com', 'shop.example.com'], 'shop.example.com'],
    [['*.wild.example.com'], 'a.wild.example.com'],
    [['*.example.com'], 'shop.example.com'],
    [['notpaas.local'], undefined],
  ] as const) {
    t.equal(foreignName(names, claims), foreign, names.join(' '));
  }
});

t.test('what no machine could run', async (t) => {
  const machine = (name: string, metadata: Record<string, string>, gigabytes: number) => ({
    name,
    metadata,
    capacity: { memory: gigabytes * 1024 ** 3, cpus: 1 },
  });
  const machines = [machine('m1', { rack: '1' }, 2), machine('m2', { rack: '2' }, 8)];
  for (const [tags, memory, problem] of [
    [{}, {}, undefined],
    [{ rack: '1' }, { web: '2G' }, undefined],
    [{ rack: '1' }, { web: '3G' }, /^No machine that matches rack=1 has 3G of memory for web: m1/],
    [{}, { web: '8G' }, undefined],
    [{}, { web: '1G', job: '9G' }, /^No machine has 9G of memory for job: m1 has .*, m2 has .*\.$/],
    [{ rack: '3' }, {}, /^No machine matches rack=3: m1 has rack=1, m2 has rack=2\.$/],
    [{ rack: '1', disk: 'ssd' }, {}, /^No machine matches disk=ssd rack=1/],
  ] as const) {
    const name = JSON.stringify({ tags, memory });
    const seen = placementProblem({ tags, memory } as never, machines)?.message;
    if (problem === undefined) t.equal(seen, undefined, name);
    else t.match(seen, problem, name);
  }
  t.equal(placementProblem({ tags: { a: 'b' }, memory: {} }, []), undefined, 'none is known yet');
  const unknown = machine('m3', {}, 0);
  t.equal(placementProblem({ tags: {}, memory: { web: '64G' } }, [unknown]), undefined);
  const crowd = Array.from({ length: 25 }, (_, index) => machine(`m${index}`, {}, 1));
  t.match(placementProblem({ tags: { a: 'b' }, memory: {} }, crowd)?.message, /, and 5 more\.$/);
});

t.test('the trail keeps the newest thousand', async (t) => {
  const registry = new Registry(memoryStore().connect());
  const clock = manualClock();
  const author = { services: { clock }, user: { value: { username: 'ada' } }, requestId: 'r' };
  const events = async () => (await registry.list(keys.audit, ['blog'], signal)).items;
  for (let count = 0; count < 1010; count += 1) {
    await clock.advance(1);
    await registry.commit([], [audited(author, 'blog', 'config:set', `change ${count}`)], signal);
  }
  await registry.commit([], [audited(author, 'shop', 'config:set', 'of another app')], signal);
  await pruneTrail(registry, 'blog', signal);
  const kept = await events();
  t.equal(kept.length, 1000);
  t.match(kept[0]!.value, { text: 'change 10', at: '1970-01-01T00:00:00.011Z', user: 'ada' });
  t.equal(kept.at(-1)!.value.text, 'change 1009');
  await pruneTrail(registry, 'blog', signal);
  t.equal((await events()).length, 1000, 'no more than needed');
  t.equal((await registry.list(keys.audit, ['shop'], signal)).items.length, 1);
});

/** Status and Retry-After of the next try of `a`; undefined when it was taken. */
function refusal(throttle: Throttle): [number, string | undefined] | undefined {
  try {
    throttle.take('a');
    return undefined;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return [error.status, error.headers['Retry-After']];
  }
}
