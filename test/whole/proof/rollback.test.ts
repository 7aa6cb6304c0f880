// A rollback to another image while every registry is away: the machines still have it.

import t from 'tap';
import { deployLive } from '../live-app.ts';
import { startLoad } from '../load.ts';
import { platform } from '../platform.ts';

const on = await platform();
const APP = 'memory';
const site = `${APP}.${on.context.domain}`;

await deployLive(on, { [APP]: { web: 3 } });
t.teardown(async () => {
  await on.deisctl('start', 'registry');
  await on.deis('apps:destroy', '-a', APP, '--confirm', APP);
});

t.test('without a registry', { timeout: 300_000 }, async (t) => {
  const line = `web: ${on.hello.procfile['web']}`;
  await on.mustDeis('builds:create', on.hello.reference, '-a', APP, '-p', line);
  t.match((await on.get(APP)).body, /^Hello from/, 'another image is live');
  await on.mustDeisctl('stop', 'registry');
  const door = await on.exec(
    1,
    'curl -s -m 5 -o /dev/null -w %{http_code} http://127.0.0.1:5555/v2/',
  );
  t.notMatch(door.stdout, /200/, 'no registry answers');
  const { doors } = on.context;
  const load = startLoad({ host: '127.0.0.1', port: doors.http, site, rate: 50 });
  await on.mustDeis('rollback', '-a', APP);
  const { failures, answered } = await load.stop();
  t.same(failures, [], `0 failed of ${answered}`);
  t.match((await on.get(APP)).body, /^release v/, 'the image of the release before serves again');
  await on.mustDeisctl('start', 'registry');
});
