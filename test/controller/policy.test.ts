// What an app decides about its own deployments: batches, pausing instead of reverting, cancel and resume, the release phase.

import t, { type Test } from 'tap';
import { keys } from '../../src/registry/keys.ts';
import { LastLines } from '../../src/controller/deployment/last-lines.ts';
import { parsePolicyValue } from '../../src/model/deploy-policy.ts';
import { type Setup, setUp } from './api.ts';
import { type RunEnd, machinesAlive, pretendRuns } from './runs.ts';

t.jobs = 6;
const signal = AbortSignal.timeout(100_000);

async function deployed({ admin }: Setup, procfile: Record<string, string>, web = 1) {
  await admin('POST', '/v1/apps/', { id: 'blog' });
  const built = await admin('POST', '/v1/apps/blog/builds/', { image: 'blog:1', procfile });
  if (built.status === 201 && web > 1) await admin('POST', '/v1/apps/blog/scale/', { web });
  return built;
}

async function until(t: Test, what: string, check: () => Promise<boolean> | boolean) {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    if (await check()) return void t.pass(what);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  t.fail(what);
}

const stepOf = async ({ cluster }: Setup): Promise<string> =>
  (await cluster.registry.get(keys.deployments, ['blog'], signal))?.value.step ?? '';
const serving = ({ cluster }: Setup): string[] =>
  cluster.serving().map((unit) => unit.replace('.service', ''));

t.test('settings are checked, merged and shown', { buffered: true }, async (t) => {
  const setup = await setUp(t);
  const { admin } = setup;
  await admin('POST', '/v1/apps/', { id: 'blog' });
  const path = '/v2/apps/blog/policy';
  t.match((await admin('GET', path)).json, { policy: { deadline: 120, batch: 0 }, set: {} });
  t.equal((await admin('PATCH', path, { batch: 2, stopTimeout: 3 })).status, 200);
  const changed = await admin('PATCH', path, { batch: null, autoRevert: false });
  t.same(changed.json.set, { stopTimeout: 3, autoRevert: false });
  t.match(changed.json.policy, { batch: 0, stopTimeout: 3, autoRevert: false });
  t.equal((await admin('PATCH', path, { batch: -1 })).status, 400);
  t.equal((await admin('PUT', path, { nothing: 1 })).status, 400);
  t.same((await admin('PUT', path, { drainTimeout: 7 })).json.set, { drainTimeout: 7 });
  await admin('POST', '/v1/apps/blog/builds/', { image: 'blog:1', procfile: { web: 'x' } });
  const { items } = await setup.cluster.registry.list(keys.appUnits, [], signal);
  t.match(items[0]!.value.process, { drainTimeout: 7, stopTimeout: 10 });
  t.equal((await admin('DELETE', '/v1/apps/blog/')).status, 204);
  for (const family of [keys.policies, keys.pastDeployments])
    t.same((await setup.cluster.store.list(family.prefix, signal)).entries, []);
  t.same(parsePolicyValue('autoRevert', 'off'), { name: 'autoRevert', value: false });
  t.ok('problem' in parsePolicyValue('deadline', '1'));
  t.ok('problem' in parsePolicyValue('speed', '1'));
});

t.test('who asks to be left alone at first gets that time', { buffered: true }, async (t) => {
  const setup = await setUp(t);
  const { admin, cluster } = setup;
  await deployed(setup, { web: 'x' }, 2);
  const values = { HEALTHCHECK_INITIAL_DELAY: '300' };
  for (const [what, body] of [
    ['config', { values }],
    ['scale', { web: 3 }],
    ['containers/restart', {}],
  ] as const) {
    const { status } = await admin('POST', `/v1/apps/blog/${what}/`, body);
    t.ok(status < 300, `${what}: ${status}`);
    const record = (await cluster.registry.get(keys.deployments, ['blog'], signal))!.value;
    t.ok(record.startSeconds! >= 420, `${what}: ${record.startSeconds} s`);
  }
});

t.test(
  'a batch is never exceeded, and old ones go only at the end',
  { buffered: true },
  async (t) => {
    const setup = await setUp(t);
    const { admin, cluster } = setup;
    await deployed(setup, { web: 'x' }, 5);
    await admin('PATCH', '/v2/apps/blog/policy', { batch: 2, minHealthy: 0 });
    let most = 0;
    let changing = true;
    const watching = (async () => {
      while (changing) {
        const { items } = await cluster.registry.list(keys.appUnits, [], signal);
        const up = new Set(cluster.serving());
        const coming = items.filter(
          ({ value }) => value.name.startsWith('blog_v3') && !up.has(value.name),
        );
        most = Math.max(most, coming.length);
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
    })();
    cluster.fewestServing('blog');
    t.equal((await admin('POST', '/v1/apps/blog/config/', { values: { A: '1' } })).status, 201);
    changing = false;
    await watching;
    t.ok(most >= 1 && most <= 2, `at most two came up at once: ${most}`);
    t.ok(cluster.fewestServing('blog') >= 5);
    t.equal(serving(setup).length, 5);
  },
);

t.test(
  'without autoRevert a failure pauses; resumed it may end well',
  { buffered: true },
  async (t) => {
    const setup = await setUp(t);
    const { admin, cluster } = setup;
    await deployed(setup, { web: 'x' }, 2);
    await admin('PATCH', '/v2/apps/blog/policy', { autoRevert: false });
    cluster.behave(/_v3\.web\.2/, 'crashes');
    const failed = await admin('POST', '/v1/apps/blog/config/', { values: { A: '1' } });
    t.equal(failed.status, 503);
    t.match(failed.json.detail, /web\.2 on name-m\d crashed[^]*deis deploy:resume/);
    t.equal(await stepOf(setup), 'paused');
    t.equal(serving(setup).filter((unit) => unit.includes('_v2.')).length, 2, 'old ones serve on');
    const refused = await admin('POST', '/v1/apps/blog/config/', { values: { B: '1' } });
    t.equal(refused.status, 409);
    t.match(refused.json.error, 'deis deploy:cancel');
    cluster.behave(/_v3\.web\.2/, 'well');
    const resumed = await admin('POST', '/v2/apps/blog/deployment/resume');
    t.equal(resumed.status, 200, resumed.text);
    await until(t, 'it ends well', async () => (await stepOf(setup)) === 'done');
    t.same(serving(setup), ['blog_v3.web.1', 'blog_v3.web.2']);
    t.equal((await admin('POST', '/v2/apps/blog/deployment/resume')).status, 409);
    const past = await admin('GET', '/v2/apps/blog/deployments');
    t.match(past.json.results[0], { kind: 'deploy', from: 2, to: 3, step: 'done' });
    t.ok(
      past.json.results[0].events.some(
        ({ reason }: { reason: string }) => reason === 'resumed by ada',
      ),
    );
  },
);

t.test(
  'cancelled before the commit point, everything is as before',
  { buffered: true },
  async (t) => {
    const setup = await setUp(t);
    const { admin, cluster } = setup;
    await deployed(setup, { web: 'x' }, 2);
    cluster.behave(/_v3\./, 'never-healthy');
    const change = admin('POST', '/v1/apps/blog/config/', { values: { A: '1' } });
    await until(t, 'it starts', async () => (await stepOf(setup)) === 'starting');
    const cancel = await admin('POST', '/v2/apps/blog/deployment/cancel');
    t.match(cancel.json, { step: 'reverted', failure: 'The deploy was cancelled by ada.' });
    t.equal((await change).status, 503);
    t.same(serving(setup), ['blog_v2.web.1', 'blog_v2.web.2']);
    const { items } = await cluster.registry.list(keys.releases, ['blog'], signal);
    t.equal(items.find(({ value }) => value.version === 3)?.value.state, 'failed');
    const late = await admin('POST', '/v2/apps/blog/deployment/cancel');
    t.equal(late.status, 409);
    t.match(late.json.detail, 'nothing to cancel');

    cluster.behave(/_v2\.web\.1/, 'never-stops');
    const next = admin('POST', '/v1/apps/blog/config/', { values: { A: '2' } });
    await until(t, 'old ones go', async () => (await stepOf(setup)) === 'withdrawing');
    const tooLate = await admin('POST', '/v2/apps/blog/deployment/cancel');
    t.equal(tooLate.status, 409);
    t.match(tooLate.json.detail, /too late: v4 serves[^]*deis rollback v2/);
    cluster.behave(/_v2\.web\.1/, 'well');
    const machine = (await cluster.registry.list(keys.placements, [], signal)).items.find(
      ({ ids }) => ids[1] === 'blog_v2.web.1.service',
    )!.ids[0]!;
    await cluster.lose(machine);
    t.equal((await next).status, 201);
  },
);

t.test('the release phase runs first, once for each release', { buffered: true }, async (t) => {
  let end: RunEnd = { code: 0 };
  const runs = pretendRuns(() => end);
  const setup = await setUp(t, { runs });
  const { admin, cluster } = setup;
  await machinesAlive(cluster);
  const built = await deployed(setup, { web: 'x', release: './migrate' });
  t.equal(built.status, 201, built.text);
  t.match(runs.orders[0], {
    logged: true,
    detach: false,
    process: { type: 'release', release: 2, entrypoint: ['/bin/sh'] },
  });
  t.equal(runs.orders[0]!.process.command?.at(-1), './migrate');
  t.same(serving(setup), ['blog_v2.web.1']);
  t.equal(
    (await admin('POST', '/v1/apps/blog/scale/', { release: 1 })).status,
    400,
    'never scaled',
  );
  t.equal((await admin('POST', '/v1/apps/blog/scale/', { web: 2 })).status, 204);
  t.equal(runs.orders.length, 1, 'scaling makes no release');

  end = { code: 137, says: 'migrating\nno memory\n' };
  cluster.fewestServing('blog');
  const failed = await admin('POST', '/v1/apps/blog/config/', { values: { A: '1' } });
  t.equal(failed.status, 503);
  t.match(
    failed.json.detail,
    /the release phase, release\.\S+ on name-m\d, ended with exit code 137 \(killed with SIGKILL: out of memory[^]*\n {2}migrating\n {2}no memory/,
  );
  t.same(serving(setup), ['blog_v2.web.1', 'blog_v2.web.2'], 'nothing was touched');
  const { items } = await cluster.registry.list(keys.appUnits, [], signal);
  t.notOk(
    items.some(({ value }) => value.name.includes('_v3.')),
    'nothing was started',
  );
  const past = await admin('GET', '/v2/apps/blog/deployments');
  t.same(
    past.json.results[0].events.map(({ step }: { step: string }) => step),
    ['queued', 'releasing', 'reverting', 'reverted'],
  );

  let lost = 1;
  const third = pretendRuns(() => (lost-- > 0 ? 'lost' : { code: 0 }));
  runs.open = (...all) => third.open(...all);
  t.equal((await admin('POST', '/v1/apps/blog/config/', { values: { A: '2' } })).status, 201);
  t.equal(third.orders.length, 2, 'a machine that was lost in the middle is replaced by another');

  const hanging = pretendRuns(() => 'hangs');
  runs.open = (...all) => hanging.open(...all);
  await admin('PATCH', '/v2/apps/blog/policy', { releaseTimeout: 1 });
  const late = await admin('POST', '/v1/apps/blog/config/', { values: { A: '3' } });
  t.match(late.json.detail, 'the release phase has not ended in time');
  await until(t, 'and is broken off', () => hanging.givenUp() === 1);
});

t.test(
  'a controller killed in the release phase: another runs it again',
  { buffered: true },
  async (t) => {
    let settingUp = true;
    const setup = await setUp(t, {
      drives: () => settingUp,
      runs: pretendRuns(() => ({ code: 0 })),
    });
    await machinesAlive(setup.cluster);
    await deployed(setup, { web: 'x', release: './migrate' }, 2);
    settingUp = false;
    const hanging = pretendRuns(() => 'hangs');
    const doomed = await setup.another({ runs: hanging });
    const change = setup.admin('POST', '/v1/apps/blog/config/', { values: { A: '1' } });
    await until(t, 'it runs', () => hanging.orders.length === 1);
    setup.cluster.fewestServing('blog');
    await doomed.kill();
    await until(t, 'and is broken off', () => hanging.givenUp() === 1);
    const again = pretendRuns(() => ({ code: 0 }));
    await setup.another({ runs: again });
    t.equal((await change).status, 201);
    t.equal(again.orders.length, 1);
    t.ok(setup.cluster.fewestServing('blog') >= 2);
    t.same(serving(setup), ['blog_v3.web.1', 'blog_v3.web.2']);
  },
);

t.test('the last lines of an output', async (t) => {
  const last = new LastLines();
  t.same(last.lines(), []);
  for (let line = 1; line <= 5000; line += 1) last.add(Buffer.from(`line ${line}\n`));
  t.same(last.lines().length, 10);
  t.equal(last.lines().at(-1), 'line 5000');
});
