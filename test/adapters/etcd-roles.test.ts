// Roles in a real etcd: turned on under load, each component writes its own keys and nobody else's, and they can be changed later.

import t from 'tap';
import { etcdStore } from '../../src/adapters/etcd.ts';
import { type EtcdRole, ensureRoles } from '../../src/adapters/etcd-roles.ts';
import { STORE_ROLES } from '../../src/registry/roles.ts';
import { keys } from '../../src/registry/keys.ts';
import type { Store } from '../../src/ports/store.ts';
import { withEtcd } from './etcd-cluster.ts';
import { quiet } from './quiet-log.ts';

const { signal } = new AbortController();
const OURS: EtcdRole[] = STORE_ROLES.map(({ component: name, writes }) => ({ name, writes }));
const put = (store: Store, key: string, value = 'x') =>
  store.commit({ conditions: [], writes: [{ kind: 'put', key, value }] }, signal);
const forbidden = { code: 'forbidden' };

await withEtcd(t, 1, (cluster) => {
  const { endpoints } = cluster;
  const as = async (t: { teardown(end: () => void): void }, component: string) => {
    const store = etcdStore({ endpoints, tls: await cluster.issue(component), log: quiet });
    t.teardown(() => store.close());
    return store;
  };

  void t.test('turned on while a component writes and watches', async (t) => {
    const router = await as(t, 'router');
    const own = keys.routerHosts.key('a');
    const seen: string[] = [];
    const stop = new AbortController();
    const watched = router.watch(
      keys.routerHosts.prefix,
      {
        snapshot: () => undefined,
        interrupted: () => void seen.push('interrupted'),
        changes: (changes) => {
          for (const change of changes) if (change.kind === 'put') seen.push(change.entry.value);
        },
      },
      stop.signal,
    );
    const written: string[] = [];
    let ends = false;
    const writing = (async () => {
      for (let index = 0; !ends; index += 1) {
        t.equal((await put(router, own, String(index))).applied, true);
        written.push(String(index));
      }
    })();
    const tls = await cluster.issue('operator');
    await ensureRoles({ endpoints, tls }, OURS, 'operator', signal);
    await t.rejects(put(router, keys.releases.key('blog', '3')), forbidden);
    await ensureRoles({ endpoints, tls }, OURS, 'operator', signal);
    ends = true;
    await writing;
    while (seen.at(-1) !== written.at(-1)) await new Promise((go) => setTimeout(go, 20));
    stop.abort();
    await watched;
    const first = Number(seen[0]);
    t.strictSame(seen, written.slice(first), 'no change missed, no stream broken');
  });

  void t.test('each its own keys, and all may read', async (t) => {
    const own: Record<string, string[]> = {
      deisd: [keys.states.key('a', 'b'), keys.placements.key('a', 'b'), keys.apps.key('x')],
      router: [keys.routerApplied.key('a'), keys.acmeOrders.key('x'), keys.leaders.key('acme')],
      controller: [
        keys.releases.key('blog', '3'),
        keys.appUnits.key('blog_v3.web.1.service'),
        keys.locks.key('deployment-blog'),
      ],
      builder: [keys.hostKey.key('ed25519'), keys.locks.key('push/blog')],
      registry: [keys.locks.key('registry-sweep')],
      logger: [],
    };
    for (const { component } of STORE_ROLES) {
      const store = await as(t, component);
      const mine = [...own[component]!, keys.identities.key(component, 'a')];
      for (const key of mine) await t.resolves(put(store, key), `${component} writes ${key}`);
      const lease = await store.grantLease(10, signal);
      await store.keepLeaseAlive(lease, signal);
      await store.revokeLease(lease, signal);
      t.ok((await store.list(keys.releases.prefix, signal)).entries.length >= 0);
      t.ok((await store.identity(signal)).revision > 0);
      if (component === 'deisd') continue;
      const others = Object.entries(own).filter(([name]) => name !== component && name !== 'deisd');
      const strange = [
        ...others.flatMap(([, list]) => list),
        keys.placements.key('a', 'b'),
        keys.settings.key('platform', 'domain'),
        keys.identities.key('deisd', 'a'),
        '/elsewhere',
      ];
      for (const key of strange) {
        await t.rejects(put(store, key), forbidden, `${component} does not write ${key}`);
      }
      const prefix = keys.releases.prefix;
      const sweep = store.commit(
        { conditions: [], writes: [{ kind: 'delete-prefix', prefix }] },
        signal,
      );
      if (component === 'controller') t.equal((await sweep).applied, true);
      else await t.rejects(sweep, forbidden);
    }
  });

  void t.test('roles are changed by an operator only, and strangers may nothing', async (t) => {
    const deisd = { endpoints, tls: await cluster.issue('deisd') };
    const more: EtcdRole[] = [{ name: 'router', writes: ['/deis/extra/'] }];
    await t.rejects(ensureRoles(deisd, more, 'deisd', signal), forbidden);
    const tls = await cluster.issue('operator');
    await ensureRoles({ endpoints, tls }, more, 'operator', signal);
    const router = await as(t, 'router');
    await t.resolves(put(router, '/deis/extra/x'), 'what was granted');
    await t.rejects(put(router, keys.routerHosts.key('a')), forbidden, 'what was taken away');
    const stranger = await as(t, 'stranger');
    await t.rejects(put(stranger, '/deis/extra/x'), forbidden);
    await t.rejects(stranger.list(keys.releases.prefix, signal), forbidden);
  });
});
