// A host with an sshd and nothing of ours becomes a machine of the cluster by one command, and is itself again after another one.

import t from 'tap';
import { bareMachine } from '../bare-machine.ts';
import { timed } from '../pace.ts';
import { appUnits, deployHello, eventually, platform } from '../platform.ts';

const on = await platform();
const bare = await bareMachine(on.root, on.name, 200, on.signal);
t.teardown(() => bare.down());
const before = await bare.inventory();

interface NodeRow {
  id: string;
  address: string;
  state: string;
  formation: string;
  provider: string;
}

t.test('what is in the way is said before anything is changed', async (t) => {
  const { code, stderr } = await on.deisctl('nodes:create', `nobody@${bare.ip}`);
  t.not(code, 0);
  t.match(stderr, /takes none of the keys/);
  const silent = await on.deisctl('nodes', 'create', `${bare.ip}:23`);
  t.match(silent.stderr, /does not answer on port 23/);
  t.strictSame(await bare.inventory(), before);
});

t.test('a bare host joins as the fourth node', async (t) => {
  const { seconds, bound } = await timed(60, () => on.mustDeisctl('nodes:create', bare.ip));
  t.ok(seconds <= bound, `${seconds.toFixed(1)} s, bound ${bound.toFixed(0)} s`);
  const rows = JSON.parse(await on.mustDeisctl('nodes', 'list', '--json')) as NodeRow[];
  t.equal(rows.length, on.context.machines.length + 1);
  t.match(
    rows.find(({ id }) => id === 'bare-200'),
    { address: bare.ip, state: 'ready', formation: 'default', provider: 'ssh' },
  );
  const members = await on.sh(
    1,
    'ETCDCTL_API=3 etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/deis/tls/ca.crt --cert /etc/deis/tls/deisd.crt --key /etc/deis/tls/deisd.key member list',
  );
  t.equal(members.split('\n').length % 2, 1, 'an odd number of members');
  t.notMatch(members, bare.ip);
});

t.test('it runs containers of apps', async (t) => {
  await deployHello(on, 'wide', { web: on.context.machines.length + 1 });
  const units = await eventually('a container on the new node', 30, async () => {
    const found = await appUnits(on, 'wide');
    return found.some(({ ip, active }) => ip === bare.ip && active === 'active') && found;
  });
  t.equal(new Set(units.map(({ machine }) => machine)).size, on.context.machines.length + 1);
});

t.test('it leaves, and nothing of ours is there', async (t) => {
  await on.mustDeisctl('nodes:destroy', 'bare-200');
  const rows = JSON.parse(await on.mustDeisctl('nodes', 'list', '--json')) as NodeRow[];
  t.notOk(rows.some(({ id }) => id === 'bare-200'));
  t.strictSame(await bare.inventory(), before);
  t.equal(await bare.sh('docker ps -aq; docker images -q; iptables-save | grep DEIS; true'), '');
  t.notMatch(await bare.sh('systemctl list-units --all --plain --no-legend; ps -e'), /deis/);
  const units = await appUnits(on, 'wide');
  t.ok(units.every(({ active }) => active === 'active'));
  await on.mustDeis('apps:destroy', '-a', 'wide', '--confirm', 'wide');
});
