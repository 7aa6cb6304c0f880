// Any one machine without power: what ran there runs elsewhere, apps can be scaled and pushed, no image is lost. Each machine in
// turn, the one with the builder first.

import t from 'tap';
import { dockerfileApp, staticApp } from '../apps-to-push.ts';
import { appUnits, eventually, platform, type UnitRow } from '../platform.ts';
import { appToPush } from '../pushed-app.ts';

const on = await platform();
const { run, ann, app, directory, push, body } = await appToPush(on, 'down');
const page = `page-${run}`;
const pages = await ann.repository(staticApp('one'));
await ann.create(pages, page);
t.teardown(() => on.deis('apps:destroy', '-a', page, '--confirm', page));

const rows = async () => JSON.parse(await on.mustDeisctl('list', '--json')) as UnitRow[];
const builderIp = async () =>
  (await rows()).find(({ unit }) => unit.startsWith('deis-builder@'))?.ip;

/** Units that run, by all that `deisctl list` says. */
const whole = (all: UnitRow[]): boolean =>
  all.length > 0 && all.every(({ sub }) => sub === 'running');

t.test('both apps run, each image is on all machines', async (t) => {
  for (const where of [directory, pages]) {
    const { code, stderr } = await push(where);
    t.equal(code, 0, stderr);
  }
  await on.mustDeis('ps:scale', 'cmd=3', '-a', app);
  await on.mustDeis('ps:scale', 'web=3', '-a', page);
});

const first = await builderIp();
const machines = on.context.machines.toSorted(
  (a, b) => Number(b.ip === first) - Number(a.ip === first),
);

for (const [turn, victim] of machines.entries()) {
  t.test(`${victim.name} without power`, async (t) => {
    const hadBuilder = (await builderIp()) === victim.ip;
    t.comment(hadBuilder ? 'with the builder' : 'without the builder');
    if (turn === 0) t.ok(hadBuilder);
    await on.kill(victim.name);
    const began = performance.now();
    const seconds = () => ((performance.now() - began) / 1000).toFixed(1);
    t.teardown(async () => {
      await on.boot(victim.name);
      await eventually('all is back', 180, async () => whole(await rows()));
    });
    for (const one of [app, page]) {
      await eventually(`${one} runs elsewhere`, 90, async () => {
        const units = await appUnits(on, one);
        const running = units.filter(({ ip, sub }) => ip !== victim.ip && sub === 'running');
        return running.length === 3;
      });
    }
    t.comment(`placed elsewhere after ${seconds()} s`);
    await on.mustDeis('ps:scale', 'cmd=4', '-a', app);
    await on.mustDeis('ps:scale', 'cmd=3', '-a', app);
    t.comment(`scaled after ${seconds()} s`);
    const word = `word ${turn}`;
    await ann.commit(directory, dockerfileApp(word));
    await ann.commit(pages, staticApp(word));
    // Until a builder runs again, pushes end with a word; what that builder lacks is sent once more.
    for (const where of [directory, pages]) {
      await eventually('a push', 120, async () => (await push(where)).code === 0);
      t.comment(`pushed after ${seconds()} s`);
    }
    for (const one of [app, page]) t.equal(await body(one), word);
  });
}
