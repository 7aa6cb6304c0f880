// What a network can do to a client of etcd: silence, lost answers, and requests that arrive late.

import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { etcdStore } from '../../src/adapters/etcd.ts';
import type { Transaction } from '../../src/ports/store.ts';
import { Watching } from '../ports/watching.ts';
import { withEtcd } from './etcd-cluster.ts';
import { quiet } from './quiet-log.ts';
import { Relay } from './relay.ts';

const forever = new AbortController().signal;

t.setTimeout(120_000);

await withEtcd(t, 1, (cluster) => {
  /** A client whose way to etcd can be broken without touching other clients. */
  async function behindRelay() {
    const relay = new Relay(Number(new URL(cluster.endpoints[0] ?? '').port));
    await relay.open();
    const endpoints = [`https://127.0.0.1:${relay.port}`];
    const store = etcdStore({ endpoints, tls: cluster.tls, log: quiet });
    t.teardown(async () => {
      store.close();
      await relay.close();
    });
    return { relay, store };
  }

  void t.test(
    'a network that swallows everything is noticed, and left as soon as it is back',
    async (t) => {
      const { relay, store } = await behindRelay();
      const other = cluster.store();
      const watching = new Watching(store, '/mute/');
      await watching.until('a snapshot', () => watching.connected);
      relay.mute();
      const noticed = await watching.until('the break', () => !watching.connected, 6000);
      t.ok(noticed < 5500, `noticed after ${Math.round(noticed)} ms`);
      const began = performance.now();
      await t.rejects(store.get('/a', forever), { code: 'unavailable' });
      t.ok(performance.now() - began < 3000, 'a call gives up within 3 s');
      await other.commit(
        { conditions: [], writes: [{ kind: 'put', key: '/mute/a', value: '1' }] },
        forever,
      );
      await delay(5000);
      relay.unmute();
      const back = await watching.until('the change', () => watching.state.has('/mute/a'));
      t.ok(back < 2500, `the watch is back after ${Math.round(back)} ms`);
      await store.get('/a', forever);
      await watching.end();
    },
  );

  void t.test('an answer that gets lost is not a lost answer to the caller', async (t) => {
    const relays = [0, 1].map(() => new Relay(Number(new URL(cluster.endpoints[0] ?? '').port)));
    for (const relay of relays) await relay.open();
    const endpoints = relays.map(({ port }) => `https://127.0.0.1:${port}`);
    const store = etcdStore({ endpoints, tls: cluster.tls, log: quiet });
    t.teardown(async () => {
      store.close();
      for (const relay of relays) await relay.close();
    });
    const other = cluster.store();
    for (let round = 0; round < 6; round += 1) {
      const key = `/lost/${round}`;
      await store.get(key, forever);
      for (const relay of relays) relay.mute('answers');
      const claim = store.commit(
        {
          conditions: [{ kind: 'create-revision', key, equals: 0 }],
          writes: [{ kind: 'put', key, value: 'ours' }],
          reads: [key],
        },
        forever,
      );
      // The request got through; what comes back is swallowed at the door that carried it.
      const reached = new Watching(other, key);
      await reached.until('the write', () => reached.state.has(key));
      await reached.end();
      for (const relay of relays) await relay.close();
      for (const relay of relays) await relay.open();
      const { applied, reads } = await claim;
      t.equal(applied, true, `round ${round}`);
      t.equal(reads[0]?.[0]?.value, 'ours');
    }
  });

  void t.test('the ghost of a write that was given up does not undo a later one', async (t) => {
    const { relay, store } = await behindRelay();
    const other = cluster.store();
    const write = (value: string): Transaction => ({
      conditions: [],
      writes: [{ kind: 'put', key: '/ghost/a', value }],
    });
    for (let round = 0; round < 5; round += 1) {
      await store.commit(write('before'), forever);
      relay.mute();
      await t.rejects(
        store.commit(write('ghost'), AbortSignal.timeout(100)),
        'nobody waits for it',
      );
      await other.commit(write('later'), forever);
      const watching = new Watching(other, '/ghost/');
      await watching.until('a snapshot', () => watching.connected);
      // The old request reaches etcd now, as if a frozen member had been continued.
      relay.unmute();
      await store.get('/ghost/a', forever);
      await delay(100);
      t.same(watching.heard, ['snapshot']);
      t.equal((await other.get('/ghost/a', forever))?.value, 'later');
      await watching.end();
    }
  });
});
