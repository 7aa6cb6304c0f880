// Three etcd members that die, freeze and restart under writers, readers and watchers: nothing is lost, nobody crashes.

import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { DeisError } from '../../src/model/errors.ts';
import type { Store } from '../../src/ports/store.ts';
import { Watching } from '../ports/watching.ts';
import { withEtcd } from './etcd-cluster.ts';

t.setTimeout(180_000);
const forever = new AbortController().signal;

/** Writes numbered keys as fast as answers come, and keeps which were confirmed and how long the longest pause was. */
class Writer {
  readonly confirmed = new Set<string>();
  readonly failures: unknown[] = [];
  longestCall = 0;
  longestGap = 0;
  #stop = false;
  readonly #ended: Promise<void>;

  constructor(store: Store, prefix: string) {
    this.#ended = this.#run(store, prefix);
  }

  async #run(store: Store, prefix: string): Promise<void> {
    let last = performance.now();
    for (let count = 0; !this.#stop; count += 1) {
      const key = `${prefix}${String(count).padStart(6, '0')}`;
      const began = performance.now();
      try {
        const writes = [{ kind: 'put' as const, key, value: 'x' }];
        const conditions = [{ kind: 'create-revision' as const, key, equals: 0 }];
        const { applied } = await store.commit({ conditions, writes }, forever);
        if (!applied) this.failures.push(new Error(`${key} was refused, nobody else writes it`));
        this.confirmed.add(key);
        this.longestGap = Math.max(this.longestGap, performance.now() - last);
        last = performance.now();
      } catch (error) {
        if (!(error instanceof DeisError && error.code === 'unavailable'))
          this.failures.push(error);
      }
      this.longestCall = Math.max(this.longestCall, performance.now() - began);
      await delay(5);
    }
  }

  async end(): Promise<void> {
    this.#stop = true;
    await this.#ended;
  }
}

/** Renews a lease as a session does, and counts the misses in a row. */
async function renewing(store: Store, until: AbortSignal): Promise<number> {
  const lease = await store.grantLease(9, forever);
  let misses = 0;
  let most = 0;
  while (!until.aborted) {
    const began = performance.now();
    try {
      await store.keepLeaseAlive(lease, forever);
      misses = 0;
    } catch (error) {
      if (!(error instanceof DeisError && error.code === 'unavailable')) throw error;
      most = Math.max(most, (misses += 1));
    }
    await delay(Math.max(0, 2000 - (performance.now() - began)));
  }
  await store.keepLeaseAlive(lease, forever);
  return most;
}

await withEtcd(t, 3, (cluster) => {
  const faults: { name: string; hurt: () => Promise<void>; gap: number }[] = [
    {
      name: 'the leader killed',
      gap: 6000,
      async hurt() {
        const leader = await cluster.leader();
        await cluster.signal(leader, 'SIGKILL');
        await delay(4000);
        cluster.boot(leader);
        await cluster.well();
      },
    },
    {
      name: 'the leader frozen for 10 s and continued',
      gap: 6000,
      async hurt() {
        const leader = await cluster.leader();
        await cluster.signal(leader, 'SIGSTOP');
        await delay(10_000);
        await cluster.signal(leader, 'SIGCONT');
        await cluster.well();
      },
    },
    {
      name: 'each member restarted in turn',
      gap: 6000,
      async hurt() {
        for (const index of [0, 1, 2]) {
          await cluster.signal(index, 'SIGTERM');
          cluster.boot(index);
          await cluster.well();
        }
      },
    },
  ];

  for (const [index, { name, hurt, gap }] of faults.entries()) {
    void t.test(name, async (t) => {
      const prefix = `/fault/${index}/`;
      const watches = [0, 1, 2].map(() => new Watching(cluster.store(), prefix));
      const renewals = new AbortController();
      const misses = renewing(cluster.store(), renewals.signal);
      const writers = ['a', 'b'].map((name) => new Writer(cluster.store(), `${prefix}${name}`));
      await delay(500);
      await hurt();
      await delay(1000);
      await Promise.all(writers.map((writer) => writer.end()));
      renewals.abort();
      t.comment(`most renewals missed in a row: ${await misses}`);

      const confirmed = writers.flatMap((writer) => [...writer.confirmed]);
      for (const watching of watches) {
        await watching.until('every confirmed write', () =>
          confirmed.every((key) => watching.state.has(key)),
        );
        const revisions = watching.seen.map((change) =>
          change.kind === 'put' ? change.entry.modRevision : change.modRevision,
        );
        t.equal(new Set(revisions).size, revisions.length, 'no change told twice');
        t.same(
          revisions,
          revisions.toSorted((a, b) => a - b),
          'in order',
        );
        t.equal(watching.snapshots, 1, 'without listing again');
      }
      for (const { failures, longestCall, longestGap } of writers) {
        t.same(failures, []);
        t.comment(
          `longest call ${longestCall | 0} ms, longest pause between writes ${longestGap | 0} ms`,
        );
        t.ok(longestCall < 3000, 'no call takes longer than 3 s');
        t.ok(longestGap < gap, `writes go on within ${gap} ms`);
      }
      await Promise.all(watches.map((watching) => watching.end()));
    });
  }

  void t.test(
    'all of etcd away: calls say so in time, watches know, all is well soon after',
    async (t) => {
      const store = cluster.store();
      const lease = await store.grantLease(60, forever);
      const watching = new Watching(store, '/away/');
      await watching.until('a snapshot', () => watching.connected);
      for (const away of ['SIGSTOP', 'SIGKILL'] as const) {
        await cluster.signalAll(away);
        const told = await watching.until('the break', () => !watching.connected, 7000);
        t.ok(told < 5500, `${away}: the watch knows after ${Math.round(told)} ms`);
        const calls: Record<string, () => Promise<unknown>> = {
          identity: () => store.identity(forever),
          get: () => store.get('/away/a', forever),
          getMany: () => store.getMany(['/away/a'], forever),
          list: () => store.list('/away/', forever),
          commit: () =>
            store.commit({ conditions: [], writes: [{ kind: 'delete', key: '/a' }] }, forever),
          grantLease: () => store.grantLease(9, forever),
          keepLeaseAlive: () => store.keepLeaseAlive(lease, forever),
          revokeLease: () => store.revokeLease('12345', forever),
        };
        await Promise.all(
          Object.entries(calls).map(async ([name, call]) => {
            const began = performance.now();
            await t.rejects(call(), { name: 'DeisError', code: 'unavailable' }, `${away}: ${name}`);
            t.ok(performance.now() - began < 3000, `${away}: ${name} within 3 s`);
          }),
        );
        t.equal(watching.breaks, away === 'SIGSTOP' ? 1 : 2, 'the break is told once');
        if (away === 'SIGSTOP') await cluster.signalAll('SIGCONT');
        else for (const index of [0, 1, 2]) cluster.boot(index);
        await cluster.well();
        const back = await watching.until('the way back', () => watching.connected);
        t.ok(back < 2000, `${away}: the watch is back ${Math.round(back)} ms after etcd`);
        const began = performance.now();
        await store.commit(
          { conditions: [], writes: [{ kind: 'put', key: '/away/a', value: away }] },
          forever,
        );
        t.ok(
          performance.now() - began < 1500,
          `${away}: calls are back ${Math.round(performance.now() - began)} ms after etcd`,
        );
        await watching.until('the change', () => watching.state.get('/away/a') === away);
      }
      await watching.end();
    },
  );

  void t.test('a member without the others does not pass for a healthy one', async (t) => {
    const store = cluster.store([0]);
    const watching = new Watching(store, '/minority/');
    await watching.until('a snapshot', () => watching.connected);
    await cluster.signal(1, 'SIGSTOP');
    await cluster.signal(2, 'SIGSTOP');
    const told = await watching.until('the break', () => !watching.connected, 15_000);
    t.comment(`told after ${Math.round(told)} ms`);
    await t.rejects(store.get('/a', forever), { code: 'unavailable' });
    await cluster.signal(1, 'SIGCONT');
    await cluster.signal(2, 'SIGCONT');
    await watching.until('the way back', () => watching.connected, 8000);
    await watching.end();
  });

  void t.test('an empty etcd in place of the old one is told as it is', async (t) => {
    const store = cluster.store();
    const commit = (value: string) =>
      store.commit({ conditions: [], writes: [{ kind: 'put', key: '/wiped/a', value }] }, forever);
    await commit('old');
    const before = await store.identity(forever);
    const watching = new Watching(store, '/wiped/');
    await watching.until('a snapshot', () => watching.state.size === 1);
    await cluster.signalAll('SIGKILL');
    cluster.wipe();
    for (const index of [0, 1, 2]) cluster.boot(index);
    await cluster.well();
    await watching.until('the empty state', () => watching.connected && watching.state.size === 0);
    const after = await store.identity(forever);
    t.not(after.clusterId, before.clusterId);
    t.ok(after.revision < before.revision);
    await commit('new');
    await watching.until('a change', () => watching.state.get('/wiped/a') === 'new');
    await watching.end();
  });
});
