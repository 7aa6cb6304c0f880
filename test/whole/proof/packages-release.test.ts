// `npm run release` itself: all of it for each processor, with checksums, a bill of materials and an image that others can read; the same bytes when it is made
// again; and nothing half when it is cut off.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { checkoutRoot, statePaths } from '../../../src/machines/checkout.ts';
import { eventually } from '../platform.ts';
import { makeRelease } from '../released.ts';

const root = checkoutRoot();
const target = join(root, 'release');
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  version: string;
};
const bill = `deis-${version}.cdx.json`;
/** What others call the processors that Node calls so. */
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' };
const imageFor = (architecture: string): string =>
  `deis-${version}-platform-${architecture}.oci.tar`;
const all = [
  ...Object.entries(ARCHITECTURES).flatMap(([processor, architecture]) => [
    `deis-${version}-linux-${processor}.tar.gz`,
    `deis-node_${version}_${architecture}.deb`,
    imageFor(architecture),
  ]),
  `deis-${version}-cli.tgz`,
  bill,
];
const sums = () => readFile(join(target, 'SHA256SUMS'), 'utf8');
/** What a release leaves beside the folder. */
const leftovers = async () =>
  (await readdir(statePaths(root).cache)).filter((name) => name.startsWith('release'));

t.test('all of it, with checksums and a bill of materials', { timeout: 1_150_000 }, async (t) => {
  await makeRelease(root);
  t.same((await readdir(target)).toSorted(), [...all, 'SHA256SUMS'].toSorted());
  const checked = await execa('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: target });
  t.equal(checked.stdout.split('\n').length, all.length);
  const found = JSON.parse(await readFile(join(target, bill), 'utf8')) as {
    bomFormat: string;
    metadata: { component: { name: string; version: string } };
    components: { name: string; version: string; purl: string }[];
  };
  t.match(found, { bomFormat: 'CycloneDX', metadata: { component: { name: 'deis', version } } });
  const names = found.components.map(({ name }) => name);
  for (const name of ['zod', 'etcd3', '@oclif/core', 'etcd-server', 'nginx-light', 'libc6']) {
    t.ok(names.includes(name), name);
  }
  for (const architecture of Object.values(ARCHITECTURES)) {
    for (const name of ['etcd-server', 'nginx-light', 'libnginx-mod-http-lua', 'libc6']) {
      const start = `pkg:deb/debian/${name}@`;
      const inBill = found.components.some(
        ({ purl }) => purl.startsWith(start) && purl.endsWith(`?arch=${architecture}`),
      );
      t.ok(inBill, `${name} for ${architecture}`);
    }
  }
});

for (const architecture of Object.values(ARCHITECTURES)) {
  const title = `the image for ${architecture} is one, as others see it`;
  t.test(title, { timeout: 300_000 }, (t) => readAsOthers(t, architecture));
}

async function readAsOthers(t: Test, architecture: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'deis-oci-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await execa('tar', ['-xf', join(target, imageFor(architecture)), '-C', folder]);
  const json = async (path: string): Promise<unknown> =>
    JSON.parse(await readFile(join(folder, path), 'utf8'));
  interface Descriptor {
    mediaType: string;
    digest: string;
    size: number;
  }
  const blob = async ({ digest, size }: Descriptor): Promise<Buffer> => {
    const bytes = await readFile(join(folder, 'blobs', digest.replace(':', '/')));
    t.equal(bytes.length, size);
    t.equal(`sha256:${createHash('sha256').update(bytes).digest('hex')}`, digest);
    return bytes;
  };
  t.same(await json('oci-layout'), { imageLayoutVersion: '1.0.0' });
  const index = (await json('index.json')) as { schemaVersion: number; manifests: Descriptor[] };
  t.equal(index.schemaVersion, 2);
  t.equal(index.manifests.length, 1);
  const manifest = JSON.parse((await blob(index.manifests[0]!)).toString()) as {
    config: Descriptor;
    layers: Descriptor[];
  };
  const config = JSON.parse((await blob(manifest.config)).toString()) as {
    architecture: string;
    rootfs: { diff_ids: string[] };
  };
  t.equal(config.architecture, architecture);
  const hashes: string[] = [];
  for (const layer of manifest.layers) {
    hashes.push(
      `sha256:${createHash('sha256')
        .update(await blob(layer))
        .digest('hex')}`,
    );
  }
  t.same(config.rootfs.diff_ids, hashes, 'layers are not compressed: their hashes are the same');
}

t.test('cut off, it leaves what was there; again, the same', { timeout: 1_100_000 }, async (t) => {
  const before = await sums();
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const running = execa(process.execPath, ['src/release/main.ts'], { cwd: root, reject: false });
    const begun = join(statePaths(root).cache, `release.${running.pid}`, 'release');
    await eventually('an archive is begun', 120, async () => {
      const files = existsSync(begun) ? await readdir(begun) : [];
      return files.some((name) => name.endsWith('.tar.gz'));
    });
    running.kill(signal);
    t.not((await running).exitCode, 0, signal);
    if (signal === 'SIGTERM') t.same(await leftovers(), []);
    t.equal(await sums(), before);
  }
  await makeRelease(root);
  t.equal(await sums(), before, 'the same bytes');
  t.same(await leftovers(), [], 'also of the one that was killed');
});
