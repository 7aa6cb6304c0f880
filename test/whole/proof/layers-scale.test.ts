// A layer scaled 2 → 4 → 2 at 100 requests a second: none is lost, the oldest machines go first, and the store follows: an odd number of
// members that vote whenever a command has ended, a majority of them all the time.

import t from 'tap';
import { wantedMembers } from '../../../src/machines/members/plan.ts';
import { deployLive } from '../live-app.ts';
import { startLoad } from '../load.ts';
import { eventually, platform } from '../platform.ts';
import { ETCDCTL } from '../store.ts';

const on = await platform();
const home = on.context.machines[0]!;
const base = on.context.machines.length;

interface NodeRow {
  id: string;
  layer: string;
  address: string;
}
const layerNodes = async (): Promise<NodeRow[]> =>
  (JSON.parse(await on.mustDeisctl('nodes', 'list', '--json')) as NodeRow[]).filter(
    ({ layer }) => layer === 'runtime',
  );

interface Members {
  voters: string[];
  learners: number;
}
async function members(): Promise<Members> {
  const lines = (await on.sh(home.name, `${ETCDCTL} member list`)).split('\n').filter(Boolean);
  const fields = lines.map((line) => line.split(', '));
  return {
    voters: fields.filter(([, , , , , learner]) => learner !== 'true').map(([, , , url]) => url!),
    learners: fields.filter(([, , , , , learner]) => learner === 'true').length,
  };
}

const scale = (count: number) => on.mustDeisctl('layers', 'scale', `runtime=${count}`);

t.teardown(async () => {
  await on.deis('apps:destroy', '-a', 'crowd', '--confirm', 'crowd');
  await on.deisctl('layers', 'scale', 'runtime=0');
  await on.deisctl('layers', 'destroy', 'default', 'runtime');
});

t.test('two machines more: the store follows', { timeout: 300_000 }, async (t) => {
  await on.mustDeisctl('flavors', 'create', 'box', '--provider=local');
  await on.mustDeisctl('layers', 'create', 'default', 'runtime', '--flavor=box');
  await scale(2);
  t.strictSame(
    (await layerNodes()).map(({ id }) => id),
    ['default-runtime-1', 'default-runtime-2'],
  );
  const { voters, learners } = await members();
  t.equal(voters.length, wantedMembers(base + 2));
  t.equal(learners, 0);
});

t.test('2 → 4 → 2 under load', { timeout: 900_000 }, async (t) => {
  await deployLive(on, { crowd: { web: 4 } });
  const port = on.context.doors.http;
  const site = `crowd.${on.context.domain}`;
  const load = startLoad({ host: '127.0.0.1', port, site, rate: 100 });
  const seen: number[] = [];
  let over = false;
  const watching = (async () => {
    while (!over) {
      // Only a store with a majority answers this; a machine that is being added slows the box down.
      await eventually('the store answers', 30, async () => {
        seen.push((await members()).voters.length);
        return true;
      });
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  })();
  await scale(4);
  t.equal((await layerNodes()).length, 4);
  t.equal((await members()).voters.length, wantedMembers(base + 4), 'an odd number of members');
  await scale(2);
  t.strictSame(
    (await layerNodes()).map(({ id }) => id),
    ['default-runtime-3', 'default-runtime-4'],
    'the oldest went',
  );
  const after = await members();
  t.equal(after.voters.length, wantedMembers(base + 2));
  t.equal(after.learners, 0);
  const addresses = new Set([
    ...on.context.machines.map(({ ip }) => ip),
    ...(await layerNodes()).map(({ address }) => address),
  ]);
  t.ok(
    after.voters.every((url) => addresses.has(new URL(url).hostname)),
    'on machines that are there',
  );
  over = true;
  await watching;
  const { failures, answered } = await load.stop();
  t.comment(`voters seen: ${[...new Set(seen)].join(', ')}`);
  t.same(failures.slice(0, 10), [], `0 failed of ${answered}`);
});

t.test('everybody knows the members that are left', { timeout: 200_000 }, async (t) => {
  const { voters } = await members();
  const wanted = voters.map((url) => url.replace('2380', '2379')).toSorted();
  for (const { id } of [{ id: home.name }, ...(await layerNodes())]) {
    const told = JSON.parse(await on.sh(id, 'cat /etc/deis/machine.json')) as { etcd: string[] };
    t.strictSame(told.etcd.toSorted(), wanted, id);
  }
  await on.sh(home.name, 'systemctl restart deisd');
  const state = await eventually('its daemon is back', 60, async () => {
    const rows = JSON.parse(await on.mustDeisctl('machines', '--json')) as { state: string }[];
    return rows.length === base + 2 && rows.every((row) => row.state === 'ready') && 'ready';
  });
  t.equal(state, 'ready');
  await on.mustDeis('config:set', 'AFTER=1', '-a', 'crowd');
});
