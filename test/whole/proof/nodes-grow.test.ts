// A cluster that begins with two machines and one member of the store is grown by hand to three: from then on any one of them may die.
// Then it shrinks again. The store answers all the time.

import t from 'tap';
import { wantedMembers } from '../../../src/machines/members/plan.ts';
import { bareMachine } from '../bare-machine.ts';
import { startLoad } from '../load.ts';
import { deployHello, eventually, platform } from '../platform.ts';
import { ETCDCTL } from '../store.ts';

const trial = process.env['DEIS_TEST_CLUSTER'];
const on = await platform({ name: trial ?? 'grow', machines: 2 });
const third = await bareMachine(on.root, on.name, 203, on.signal);
t.teardown(async () => {
  await third.down();
  if (trial === undefined) await on.down();
});
const all = [...on.context.machines.map(({ ip }) => ip), third.ip];
const [first, second] = on.context.machines;
if (!first || !second || on.context.machines.length !== 2) throw new Error('begins with two');

/** Addresses of those that vote, asked of whoever answers. */
async function voters(): Promise<string[]> {
  for (const ip of all) {
    const ask = ETCDCTL.replace('127.0.0.1', ip);
    const { code, stdout } = await on.exec(1, `${ask} --dial-timeout=1s member list`);
    if (code !== 0) continue;
    const lines = stdout.split('\n').filter(Boolean);
    const fields = lines.map((line) => line.split(', '));
    return fields
      .filter((line) => line.at(-1) === 'false')
      .map(([, , , url]) => new URL(url!).hostname);
  }
  throw new Error('no member of the store answers');
}

/** Looks at the members until it is stopped: how long the longest spell with an even number of voters was, ms. */
function watchVoters(): { stop: () => Promise<number> } {
  let ended = false;
  const look = async (): Promise<number> => {
    let [longest, since] = [0, undefined as number | undefined];
    while (!ended) {
      const count = (await voters()).length;
      const now = performance.now();
      since = count % 2 === 0 ? (since ?? now) : undefined;
      if (since !== undefined) longest = Math.max(longest, now - since);
    }
    return longest;
  };
  const looking = look();
  return {
    stop: async () => {
      ended = true;
      return await looking;
    },
  };
}

const answers = async (): Promise<boolean> => (await on.get('hello')).status === 200;
const load = () =>
  startLoad({ host: first.ip, port: 80, site: `hello.${on.context.domain}`, rate: 50 });

t.test('two machines have one member, three have three', { timeout: 500_000 }, async (t) => {
  await deployHello(on, 'hello', { web: 3 });
  await eventually('the app answers', 60, answers);
  t.equal((await voters()).length, wantedMembers(2));
  const [requests, watch] = [load(), watchVoters()];
  await on.mustDeisctl('nodes:create', third.ip);
  const [{ failures, answered }, even] = [await requests.stop(), await watch.stop()];
  t.same(failures.slice(0, 10), [], `0 failed of ${answered}`);
  t.strictSame((await voters()).toSorted(), all.toSorted());
  t.comment(`an even number of voters for ${Math.round(even)} ms`);
});

t.test('then a machine may die', { timeout: 300_000 }, async (t) => {
  await on.kill(second.name);
  try {
    await eventually('the store takes writes', 60, async () => {
      return (await on.deisctl('config', 'router', 'set', 'bodySize=3m')).code === 0;
    });
    await eventually('the app answers', 60, answers);
    const converged = await on.deisctl('formations', 'converge', '--json', '--timeout=60');
    t.equal(converged.code, 1);
    const reports = JSON.parse(converged.stdout) as { node: string; outcome: string }[];
    t.equal(reports.find(({ node }) => node === second.name)?.outcome, 'failed');
    t.ok(
      reports.every(({ node, outcome }) => node === second.name || outcome !== 'failed'),
      converged.stdout,
    );
  } finally {
    await on.boot(second.name);
  }
  await eventually('all is well again', 120, async () => {
    return (await on.deisctl('formations', 'converge', '--timeout=60')).code === 0;
  });
  await on.mustDeisctl('config', 'router', 'rm', 'bodySize');
  t.strictSame((await voters()).toSorted(), all.toSorted());
});

t.test('and it shrinks again', { timeout: 300_000 }, async (t) => {
  const [requests, watch] = [load(), watchVoters()];
  await on.mustDeisctl('nodes:destroy', 'bare-203');
  const [{ failures, answered }, even] = [await requests.stop(), await watch.stop()];
  t.same(failures.slice(0, 10), [], `0 failed of ${answered}`);
  const left = await voters();
  t.equal(left.length, wantedMembers(2));
  t.notOk(left.includes(third.ip));
  t.comment(`an even number of voters for ${Math.round(even)} ms`);
  await on.mustDeisctl('scale', 'router=2');
  t.ok(await answers());
});
