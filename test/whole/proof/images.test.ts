// Images on real machines: other people's registries, a bucket, a full disk, a lost machine, and what goes when an app goes.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { keys } from '../../../src/registry/keys.ts';
import { appUnits, eventually, platform } from '../platform.ts';
import { bucketServer } from '../bucket.ts';
import { openStore } from '../store.ts';

const on = await platform();
const { registry } = await openStore(on);
const [first, second, third] = on.context.machines as unknown as [Machine, Machine, Machine];
interface Machine {
  name: string;
  ip: string;
}
const PASSWORD = 'opensesame-42';
const HASH = '$2b$12$i2iRoCac47zDQexoKAQNq.pXOAptLxch9Z3Rv/.ySRAbx1S5IAS0G';
const PAGES = 'web: exec /bin/busybox httpd -f -p 5000 -h /www';

// A shell and a web server in 2 MB: the example app's.
const busybox = await on.sh(
  first.name,
  `id=$(docker create ${on.hello.reference}); docker cp -L $id:/bin/busybox - | tar -xO | base64 -w0; docker rm $id >/dev/null`,
);
for (const { name } of on.context.machines) {
  await on.exec(name, 'base64 -d > /tmp/busybox && chmod 755 /tmp/busybox', busybox);
}

/** That, and so many MB that no other image has. */
const makeImage = (machine: Machine, name: string, mb = 1): Promise<string> =>
  on.sh(
    machine.name,
    `set -e; dir=$(mktemp -d); cd $dir; mkdir bin www; cp /tmp/busybox bin; ln -s busybox bin/sh
    echo ${name} > www/index.html; head -c ${mb}M /dev/urandom > unlike
    tar -c . | docker import -c 'EXPOSE 5000' - ${name} >/dev/null; rm -r $dir`,
  );

const status = async (url: string): Promise<number> => {
  const accept = 'application/vnd.docker.distribution.manifest.v2+json';
  const response = await fetch(url, { method: 'HEAD', headers: { accept } });
  return response.status;
};

const hasImage = async (machine: Machine, repository: string, reference: string) =>
  (await status(`http://${machine.ip}:5000/v2/${repository}/manifests/${reference}`)) === 200;

const digestIn = (text: string): string => /sha256:[0-9a-f]{64}/.exec(text)![0];

/** Digest of what the app's last build runs. */
async function digestOf(app: string): Promise<string> {
  const { items } = await registry.list(keys.builds, [app], on.signal);
  const newest = items.toSorted((one, other) => other.createRevision - one.createRevision)[0]!;
  return digestIn(newest.value.reference);
}

const quick = ['garbageGrace=1', 'garbageEvery=1', 'keepReleases=1'];
t.teardown(async () => {
  await on.deisctl('config', 'platform', 'rm', 'garbageGrace', 'garbageEvery', 'keepReleases');
});

t.test('an image of a registry that wants a login', async (t) => {
  const host = `${first.ip}:5100`;
  await makeImage(first, '127.0.0.1:5100/team/tool:1');
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
  await on.mustDeis('apps:create', 'borrowed', '--no-remote');
  const pull = () => on.deis('builds:create', `${host}/team/tool:1`, '-a', 'borrowed', '-p', PAGES);
  await on.mustDeis('registry:set', `host=http://${host}`, '-a', 'borrowed');
  const refused = await pull();
  t.not(refused.code, 0);
  t.match(refused.stderr, /does not let team\/tool be read without a login/);
  const login = [`host=http://${host}`, 'username=ada', `password=${PASSWORD}`];
  await on.mustDeis('registry:set', ...login, '-a', 'borrowed');
  await on.mustDeis('builds:create', `${host}/team/tool:1`, '-a', 'borrowed', '-p', PAGES);
  const digest = await digestOf('borrowed');
  for (const machine of on.context.machines) {
    t.ok(await hasImage(machine, 'borrowed', digest), `${machine.name} holds it`);
  }
  t.match(await on.mustDeis('registry:list', '-a', 'borrowed'), new RegExp(`${host}\\s+ada`));
  for (const { name } of on.context.machines) {
    const leak = await on.exec(
      name,
      `journalctl -b --no-pager | grep -c ${PASSWORD}; grep -rl ${PASSWORD} /run/deis /var/lib/deis /etc/systemd`,
    );
    t.same(leak.stdout.trim(), '0', `${name} shows the password nowhere`);
  }
  await on.sh(first.name, 'docker rm -f foreign');
});

t.test('a bucket: images move in, pushes work, and all comes back', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'deis-bucket-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const gateway = first.ip.replace(/\.\d+$/, '.1');
  const bucket = await bucketServer(folder, gateway);
  t.teardown(() => bucket.close());
  const digest = await digestOf('borrowed');
  const values = {
    s3bucket: 'images',
    s3accessKey: 'S3RVER',
    s3secretKey: 'S3RVER',
    s3endpoint: bucket.url,
    s3secure: 'false',
    s3encrypt: 'false',
  };
  const words = Object.entries(values).map(([name, value]) => `${name}=${value}`);
  await on.mustDeisctl('config', 'registry', 'set', ...words);
  await eventually('what releases name is in the bucket', 60, async () =>
    (await bucket.keys()).some((key) => key.includes(digest.slice(7, 40))),
  );
  await eventually('the registry runs on the bucket', 60, async () => {
    const rows = JSON.parse(await on.mustDeisctl('disk', '--json')) as {
      registry?: { storage: string; problem?: string };
    }[];
    return rows.every(({ registry }) => registry?.storage === 'bucket' && !registry.problem);
  });
  await makeImage(second, '127.0.0.1:5555/kept:1');
  const pushed = digestIn(await on.sh(second.name, 'docker push 127.0.0.1:5555/kept:1'));
  for (const machine of on.context.machines) {
    t.ok(await hasImage(machine, 'kept', pushed), `${machine.name} serves it`);
  }
  await on.mustDeis('apps:create', 'keeper', '--no-remote');
  await on.mustDeis('builds:create', 'kept:1', '-a', 'keeper', '-p', PAGES);
  await on.mustDeisctl('config', 'registry', 'rm', ...Object.keys(values));
  await eventually('what was pushed meanwhile is on every disk', 60, async () => {
    const rows = JSON.parse(await on.mustDeisctl('disk', '--json')) as {
      registry?: { storage: string; problem?: string; garbage?: { stays: { image: string }[] } };
    }[];
    return rows.every(
      ({ registry }) =>
        registry?.storage === 'disk' &&
        registry.garbage?.stays.some(({ image }) => image === `kept@${pushed}`),
    );
  });
});

t.test('a destroyed app takes its images along, nothing else goes', async (t) => {
  const digest = await digestOf('borrowed');
  await on.mustDeis('apps:destroy', '--app=borrowed', '--confirm=borrowed');
  await on.mustDeisctl('config', 'platform', 'set', ...quick);
  for (const machine of on.context.machines) {
    await eventually(`${machine.name} let go of it`, 45, async () => {
      const engine = await on.sh(
        machine.name,
        'docker images --digests -q 127.0.0.1:5555/borrowed',
      );
      return engine.trim() === '' && !(await hasImage(machine, 'borrowed', digest));
    });
  }
  const kept = await digestOf('keeper');
  for (const machine of on.context.machines) t.ok(await hasImage(machine, 'kept', kept));
});

t.test('a disk that others fill', async (t) => {
  await makeImage(third, 'stranger:1', 5);
  await makeImage(third, '127.0.0.1:5555/ours:1', 5);
  await on.sh(
    third.name,
    'docker push -q 127.0.0.1:5555/ours:1; docker run -d --name guest stranger:1 /bin/busybox sleep 100000',
  );
  const disk = async () => {
    const out = await on.sh(
      third.name,
      'df -B1 --output=size,used,avail /var/lib/docker | tail -1',
    );
    const [size = 0, used = 0, free = 0] = out.trim().split(/\s+/).map(Number);
    return { size, used, free };
  };
  const { size, used } = await disk();
  const files = Math.floor(size * 0.85 - used);
  await on.sh(third.name, `fallocate -l ${files} /var/lib/docker/somebodys.file`);
  t.teardown(() => on.sh(third.name, 'rm -f /var/lib/docker/somebodys.file; docker rm -f guest'));
  // Asked for anew, so that the machine looks at once.
  await on.mustDeisctl('config', 'platform', 'set', 'garbageEvery=2');
  await eventually('ours went', 30, async () => {
    const images = await on.sh(third.name, 'docker images -q 127.0.0.1:5555/ours');
    return images.trim() === '';
  });
  const theirs = await on.sh(
    third.name,
    'docker images -q stranger; docker ps -q -f name=guest; ls /var/lib/docker/somebodys.file',
  );
  t.equal(theirs.trim().split('\n').length, 3, 'theirs stays');
  const row = JSON.parse(await on.mustDeisctl('disk', '--json')) as {
    machine: string;
    problem?: string;
  }[];
  t.match(row.find(({ machine }) => machine === third.name)?.problem, /% full, and nothing more/);
  await on.mustDeis('apps:create', 'squeezed', '--no-remote');
  await on.mustDeis('tags:set', `name=${third.name}`, '-a', 'squeezed').catch(() => undefined);
  await on.mustDeis('builds:create', 'ours:1', '-a', 'squeezed', '-p', PAGES);
  await on.mustDeis('ps:scale', 'web=3', '-a', 'squeezed');
  t.ok(
    (await appUnits(on, 'squeezed')).some(({ ip }) => ip === third.ip),
    'it goes on deploying there',
  );
});

t.test('a machine dies: what it held is held elsewhere', async (t) => {
  const victim = second;
  await on.kill(victim.name);
  t.teardown(async () => {
    await on.boot(victim.name);
    await eventually('it is back with its replica', 120, async () => {
      const rows = JSON.parse(await on.mustDeisctl('list', '--json')) as {
        unit: string;
        sub: string;
      }[];
      const replicas = rows.filter(({ unit }) => unit.startsWith('deis-registry@'));
      return replicas.length === 3 && replicas.every(({ sub }) => sub === 'running');
    });
    for (const app of ['keeper', 'squeezed'])
      await on.deis('apps:destroy', `--app=${app}`, `--confirm=${app}`);
  });
  await makeImage(first, '127.0.0.1:5555/after:1');
  const push = await on.sh(first.name, 'docker push 127.0.0.1:5555/after:1');
  t.ok(await hasImage(third, 'after', digestIn(push)), 'a push is on two machines');
  await eventually('its containers run elsewhere', 60, async () => {
    const units = await appUnits(on, 'squeezed');
    return units.filter(({ ip, sub }) => ip !== victim.ip && sub === 'running').length === 3;
  });
  await on.mustDeis('ps:scale', 'web=4', '-a', 'squeezed');
  await on.mustDeis('builds:create', 'after:1', '-a', 'squeezed', '-p', PAGES);
});
