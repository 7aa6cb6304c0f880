// Images of a registry that wants a login, and what goes when their app goes: its images everywhere, nothing else.

import t from 'tap';
import { type Machine, PAGES, imageHands } from '../hand-made-images.ts';
import { eventually, platform } from '../platform.ts';

const on = await platform();
const images = await imageHands(on);
const { machines } = on.context;
const [first] = machines as unknown as [Machine];
const PASSWORD = 'opensesame-42';
const HASH = '$2b$12$i2iRoCac47zDQexoKAQNq.pXOAptLxch9Z3Rv/.ySRAbx1S5IAS0G';
const QUICK = { garbageGrace: '10', garbageEvery: '2', keepReleases: '1' };

t.test('an image of a registry that wants a login', async (t) => {
  const host = `${first.ip}:5100`;
  await images.make(first, '127.0.0.1:5100/team/tool:1');
  await on.sh(
    first.name,
    `set -e; mkdir -p /tmp/foreign; cd /tmp/foreign; echo 'ada:${HASH}' > htpasswd
    cat > config.yml <<END
version: 0.1
storage: {filesystem: {rootdirectory: /tmp/store}}
http: {addr: ":5100"}
auth: {htpasswd: {realm: theirs, path: /etc/foreign/htpasswd}}
END
    image=$(docker inspect -f '{{.Image}}' $(docker ps -q --filter name=^deis-registry))
    docker run -d --name foreign --network host -e OTEL_TRACES_EXPORTER=none -v /tmp/foreign:/etc/foreign $image \\
      /usr/bin/docker-registry serve /etc/foreign/config.yml
    for i in $(seq 60); do
      echo ${PASSWORD} | docker login -u ada --password-stdin 127.0.0.1:5100 2>/dev/null && break; sleep 0.5; done
    docker push -q 127.0.0.1:5100/team/tool:1; docker rmi 127.0.0.1:5100/team/tool:1`,
  );
  t.teardown(() => on.sh(first.name, 'docker rm -f foreign'));
  await on.mustDeis('apps:create', 'borrowed', '--no-remote');
  const pull = () => on.deis('builds:create', `${host}/team/tool:1`, '-a', 'borrowed', '-p', PAGES);
  await on.mustDeis('registry:set', `host=http://${host}`, '-a', 'borrowed');
  const refused = await pull();
  t.not(refused.code, 0);
  t.match(refused.stderr, /does not let team\/tool be read without a login/);
  const login = [`host=http://${host}`, 'username=ada', `password=${PASSWORD}`];
  await on.mustDeis('registry:set', ...login, '-a', 'borrowed');
  await on.mustDeis('builds:create', `${host}/team/tool:1`, '-a', 'borrowed', '-p', PAGES);
  const digest = await images.digestOf('borrowed');
  for (const machine of machines) {
    t.ok(await images.isOn(machine, 'borrowed', digest), `${machine.name} holds it`);
  }
  t.match(await on.mustDeis('registry:list', '-a', 'borrowed'), new RegExp(`${host}\\s+ada`));
  for (const { name } of machines) {
    const leak = await on.exec(
      name,
      `journalctl -b --no-pager | grep -c ${PASSWORD}; grep -rl ${PASSWORD} /run/deis /var/lib/deis /etc/systemd`,
    );
    t.same(leak.stdout.trim(), '0', `${name} shows the password nowhere`);
  }
});

t.test('a destroyed app takes its images along, nothing else goes', async (t) => {
  await images.make(first, '127.0.0.1:5555/kept:1');
  await on.sh(first.name, 'docker push -q 127.0.0.1:5555/kept:1');
  await on.mustDeis('apps:create', 'keeper', '--no-remote');
  await on.mustDeis('builds:create', 'kept:1', '-a', 'keeper', '-p', PAGES);
  const digest = await images.digestOf('borrowed');
  const kept = await images.digestOf('keeper');
  await on.mustDeis('apps:destroy', '--app=borrowed', '--confirm=borrowed');
  const words = Object.entries(QUICK).map(([name, value]) => `${name}=${value}`);
  await on.mustDeisctl('config', 'platform', 'set', ...words);
  t.teardown(async () => {
    await on.deisctl('config', 'platform', 'rm', ...Object.keys(QUICK));
    await on.deis('apps:destroy', '--app=keeper', '--confirm=keeper');
  });
  for (const machine of machines) {
    await eventually(`${machine.name} let go of it`, 90, async () => {
      const list = 'docker images --digests -q 127.0.0.1:5555/borrowed';
      const here = await on.sh(machine.name, list);
      return here.trim() === '' && !(await images.isOn(machine, 'borrowed', digest));
    });
  }
  for (const machine of machines) t.ok(await images.isOn(machine, 'kept', kept));
});
