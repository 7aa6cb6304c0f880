// `X-Deis-Dry-Run`: what a change would do, told without doing it; what cannot be tried is refused, not done.

import t from 'tap';
import { textDiff } from '../../src/model/text-diff.ts';
import { keys } from '../../src/registry/keys.ts';
import { put } from '../../src/registry/registry.ts';
import { setUp } from './api.ts';

const signal = AbortSignal.timeout(60_000);
const TRY = { 'x-deis-dry-run': 'yes' };

t.test('a diff shows what differs and a little around it', async (t) => {
  t.same(textDiff('a\nb', 'a\nb'), []);
  t.same(textDiff('1\n2\n3\n4\n5\n6', '1\n2\n3\nfour\n5\n6'), [
    '  2',
    '  3',
    '- 4',
    '+ four',
    '  5',
    '  6',
  ]);
  t.same(textDiff('', 'x'), ['-', '+ x']);
});

t.test('a change that is only tried', async (t) => {
  const { admin, cluster } = await setUp(t);
  const { registry } = cluster;
  const GB = 1024 ** 3;
  for (const [index, id] of ['m1', 'm2', 'm3'].entries()) {
    const machine = {
      id,
      name: `ada-${index + 1}`,
      ip: `10.0.0.${index + 1}`,
      metadata: {},
      capacity: { memory: 4 * GB, cpus: 2 },
      api: '',
      bootId: '',
      versions: { deisd: '1', systemd: 252, engine: '20' },
    };
    const alive = { session: id, since: '' };
    await registry.commit(
      [],
      [put(keys.machines, [id], machine), put(keys.alive, [id], alive)],
      signal,
    );
  }
  await admin('POST', '/v1/apps/', { id: 'blog' });
  await admin('POST', '/v1/apps/blog/builds/', { image: 'blog:1', procfile: { web: 'serve' } });
  await admin('POST', '/v1/apps/blog/scale/', { web: 2 });
  const everything = async (): Promise<string> => {
    const { entries } = await registry.store.list('/deis/', signal);
    return JSON.stringify(entries.map(({ key, modRevision }) => [key, modRevision]));
  };
  const before = await everything();

  const config = await admin(
    'POST',
    '/v1/apps/blog/config/',
    { values: { A: '1' }, memory: { web: '1G' } },
    TRY,
  );
  t.equal(config.status, 200);
  t.equal(config.headers['x-deis-dry-run'], 'yes');
  t.match(config.json, { dry_run: true, kind: 'deploy', from: 2, to: 3 });
  t.same(
    config.json.start.map(({ unit }: { unit: string }) => unit),
    ['blog_v3.web.1.service', 'blog_v3.web.2.service'],
  );
  t.ok(
    config.json.start.every(
      ({ machine, reason }: Record<string, string>) => /^ada-\d$/.test(machine!) && reason,
    ),
  );
  t.match(config.json.unit_diff.join('\n'), /- # memory: no limit\n\+ # memory: 1G/);
  t.match(
    config.json.unit_diff.join('\n'),
    /- Description=blog v2 web\.1\n\+ Description=blog v3 web\.1/,
  );
  t.match(config.json.text.join('\n'), /Machines\n {2}ada-1: /);
  t.match(config.json.host_diff.join('\n'), /\+ {5}server 10\.0\.0\.\d:<its port>;/);

  const scale = await admin('POST', '/v1/apps/blog/scale/', { web: 1 }, TRY);
  t.match(scale.json, {
    kind: 'scale',
    from: 2,
    to: 2,
    start: [],
    stop: ['blog_v2.web.2.service'],
  });
  const restart = await admin('POST', '/v1/apps/blog/containers/restart/', {}, TRY);
  t.same(restart.json.restart, ['blog_v2.web.1.service', 'blog_v2.web.2.service']);
  const tooBig = await admin('POST', '/v1/apps/blog/scale/', { web: 3 }, TRY);
  t.equal(tooBig.json.start.length, 1);
  const build = await admin(
    'POST',
    '/v1/apps/blog/builds/',
    { image: 'blog:2', procfile: { web: 'serve', release: 'migrate' } },
    TRY,
  );
  t.match(build.json.steps[0], 'run the release phase: migrate');
  t.equal(
    (await admin('POST', '/v1/apps/blog/releases/rollback/', {}, TRY)).status,
    400,
    'as it would be refused',
  );
  t.equal((await admin('POST', '/v1/apps/blog/scale/', { web: 'x' }, TRY)).status, 400);

  t.equal((await admin('DELETE', '/v1/apps/blog/', undefined, TRY)).status, 400);
  t.equal((await admin('POST', '/v1/apps/', { id: 'other' }, TRY)).status, 400);
  t.equal((await admin('GET', '/v1/apps/blog/', undefined, TRY)).status, 200);
  t.equal(await everything(), before, 'nothing was written');
});
