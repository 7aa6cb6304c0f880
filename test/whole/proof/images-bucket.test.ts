// The registry moves into a bucket of an S3-compatible service, takes pushes there, and comes back to the disks.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { bucketServer } from '../bucket.ts';
import { type Machine, PAGES, digestIn, imageHands } from '../hand-made-images.ts';
import { eventually, platform } from '../platform.ts';

const on = await platform();
const images = await imageHands(on);
const { machines } = on.context;
const [first, second] = machines as unknown as [Machine, Machine];

const folder = mkdtempSync(join(tmpdir(), 'deis-bucket-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const bucket = await bucketServer(folder, first.ip.replace(/\.\d+$/, '.1'));
t.teardown(() => bucket.close());
const BUCKET = {
  s3bucket: 'images',
  s3accessKey: 'S3RVER',
  s3secretKey: 'S3RVER',
  s3endpoint: bucket.url,
  s3secure: 'false',
  s3encrypt: 'false',
};

const deploy = async (app: string, image: string): Promise<void> => {
  await on.mustDeis('apps:create', app, '--no-remote');
  t.teardown(() => on.deis('apps:destroy', `--app=${app}`, `--confirm=${app}`));
  await on.mustDeis('builds:create', image, '-a', app, '-p', PAGES);
};

t.test('images move in', async (t) => {
  await images.make(first, '127.0.0.1:5555/former:1');
  await on.sh(first.name, 'docker push -q 127.0.0.1:5555/former:1');
  await deploy('mover', 'former:1');
  const digest = await images.digestOf('mover');
  const words = Object.entries(BUCKET).map(([name, value]) => `${name}=${value}`);
  await on.mustDeisctl('config', 'registry', 'set', ...words);
  await eventually('what releases name is in the bucket', 120, async () =>
    (await bucket.keys()).some((key) => key.includes(digest.slice(7, 40))),
  );
  await eventually('the registry runs on the bucket', 120, async () =>
    (await images.disk()).every(
      ({ registry }) => registry?.storage === 'bucket' && !registry.problem,
    ),
  );
  for (const machine of machines) t.ok(await images.isOn(machine, 'former', digest));
});

let pushed = '';
t.test('pushes work there', async (t) => {
  await images.make(second, '127.0.0.1:5555/later:1');
  pushed = digestIn(await on.sh(second.name, 'docker push 127.0.0.1:5555/later:1'));
  for (const machine of machines) {
    t.ok(await images.isOn(machine, 'later', pushed), `${machine.name} serves it`);
  }
  await deploy('stayer', 'later:1');
});

t.test('all comes back', async (t) => {
  await on.mustDeisctl('config', 'registry', 'rm', ...Object.keys(BUCKET));
  await eventually('what was pushed meanwhile is on every disk', 120, async () =>
    (await images.disk()).every(
      ({ registry }) =>
        registry?.storage === 'disk' &&
        registry.garbage?.stays.some(({ image }) => image === `later@${pushed}`),
    ),
  );
  await on.mustDeis('ps:scale', 'web=3', '-a', 'stayer');
  t.match(await on.get('stayer'), { status: 200 });
});
