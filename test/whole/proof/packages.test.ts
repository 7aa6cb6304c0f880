// What `npm run release` makes for machines: the archive and the Debian package each turn a host into a node; the package is changed for
// another version, and taken away. A release is made of the whole checkout, with its packages.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { bareMachine, type BareMachine } from '../bare-machine.ts';
import { appUnits, deployHello, eventually, platform } from '../platform.ts';
import { releaseFolder } from '../released.ts';

const on = await platform();
const target = await releaseFolder(on.root);
const { version } = JSON.parse(await readFile(join(on.root, 'package.json'), 'utf8')) as {
  version: string;
};
const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
const archive = `deis-${version}-linux-${process.arch}.tar.gz`;
const debian = `deis-node_${version}_${architecture}.deb`;

/** Joins a host that has the program already, and shows that it works; its time is that of the joining. */
async function becomesNode(
  t: Test,
  machine: BareMachine,
  name: string,
  whileNode: () => Promise<void> = async () => undefined,
): Promise<void> {
  const before = await machine.sh('cat /opt/deis-versions/*/VERSION');
  const { stderr } = await on.deisctl('nodes:create', machine.ip);
  t.comment(stderr);
  t.equal(
    await machine.sh('cat /opt/deis-versions/*/VERSION'),
    before,
    'nothing was brought along',
  );
  t.match(await machine.sh('systemctl is-active deisd'), 'active');
  t.match(await machine.sh('/opt/deis/bin/deisd --version'), version);
  const count = on.context.machines.length + 1;
  await deployHello(on, 'packed', { web: count });
  await eventually(`a container on ${name}`, 30, async () => {
    const units = await appUnits(on, 'packed');
    return units.some(({ ip, active }) => ip === machine.ip && active === 'active');
  });
  await whileNode();
  await on.mustDeis('apps:destroy', '-a', 'packed', '--confirm', 'packed');
  await on.mustDeisctl('nodes:destroy', name);
}

t.test('the archive makes a node', { timeout: 900_000 }, async (t) => {
  const machine = await bareMachine(on.root, on.name, 220, on.signal);
  t.teardown(() => machine.down());
  await machine.give(join(target, archive), `/root/${archive}`);
  await machine.sh(`set -e
mkdir -p /opt/deis-versions/new
tar -xzf /root/${archive} -C /opt/deis-versions/new --no-same-owner
mv /opt/deis-versions/new /opt/deis-versions/$(cat /opt/deis-versions/new/VERSION)
rm /root/${archive}`);
  await becomesNode(t, machine, 'bare-220');
  t.match(await machine.sh('ls /opt/deis-versions'), /^[0-9a-f]{16}$/, 'what was there stays');
});

/** The same package as another version has it: other files below another name. */
async function otherVersion(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'deis-deb-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const made = join(folder, 'newer.deb');
  await execa('sh', [
    '-euc',
    `dpkg-deb -R "$1" "$2/tree"; cd "$2/tree"
sed -i 's/^Version: .*/Version: ${version}.1/' DEBIAN/control
old=$(ls opt/deis-versions); new=$(printf %s "$old" | tr 0-9a-f 1-9a-f0)
mv "opt/deis-versions/$old" "opt/deis-versions/$new"; echo "$new" > "opt/deis-versions/$new/VERSION"
ln -sfn "/opt/deis-versions/$new" opt/deis
dpkg-deb --root-owner-group -Znone --build . "$3" >/dev/null`,
    'sh',
    join(target, debian),
    folder,
    made,
  ]);
  return made;
}

t.test('the Debian package makes a node', { timeout: 900_000 }, async (t) => {
  const machine = await bareMachine(on.root, on.name, 221, on.signal);
  t.teardown(() => machine.down());
  const before = await machine.inventory();
  await machine.give(join(target, debian), `/root/${debian}`);
  const first = await machine.sh(`dpkg -i /root/${debian} 2>&1`);
  t.match(first, /deisctl nodes create/);
  t.match(await machine.sh(`dpkg -i /root/${debian} 2>&1`), /deisctl nodes create/, 'and again');
  await becomesNode(t, machine, 'bare-221', async () => {
    const running = `docker ps -q --no-trunc | sort`;
    const containers = await machine.sh(running);
    const was = await machine.sh('readlink -f /opt/deis; systemctl show -P MainPID deisd');
    await machine.give(await otherVersion(t), '/root/newer.deb');
    await machine.sh('dpkg -i /root/newer.deb');
    const is = await machine.sh('readlink -f /opt/deis; systemctl show -P MainPID deisd');
    t.not(is.split('\n')[0], was.split('\n')[0], 'another program');
    t.not(is.split('\n')[1], was.split('\n')[1], 'which runs');
    t.equal(await machine.sh(running), containers, 'containers went on');
    await eventually('the machine is ready', 30, async () => {
      const rows = JSON.parse(await on.mustDeisctl('machines', '--json')) as {
        ip: string;
        state: string;
      }[];
      return rows.some(({ ip, state }) => ip === machine.ip && state === 'ready');
    });
    await machine.sh(`dpkg -i --force-downgrade /root/${debian}; rm /root/newer.deb`);
  });
  // A small system may leave out all documentation (dpkg's path-exclude).
  const changed = await machine.sh('dpkg -V deis-node | grep -v /usr/share/doc || true');
  t.equal(changed, '', 'its files are as they were');
  t.equal(await machine.sh('dpkg -r deis-node 2>&1 | grep -i warning || true'), '');
  await machine.sh(`dpkg -P deis-node; rm /root/${debian}`);
  const known = new Set(before);
  t.same(
    (await machine.inventory()).filter((line) => !known.has(line) && /deis|fleet/.test(line)),
    [],
    'nothing of it is left',
  );
});
