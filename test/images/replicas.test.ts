// Pushes reach all live replicas or fail with the reason; a new replica is complete before it is published; sweeps and pushes
// exclude each other. Over copies in memory, and a front over real HTTP.

import t from 'tap';
import { manualClock } from '../../src/adapters/manual-clock.ts';
import { registryCopies } from '../../src/adapters/registry-copies.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { CatchUp } from '../../src/images/catch-up.ts';
import { type FrontOptions, serveFront } from '../../src/images/front.ts';
import { Gate } from '../../src/images/gate.ts';
import { Replicator } from '../../src/images/replicate.ts';
import { DeisError } from '../../src/model/errors.ts';
import type { StoredImage } from '../../src/ports/image-copies.ts';
import { pretendRegistry, pushImage } from '../adapters/pretend-registry.ts';
import { keptLog } from '../adapters/quiet-log.ts';
import { imageCopiesContract } from '../ports/image-copies.contract.ts';
import { pretendCopies } from './pretend-copies.ts';

const signal = AbortSignal.timeout(30_000);
const DIGEST = `sha256:${'a'.repeat(64)}`;
const IMAGE: StoredImage = { repository: 'blog', digest: DIGEST, tag: '1' };

function replicatorOf(
  replicas: Map<string, Set<string> | undefined>,
  peers: () => string[],
  machines: number,
) {
  const clock = manualClock();
  const copies = pretendCopies(replicas);
  const replicator = new Replicator({
    own: 'own',
    peers,
    machines: () => machines,
    shared: () => false,
    copies,
    clock,
    log: keptLog(),
  });
  return { clock, replicator };
}

t.test('a push is answered when all live replicas hold it', async (t) => {
  const replicas = new Map([
    ['own', new Set([DIGEST])],
    ['b', new Set<string>()],
    ['c', new Set<string>()],
  ]);
  const { replicator } = replicatorOf(replicas, () => ['b', 'c'], 3);
  await replicator.imageCame(IMAGE, signal);
  for (const held of replicas.values()) t.ok(held.has(DIGEST));
});

t.test('one replica is enough on one machine only', async (t) => {
  const alone = new Map([['own', new Set([DIGEST])]]);
  await replicatorOf(alone, () => [], 1).replicator.imageCame(IMAGE, signal);
  const { clock, replicator } = replicatorOf(alone, () => [], 2);
  const refused = t.rejects(replicator.imageCame(IMAGE, signal), {
    code: 'unavailable',
    message: /Only 1 replica .* kept on two machines/,
    hint: /scale registry=2/,
  });
  await clock.advance(61_000);
  await refused;
});

t.test('it waits for a second one that is just starting', async (t) => {
  const replicas = new Map([
    ['own', new Set([DIGEST])],
    ['b', new Set<string>()],
  ]);
  const live: string[] = [];
  const { clock, replicator } = replicatorOf(replicas, () => live, 3);
  const push = replicator.imageCame(IMAGE, signal);
  await clock.advance(20_000);
  live.push('b');
  await clock.advance(1000);
  await push;
  t.ok(replicas.get('b')!.has(DIGEST));
});

t.test('a replica that fails is named; one that is withdrawn is not waited for', async (t) => {
  const replicas = new Map<string, Set<string> | undefined>([
    ['own', new Set([DIGEST])],
    ['b', new Set()],
    ['c', undefined],
  ]);
  const live = ['b', 'c'];
  const failing = replicatorOf(replicas, () => live, 3);
  const refused = t.rejects(failing.replicator.imageCame(IMAGE, signal), {
    message: /replica at c could not take blog: c does not answer/,
  });
  await failing.clock.advance(61_000);
  await refused;
  const leaving = replicatorOf(replicas, () => live, 3);
  const push = leaving.replicator.imageCame(IMAGE, signal);
  await leaving.clock.advance(10_000);
  live.pop();
  await leaving.clock.advance(1000);
  await push;
});

t.test('a new replica has what it can get before it is published', async (t) => {
  const other = `sha256:${'b'.repeat(64)}`;
  const replicas = new Map<string, Set<string> | undefined>([
    ['own', new Set()],
    ['b', new Set([DIGEST])],
    ['c', undefined],
  ]);
  const clock = manualClock();
  const catchUp = new CatchUp({
    own: 'own',
    needed: async () => [
      IMAGE,
      {
        repository: 'shop',
        digest: other,
      },
    ],
    sources: async () => ['b', 'c'],
    copies: pretendCopies(replicas),
    clock,
    log: keptLog(),
  });
  t.ok(catchUp.problem);
  t.equal(await catchUp.pass(signal), false);
  t.ok(replicas.get('own')!.has(DIGEST));
  t.match(catchUp.problem, /lacks 1 images, and a replica that may have them does not answer/);
  replicas.set('c', new Set([other]));
  t.equal(await catchUp.pass(signal), true);
  t.equal(catchUp.problem, undefined);
});

t.test(
  'what nobody has holds nobody up; what a dead replica may have does so for a minute',
  async (t) => {
    const replicas = new Map<string, Set<string> | undefined>([
      ['own', new Set()],
      ['b', new Set()],
    ]);
    const clock = manualClock();
    const catchUp = new CatchUp({
      own: 'own',
      needed: async () => [IMAGE],
      sources: async () => [...replicas.keys()].filter((one) => one !== 'own'),
      copies: pretendCopies(replicas),
      clock,
      log: keptLog(),
    });
    replicas.set('c', undefined);
    await catchUp.pass(signal);
    t.ok(catchUp.problem);
    await clock.advance(61_000);
    await catchUp.pass(signal);
    t.equal(catchUp.problem, undefined);
    replicas.delete('c');
    t.equal(await catchUp.pass(signal), true);
    t.same(catchUp.lost, [`blog@${DIGEST}`]);
  },
);

t.test('a sweep waits for quiet, pushes wait for the sweep', async (t) => {
  const clock = manualClock();
  const gate = new Gate(clock);
  const done: string[] = [];
  const push = Promise.withResolvers<void>();
  const pushing = gate.pass(() => push.promise);
  t.equal(await gate.alone(1000, async () => void done.push('swept')), false, 'a push runs');
  push.resolve();
  await pushing;
  t.equal(await gate.alone(1000, async () => void done.push('swept')), false, 'it just ended');
  await clock.advance(1000);
  const sweep = Promise.withResolvers<void>();
  const sweeping = gate.alone(1000, () => sweep.promise.then(() => void done.push('swept')));
  const late = gate.pass(async () => void done.push('pushed'));
  sweep.resolve();
  t.equal(await sweeping, true);
  await late;
  t.same(done, ['swept', 'pushed']);
});

t.test('what only the former store has can be read, and is still to be brought over', async (t) => {
  const [store, former] = [await pretendRegistry(), await pretendRegistry()];
  const ended = new AbortController();
  t.teardown(async () => {
    ended.abort();
    await Promise.all([store.close(), former.close()]);
  });
  const digest = pushImage(former, 'blog', '1', 'x', '2026-01-01');
  const listening = Promise.withResolvers<number>();
  const at = ({ address }: { address: string }) => {
    const [host = '', port = ''] = address.split(':');
    return { host, port: Number(port) };
  };
  const options: FrontOptions = {
    listen: { host: '127.0.0.1', port: 0 },
    store: at(store),
    former: () => at(former),
    gate: new Gate(systemClock),
    pushProblem: () => undefined,
    healthProblem: () => undefined,
    garbage: async () => '{}',
    onLayer: () => undefined,
    onImage: async () => undefined,
    log: keptLog(),
  };
  const serving = serveFront(options, ended.signal, listening.resolve);
  const own = `127.0.0.1:${await listening.promise}`;
  const image = { repository: 'blog', digest };
  const url = `http://${own}/v2/blog/manifests/${digest}`;
  t.equal((await fetch(url)).status, 200, 'it is served');
  t.equal(await registryCopies().holds(own, image, signal), false, 'it is not here');
  t.equal(await registryCopies().copy(image, former.address, own, signal), true);
  t.ok(store.manifests.has(`blog/${digest}`), 'it was brought over');
  ended.abort();
  await serving;
});

t.test('the front hands on pushes, not copies, and refuses with words', async (t) => {
  const store = await pretendRegistry();
  const other = await pretendRegistry();
  const ended = new AbortController();
  t.teardown(async () => {
    ended.abort();
    await Promise.all([store.close(), other.close()]);
  });
  const [host = '', port = ''] = store.address.split(':');
  const came: StoredImage[] = [];
  const disk: { problem?: string } = {};
  const options: FrontOptions = {
    listen: {
      host: '127.0.0.1',
      port: 0,
    },
    store: {
      host,
      port: Number(port),
    },
    former: () => undefined,
    gate: new Gate(systemClock),
    pushProblem: () => disk.problem,
    healthProblem: () => disk.problem,
    garbage: async () => '{}',
    onLayer: () => undefined,
    async onImage(image) {
      if (image.tag === 'bad') throw new DeisError('unavailable', 'b cannot take it.', 'Try.');
      came.push(image);
    },
    log: keptLog(),
  };
  const listening = Promise.withResolvers<number>();
  const serving = serveFront(options, ended.signal, listening.resolve);
  const own = `127.0.0.1:${await listening.promise}`;
  const digest = pushImage(other, 'blog', '1', 'x'.repeat(100_000), '2026-01-01');
  t.equal(
    await registryCopies().copy({ repository: 'blog', digest }, other.address, own, signal),
    true,
  );
  t.same(came, [], 'a copy is not handed on');
  const { bytes, type } = other.manifests.get('blog/1')!;
  const put = (tag: string) =>
    fetch(`http://${own}/v2/blog/manifests/${tag}`, {
      method: 'PUT',
      body: new Uint8Array(bytes),
      headers: { 'content-type': type },
    });
  t.equal((await put('1')).status, 201);
  t.same(came, [{ repository: 'blog', digest, tag: '1' }]);
  const refused = await put('bad');
  t.equal(refused.status, 503);
  t.match(await refused.json(), { errors: [{ message: 'b cannot take it. Try.' }] });
  t.equal((await fetch(`http://${own}/deis/health`)).status, 200);
  disk.problem = 'the disk is full';
  const sick = await fetch(`http://${own}/deis/health`);
  t.equal(sick.headers.get('deis-reason'), 'the disk is full');
  t.match(await (await put('2')).json(), { errors: [{ message: 'the disk is full' }] });
  const gone = await fetch(`http://${own}/v2/blog/manifests/${digest}`, { method: 'DELETE' });
  t.equal(gone.status, 405);
  t.equal((await fetch(`http://${own}/other`)).status, 404);
  ended.abort();
  await serving;
});

t.test('copies in memory keep the contract', (t) => {
  const replicas = new Map([
    ['one', new Set([DIGEST])],
    ['two', new Set<string>()],
  ]);
  const copies = pretendCopies(replicas);
  return imageCopiesContract(t, { copies, image: IMAGE, one: 'one', two: 'two', away: 'away' });
});

t.test('copies over HTTP keep the contract', async (t) => {
  const [one, two, away] = [
    await pretendRegistry(),
    await pretendRegistry(),
    await pretendRegistry(),
  ];
  t.teardown(() => Promise.all([one.close(), two.close()]));
  await away.close();
  const digest = pushImage(one, 'blog', '1', 'x', '2026-01-01');
  await imageCopiesContract(t, {
    copies: registryCopies(),
    image: { repository: 'blog', digest, tag: '1' },
    one: one.address,
    two: two.address,
    away: away.address,
  });
});
