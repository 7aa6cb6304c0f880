// Hosts that joined carry members of the store, too: two more machines bring it from three members to five, and when they leave it has
// three again and nothing of it is left on them.

import t from 'tap';
import { wantedMembers } from '../../../src/machines/members/plan.ts';
import { bareMachine } from '../bare-machine.ts';
import { platform } from '../platform.ts';
import { ETCDCTL } from '../store.ts';

const on = await platform();
const bare = [
  await bareMachine(on.root, on.name, 201, on.signal),
  await bareMachine(on.root, on.name, 202, on.signal),
];
t.teardown(async () => {
  for (const one of bare) await one.down();
});
const before = await Promise.all(bare.map((one) => one.inventory()));
const base = on.context.machines.length;

async function voters(): Promise<string[]> {
  const lines = (await on.sh(1, `${ETCDCTL} member list`)).split('\n').filter(Boolean);
  const fields = lines.map((line) => line.split(', '));
  return fields
    .filter((line) => line.at(-1) === 'false')
    .map(([, , , url]) => new URL(url!).hostname);
}

t.test('the store spreads to hosts that joined', { timeout: 600_000 }, async (t) => {
  for (const { ip } of bare) await on.mustDeisctl('nodes:create', ip);
  const now = await voters();
  t.equal(now.length, wantedMembers(base + 2));
  const joined = now.filter((ip) => bare.some((one) => one.ip === ip));
  t.equal(joined.length, wantedMembers(base + 2) - wantedMembers(base));
  for (const one of bare.filter(({ ip }) => joined.includes(ip))) {
    t.equal((await one.sh('systemctl is-active etcd')).trim(), 'active');
  }
  await on.mustDeisctl('config', 'router', 'set', 'bodySize=2m');
});

t.test('and comes home when they leave', { timeout: 600_000 }, async (t) => {
  await on.mustDeisctl('nodes:destroy', 'bare-201');
  t.equal((await voters()).length, wantedMembers(base + 1));
  await on.mustDeisctl('nodes:destroy', 'bare-202');
  const left = await voters();
  t.equal(left.length, wantedMembers(base));
  t.notOk(left.some((ip) => bare.some((one) => one.ip === ip)));
  for (const [at, one] of bare.entries()) {
    t.strictSame(await one.inventory(), before[at]);
    t.notMatch(await one.sh('systemctl list-units --all --plain --no-legend; ps -e'), /etcd|deis/);
  }
  await on.mustDeisctl('config', 'router', 'rm', 'bodySize');
});
