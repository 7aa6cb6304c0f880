// Roles come into a store by themselves, in a real etcd: by daemons that all see it at once, after a run that was cut off, and again
// when the store has lost everything; and members can still be looked at then.

import t from 'tap';
import { lookAtMember, memberReader } from '../../src/adapters/etcd-member-look.ts';
import { addLearner, storeMembers } from '../../src/adapters/etcd-membership.ts';
import { EtcdMembers } from '../../src/adapters/etcd-members.ts';
import { etcdStore } from '../../src/adapters/etcd.ts';
import { systemClock as clock } from '../../src/adapters/system-clock.ts';
import { ensureStoreRoles, rolesAreOurs } from '../../src/machines/store-roles.ts';
import { keepRoles } from '../../src/main/keep-roles.ts';
import { keys } from '../../src/registry/keys.ts';
import { put, Registry } from '../../src/registry/registry.ts';
import { withEtcd } from '../adapters/etcd-cluster.ts';
import { quiet } from '../adapters/quiet-log.ts';

const { signal } = new AbortController();
const forbidden = { code: 'forbidden' };

await withEtcd(t, 1, (cluster) => {
  const { endpoints } = cluster;
  const as = async (component: string) => {
    const tls = await cluster.issue(component);
    const store = etcdStore({ endpoints, tls, log: quiet });
    t.teardown(() => store.close());
    return { endpoints, tls, registry: new Registry(store) };
  };
  const writesRelease = async (component: string) => {
    const { registry } = await as(component);
    const key = keys.releases.key('blog', '1');
    await registry.store.commit(
      { conditions: [], writes: [{ kind: 'put', key, value: 'x' }] },
      signal,
    );
  };
  const inForce = async () => {
    const { registry } = await as('deisd');
    for (;;) {
      if (await rolesAreOurs(registry, signal).catch(() => false)) return;
      await new Promise((go) => setTimeout(go, 50));
    }
  };
  const daemons = new AbortController();
  const lives: Promise<void>[] = [];
  t.teardown(async () => {
    daemons.abort();
    await Promise.all(lives);
  });

  void t.test('three daemons at once finish what another run began', async (t) => {
    await t.resolves(writesRelease('router'), 'before, everybody may write everything');
    const begun = new EtcdMembers(endpoints, await cluster.issue('deisd'));
    const options = { no_password: true };
    for (const name of ['root', 'router']) {
      await begun.call('roles', ({ auth }, given) => auth.roleAdd({ name }, given), signal);
    }
    await begun.call(
      'roles',
      ({ auth }, at) => auth.userAdd({ name: 'root', options }, at),
      signal,
    );
    begun.close();
    for (let count = 0; count < 3; count += 1) {
      const { endpoints: at, ...rest } = await as('deisd');
      lives.push(keepRoles({ ...rest, endpoints: () => at, clock, log: quiet }, daemons.signal));
    }
    await inForce();
    await t.rejects(writesRelease('router'), forbidden);
    await t.resolves(writesRelease('controller'));
    t.equal(await ensureStoreRoles(await as('deisd'), signal), false, 'they are an operator’s now');
    t.equal(await ensureStoreRoles(await as('operator'), signal), true);
  });

  void t.test('members are looked at by deisd, and changed by an operator', async (t) => {
    const [endpoint] = endpoints as [string];
    const { tls } = await as('deisd');
    const { id, leader } = await lookAtMember(endpoint, { tls }, signal);
    t.equal(id, leader);
    const reader = await memberReader(endpoint, { tls });
    const { entries } = await reader.read(keys.releases.prefix, true, signal);
    t.match(entries, [{ key: keys.releases.key('blog', '1'), value: 'x' }]);
    reader.close();
    t.match(await storeMembers({ endpoints, tls }, signal), [{ id, healthy: true, leads: true }]);
    const peer = 'https://127.0.0.1:1';
    await t.rejects(addLearner({ endpoints, tls }, peer, signal), forbidden);
    const stranger = await cluster.issue('stranger');
    const closed = await memberReader(endpoint, { tls: stranger });
    await t.rejects(closed.read(keys.releases.prefix, true, signal), /permission denied|not found/);
    closed.close();
  });

  void t.test('an empty store gets them again', async (t) => {
    await cluster.signalAll('SIGKILL');
    const asked = lookAtMember(endpoints[0]!, { tls: await cluster.issue('deisd') }, signal);
    await t.rejects(asked, { message: 'refused' });
    cluster.wipe();
    cluster.boot(0);
    await inForce();
    await t.rejects(writesRelease('router'), forbidden);
    const { registry } = await as('deisd');
    await t.resolves(registry.commit([], [put(keys.settings, ['router', 'x'], '1')], signal));
    await cluster.signal(0, 'SIGSTOP');
    const frozen = lookAtMember(endpoints[0]!, { tls: await cluster.issue('deisd') }, signal);
    await t.rejects(frozen, { message: 'silent for 2000 ms' });
    await cluster.signal(0, 'SIGCONT');
  });
});
