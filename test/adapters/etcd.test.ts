// The contract of a store over a real etcd.

import t from 'tap';
import { etcdStore } from '../../src/adapters/etcd.ts';
import { storeContract } from '../ports/store.contract.ts';
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

  void t.test('keeps the contract of a store', async (t) => {
    const { relay, store } = await behindRelay();
    await storeContract(t, {
      store,
      other: cluster.store(),
      breakOff: () => relay.close(),
      heal: () => relay.open(),
      compact: () => cluster.compact(),
    });
  });

  void t.test('lists more keys than fit one answer, all at one revision', async (t) => {
    const store = cluster.store();
    const count = 12_000;
    for (let from = 0; from < count; from += 100) {
      const writes = Array.from({ length: 100 }, (_, index) => ({
        kind: 'put' as const,
        key: `/pages/${String(from + index).padStart(6, '0')}`,
        value: 'x'.repeat(600),
      }));
      await store.commit({ conditions: [], writes }, forever);
    }
    const { entries, revision } = await store.list('/pages/', forever);
    t.equal(entries.length, count);
    t.equal(new Set(entries.map(({ key }) => key)).size, count);
    t.equal(entries.at(-1)?.key, '/pages/011999');
    t.equal(revision, (await store.identity(forever)).revision);
  });

  void t.test('foreign errors never leave untranslated', async (t) => {
    const { relay } = await behindRelay();
    const wrong = { ...cluster.tls, ca: cluster.tls.cert };
    const endpoints = [`https://127.0.0.1:${relay.port}`];
    const stranger = etcdStore({ endpoints, tls: wrong, log: quiet });
    await t.rejects(stranger.get('/a', forever), { name: 'DeisError', code: 'unavailable' });
    stranger.close();
    await t.rejects(stranger.get('/a', forever), { name: 'DeisError' });
    t.throws(() => etcdStore({ endpoints: [], log: quiet }), { code: 'invalid' });
  });
});
