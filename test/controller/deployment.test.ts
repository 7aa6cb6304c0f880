// Deployments end to end over a pretend cluster: what is reported is what runs, whatever breaks on the way.

import t, { type Test } from 'tap';
import type { Store } from '../../src/ports/store.ts';
import { keys } from '../../src/registry/keys.ts';
import { type Setup, setUp } from './api.ts';
import type { PretendCluster } from './world.ts';

// They mostly wait, so they wait together.
t.jobs = 5;
const signal = AbortSignal.timeout(110_000);

/** An app with that many web containers, at v2. */
async function deployed({ admin }: Pick<Setup, 'admin'>, id: string, web: number): Promise<void> {
  await admin('POST', '/v1/apps/', { id });
  const built = await admin('POST', `/v1/apps/${id}/builds/`, {
    image: `${id}:1`,
    procfile: { web: 'serve', job: 'work' },
  });
  if (built.status !== 201) throw new Error(built.text);
  if (web === 1) return;
  const scaled = await admin('POST', `/v1/apps/${id}/scale/`, { web });
  if (scaled.status !== 204) throw new Error(scaled.text);
}

const units = (cluster: PretendCluster, app: string): string[] =>
  cluster.serving().filter((unit) => unit.startsWith(`${app}_`));

async function records(cluster: PretendCluster, app: string): Promise<string[]> {
  const { items } = await cluster.registry.list(keys.appUnits, [], signal);
  return items.map(({ ids }) => ids[0]!).filter((name) => name.startsWith(`${app}_`));
}

async function states(cluster: PretendCluster, app: string): Promise<string[]> {
  const { items } = await cluster.registry.list(keys.releases, [app], signal);
  return items
    .sort((a, b) => a.value.version - b.value.version)
    .map(({ value }) => `v${value.version} ${value.state}`);
}

async function eventually(
  t: Test,
  what: string,
  check: () => Promise<boolean> | boolean,
): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (await check()) return t.pass(what) as unknown as void;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  t.fail(what);
}

t.test('the whole life of an app', { buffered: true }, async (t) => {
  const setup = await setUp(t);
  const { admin, cluster } = setup;
  await deployed(setup, 'blog', 3);
  t.same(
    units(cluster, 'blog'),
    [1, 2, 3].map((num) => `blog_v2.web.${num}.service`),
  );

  cluster.fewestServing('blog');
  const config = await admin('POST', '/v1/apps/blog/config/', { values: { A: 'x' } });
  t.equal(config.status, 201, config.text);
  t.equal(config.headers['deis-release'], '3');
  t.ok(cluster.fewestServing('blog') >= 3, 'never fewer than three serve during a deployment');
  t.same(
    units(cluster, 'blog'),
    [1, 2, 3].map((num) => `blog_v3.web.${num}.service`),
  );
  await eventually(
    t,
    'records of old units are removed',
    async () => (await records(cluster, 'blog')).length === 3,
  );

  cluster.fewestServing('blog');
  const restarted = await admin('POST', '/v1/apps/blog/containers/restart/');
  t.equal(restarted.status, 200);
  t.equal(restarted.json.length, 3);
  t.ok(cluster.fewestServing('blog') >= 2, 'restarted one after the other');

  await admin('POST', '/v1/apps/blog/scale/', { web: 1, job: 1 });
  t.same(units(cluster, 'blog'), ['blog_v3.job.1.service', 'blog_v3.web.1.service']);
  cluster.fewestServing('blog');
  await admin('POST', '/v1/apps/blog/containers/web/restart/');
  t.ok(cluster.fewestServing('blog') >= 1, 'a single container gets a stand-in while it restarts');
  t.same(units(cluster, 'blog'), ['blog_v3.job.1.service', 'blog_v3.web.1.service']);

  const back = await admin('POST', '/v1/apps/blog/releases/rollback/');
  t.same(back.json, { version: 4 });
  t.same(await states(cluster, 'blog'), [
    'v1 superseded',
    'v2 superseded',
    'v3 superseded',
    'v4 live',
  ]);
  t.same((await admin('GET', '/v1/apps/blog/config/')).json.values, {});

  await admin('POST', '/v1/apps/blog/scale/', { web: 0, job: 0 });
  t.same(units(cluster, 'blog'), []);
  const rebuilt = await admin('POST', '/v1/apps/blog/builds/', {
    image: 'blog:2',
    procfile: { web: 'serve' },
  });
  t.equal(rebuilt.status, 201);
  t.same(units(cluster, 'blog'), [], 'scaled to zero stays at zero');

  t.equal((await admin('DELETE', '/v1/apps/blog/')).status, 204);
  t.equal((await admin('GET', '/v1/apps/blog/')).status, 404);
  for (const family of [keys.builds, keys.configs, keys.releases, keys.histories]) {
    const { entries } = await cluster.store.list(family.prefix, signal);
    t.same(entries, [], `${family.prefix} is empty`);
  }
  await deployed(setup, 'blog', 1);
  t.same(units(cluster, 'blog'), ['blog_v2.web.1.service'], 'made again, it begins anew');
});

t.test(
  'a container that does not come up brings the old release back',
  { buffered: true },
  async (t) => {
    const setup = await setUp(t);
    const { admin, cluster, said } = setup;
    await deployed(setup, 'blog', 2);
    const before = units(cluster, 'blog');
    cluster.behave(/_v3\.web\.2/, 'crashes');
    said.push({ process: 'web.2', line: 'Error: no database' });
    cluster.fewestServing('blog');
    const failed = await admin('POST', '/v1/apps/blog/config/', { values: { BAD: 'yes' } });
    t.equal(failed.status, 503);
    t.equal(failed.reason, 'SERVICE UNAVAILABLE');
    t.match(
      failed.json.detail,
      /web\.2 on name-m\d crashed 3 times: exit code 7\nIts last log lines:\n {2}Error: no database/,
    );
    t.same(units(cluster, 'blog'), before);
    t.equal(cluster.fewestServing('blog'), 2, 'the old side was not touched');
    t.same(await states(cluster, 'blog'), ['v1 superseded', 'v2 live', 'v3 failed']);
    t.match(
      (await admin('GET', '/v1/apps/blog/releases/')).json.results[0].summary,
      'ada added BAD (failed)',
    );
    t.match(
      (await admin('GET', '/v1/apps/blog/logs')).text,
      /blog\[deis-controller\]: deploy of v3 failed/,
    );
    await eventually(
      t,
      'records of the failed units are removed',
      async () => (await records(cluster, 'blog')).length === 2,
    );

    t.same((await admin('GET', '/v1/apps/blog/config/')).json.values, {});
    const next = await admin('POST', '/v1/apps/blog/config/', { values: { GOOD: 'yes' } });
    t.match(next.json.values, { GOOD: 'yes', DEIS_RELEASE: 'v4' });
    t.notOk('BAD' in next.json.values, 'what failed does not come back');
    const back = await admin('POST', '/v1/apps/blog/releases/rollback/', { version: 3 });
    t.equal(back.status, 400);
  },
);

t.test('what no machine may run is said at once', { buffered: true }, async (t) => {
  const setup = await setUp(t);
  const { admin, cluster } = setup;
  await deployed(setup, 'blog', 1);
  cluster.behave(/_v3\./, 'unschedulable');
  const failed = await admin('POST', '/v1/apps/blog/config/', { tags: { disk: 'ssd' } });
  t.equal(failed.status, 503);
  t.match(failed.json.detail, 'web.1 can run on no machine: no machine matches');
  t.same(units(cluster, 'blog'), ['blog_v2.web.1.service']);
});

t.test(
  'a failed scale or restart is reported and leaves the rest alone',
  { buffered: true },
  async (t) => {
    const setup = await setUp(t);
    const { admin, cluster } = setup;
    await deployed(setup, 'blog', 2);
    cluster.behave(/_v2\.web\.3/, 'crashes');
    t.equal((await admin('POST', '/v1/apps/blog/scale/', { web: 3 })).status, 503);
    t.same((await admin('GET', '/v1/apps/blog/')).json.structure, { web: 2 });
    t.equal(units(cluster, 'blog').length, 2);
    cluster.behave(/_v2\.web\.1/, 'crashes-on-restart');
    const restarted = await admin('POST', '/v1/apps/blog/containers/restart/');
    t.equal(restarted.status, 503);
    t.match(restarted.json.detail, /web\.1 on name-m\d crashed/);
    t.same(units(cluster, 'blog'), ['blog_v2.web.2.service'], 'the second was not touched');
  },
);

t.test(
  'no old container goes before every router has confirmed the new ones',
  { buffered: true },
  async (t) => {
    const setup = await setUp(t);
    const { admin, cluster } = setup;
    await deployed(setup, 'blog', 2);
    cluster.freezeRouters(true);
    let ended = false;
    const change = admin('POST', '/v1/apps/blog/config/', { values: { A: 'x' } }).finally(() => {
      ended = true;
    });
    await eventually(t, 'both sides serve', () => units(cluster, 'blog').length === 4);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    t.equal(units(cluster, 'blog').length, 4);
    t.notOk(ended);
    cluster.freezeRouters(false);
    t.equal((await change).status, 201);
    t.equal(units(cluster, 'blog').length, 2);
  },
);

t.test('changes of one app at once: none is lost', { buffered: true }, async (t) => {
  const setup = await setUp(t);
  const { cluster, admin, another } = setup;
  await deployed(setup, 'blog', 1);
  await admin('POST', '/v1/apps/', { id: 'idle' });
  const token = { authorization: await tokenOf(setup) };
  const second = await another();
  const replies = await Promise.all(
    ['A', 'B', 'C', 'D'].map((key, index) =>
      (index % 2 ? second : setup.first).call(
        'POST',
        '/v1/apps/blog/config/',
        { values: { [key]: '1' } },
        token,
      ),
    ),
  );
  const accepted = ['A', 'B', 'C', 'D'].filter((_key, index) => replies[index]!.status === 201);
  t.ok(accepted.length >= 1);
  for (const { status, json } of replies) {
    if (status === 201) continue;
    t.equal(status, 409);
    t.match(json.error, /^Config changes already in progress\.\n/);
  }
  t.same(Object.keys((await admin('GET', '/v1/apps/blog/config/')).json.values).sort(), accepted);
  t.equal((await states(cluster, 'blog')).length, 2 + accepted.length);

  const many = Array.from({ length: 12 }, (_, index) => `K${index}`);
  const quick = await Promise.all(
    many.map((key) => admin('POST', '/v1/apps/idle/config/', { values: { [key]: key } })),
  );
  t.same(
    quick.map(({ status }) => status),
    many.map(() => 201),
    'without containers nobody has to wait',
  );
  t.same(
    Object.keys((await admin('GET', '/v1/apps/idle/config/')).json.values).sort(),
    many.sort(),
  );
});

t.test(
  'a lost machine holds up neither a deployment nor the end of an app',
  { buffered: true },
  async (t) => {
    const setup = await setUp(t);
    const { admin, cluster } = setup;
    await deployed(setup, 'blog', 3);
    cluster.behave(/_v2\.web\.1/, 'never-stops');
    const change = admin('POST', '/v1/apps/blog/config/', { values: { A: 'x' } });
    await eventually(
      t,
      'two old ones are gone',
      () => units(cluster, 'blog').filter((unit) => unit.includes('_v2.')).length === 1,
    );
    const { items } = await cluster.registry.list(keys.placements, [], signal);
    await cluster.lose(items.find(({ ids }) => ids[1]!.startsWith('blog_v2.web.1'))!.ids[0]!);
    t.equal((await change).status, 201);
    t.ok(
      (await records(cluster, 'blog')).includes('blog_v2.web.1.service'),
      'its record waits for the machine',
    );
    t.equal((await admin('DELETE', '/v1/apps/blog/')).status, 204);
  },
);

t.test('an app is destroyed in the middle of a deployment', { buffered: true }, async (t) => {
  const setup = await setUp(t);
  const { admin, cluster } = setup;
  await deployed(setup, 'blog', 2);
  cluster.behave(/_v3\./, 'never-healthy');
  const change = admin('POST', '/v1/apps/blog/config/', { values: { A: 'x' } });
  await eventually(t, 'it began', async () => (await records(cluster, 'blog')).length === 4);
  t.equal((await admin('DELETE', '/v1/apps/blog/')).status, 204);
  t.equal((await change).status, 409);
  await eventually(t, 'nothing is left', async () => (await records(cluster, 'blog')).length === 0);
});

t.test(
  'killed at every write, a deployment is carried on by another controller',
  { buffered: true },
  async (t) => {
    const writes = [1, 2, 3, 4, 5, 6, 7];
    const cases = writes.flatMap((write) => [
      { app: `before${write}`, write, when: 'before' as const },
      { app: `after${write}`, write, when: 'after' as const },
    ]);
    let settingUp = true;
    const setup = await setUp(t, { drives: () => settingUp });
    const { cluster, another } = setup;
    await Promise.all(cases.map(({ app }) => deployed(setup, app, 2)));
    settingUp = false;
    const authorization = await tokenOf(setup);
    await Promise.all(
      cases.map(async ({ app, write, when }) => {
        const killed = Promise.withResolvers<void>();
        const controller = await another({
          drives: (lock) => lock === `deployment-${app}`,
          through: (store) => dying(store, app, write, when, killed.resolve),
        });
        cluster.fewestServing(app);
        void controller
          .call('POST', `/v1/apps/${app}/config/`, { values: { A: 'x' } }, { authorization })
          .catch(() => undefined);
        await killed.promise;
        await controller.kill();
      }),
    );
    await another();
    for (const { app, write, when } of cases) {
      const begun = !(write === 1 && when === 'before');
      const version = begun ? 3 : 2;
      const wanted = [1, 2].map((num) => `${app}_v${version}.web.${num}.service`);
      await eventually(t, `${app}: all of v${version}, nothing else`, async () => {
        const present = await records(cluster, app);
        return String(present) === String(wanted) && String(units(cluster, app)) === String(wanted);
      });
      t.same(await states(cluster, app), [
        'v1 superseded',
        ...(begun ? ['v2 superseded', 'v3 live'] : ['v2 live']),
      ]);
      t.ok(cluster.fewestServing(app) >= 2, `${app}: never fewer than two served`);
    }
  },
);

/** A store whose connection dies at the n-th write about the app: before it arrives, or before its answer comes back. */
function dying(
  store: PretendCluster['store'],
  app: string,
  write: number,
  when: 'before' | 'after',
  died: () => void,
): Store {
  let count = 0;
  const about = (key: string): boolean =>
    key === keys.deployments.key(app) || key.startsWith(`${keys.appUnits.prefix}${app}_`);
  return {
    ...store,
    commit: async (transaction, commitSignal) => {
      const counts = transaction.writes.some((one) => one.kind === 'put' && about(one.key));
      if (counts) count += 1;
      if (counts && count === write) {
        if (when === 'after') await store.commit(transaction, signal);
        store.sever();
        died();
      }
      return store.commit(transaction, commitSignal);
    },
  };
}

async function tokenOf({ first }: Pick<Setup, 'first'>): Promise<string> {
  const login = await first.call('POST', '/v1/auth/login/', {
    username: 'ada',
    password: 'secret',
  });
  return `token ${login.json.token}`;
}
