// Three controllers, one real etcd, everybody changes the same app at once: each change is done or refused, none is lost.

import t, { type Test } from 'tap';
import { type Reply, as, setUp } from './api.ts';
import { etcdForTests } from './on-etcd.ts';

t.test('everybody at once', async (t) => {
  const etcd = await etcdForTests();
  t.teardown(etcd.stop);
  const { admin, adminToken, first, another } = await setUp(t, {}, etcd.store);
  const controllers = [first, await another(), await another()];
  const callers = controllers.map((controller) => as(controller, adminToken));

  const race = async (t: Test, app: string, number: number): Promise<Reply[]> => {
    const before = (await admin('GET', `/v1/apps/${app}/releases/`)).json.count as number;
    const replies = await Promise.all(
      Array.from({ length: number }, (_, index) =>
        callers[index % callers.length]!('POST', `/v1/apps/${app}/config/`, {
          values: { [`KEY_${index}`]: String(index) },
        }),
      ),
    );
    const done = replies.filter(({ status }) => status === 201);
    const refused = replies.filter(({ status }) => status === 409);
    t.equal(done.length + refused.length, number, 'each is done or refused');
    for (const { json } of refused)
      t.match(json.error, /^Config changes already in progress\.\n/, 'and says why');
    const numbers = done.map(({ headers }) => Number(headers['deis-release']));
    numbers.sort((a, b) => a - b);
    t.same(
      numbers,
      numbers.map((_, index) => before + 1 + index),
      `${done.length} releases, every number once`,
    );
    const ledger = (await admin('GET', `/v1/apps/${app}/releases/?page_size=1000`)).json;
    t.same(
      ledger.results.map(({ version }: { version: number }) => version),
      Array.from({ length: before + done.length }, (_, index) => before + done.length - index),
      'the ledger has no gap and nothing that was refused',
    );
    const { values } = (await admin('GET', `/v1/apps/${app}/config/`)).json;
    t.same(
      Object.keys(values).toSorted(),
      replies.flatMap(({ status }, index) => (status === 201 ? [`KEY_${index}`] : [])).toSorted(),
      'nothing is lost',
    );
    return done;
  };

  await t.test('two hundred changes of config', async (t) => {
    await admin('POST', '/v1/apps/', { id: 'plain' });
    const done = await race(t, 'plain', 200);
    t.ok(done.length >= 20, `${done.length} of 200 were done`);
    t.comment(`${done.length} of 200 done, the others refused`);
  });

  await t.test('with containers to replace each time', async (t) => {
    await admin('POST', '/v1/apps/', { id: 'busy' });
    await admin('POST', '/v1/apps/busy/builds/', { image: 'busy', procfile: { web: 'run' } });
    const done = await race(t, 'busy', 12);
    t.ok(done.length > 0);
    const { results } = (await admin('GET', '/v1/apps/busy/containers/')).json;
    t.match(results, [{ release: `v${done.length + 2}`, state: 'up' }], 'the last one runs');
  });
});
