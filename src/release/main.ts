// `npm run release`: everything that people install, in release/, with checksums.

import { readFile, rm, mkdir, readdir } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { join } from 'node:path';
import { run } from '../adapters/process.ts';
import { createProgress } from '../cli/progress.ts';
import { interruptSignal } from '../cli/interrupt.ts';
import { checkoutRoot, statePaths } from '../machines/checkout.ts';
import { makeSystems } from '../machines/local/systems.ts';
import { writeFileSpec } from '../machines/write-file.ts';
import { makeArchive, stageNode } from './archive.ts';
import { makeCommandLine } from './command-line.ts';
import { makeDebian } from './debian.ts';

const root = checkoutRoot();
const signal = interruptSignal();
const progress = createProgress();
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  version: string;
};
const target = join(root, 'release');
const staging = join(statePaths(root).cache, 'release');
const name = (rest: string): string => join(target, `deis-${version}${rest}`);

await rm(target, { recursive: true, force: true });
await mkdir(target);
await makeSystems(root, progress, signal);
const node = await progress.step('What a machine gets', () => stageNode(root, staging, version));
await progress.step('Archive of it', () =>
  makeArchive(node, name(`-linux-${process.arch}.tar.gz`), signal),
);
await progress.step('Debian package', () => makeDebian(node, staging, version, target, signal));
await progress.step('Command lines for laptops', () =>
  makeCommandLine(root, staging, version, target, signal),
);
await progress.step('Image of the platform', async () => {
  const image = join(statePaths(root).cache, 'images/platform.tar');
  await run('cp', ['--dereference', image, name('-platform.oci.tar')], {}, signal);
});
await progress.step('Bill of materials', async () => {
  const words = ['sbom', '--sbom-format=cyclonedx', '--omit=dev'];
  const { stdout } = await run('npm', words, { cwd: root }, signal);
  await writeFileSpec('', { path: name('.cdx.json'), content: `${stdout}\n` });
});
await progress.step('Checksums', async () => {
  const lines: string[] = [];
  for (const file of (await readdir(target)).sort()) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(target, file)), hash);
    lines.push(`${hash.digest('hex')}  ${file}\n`);
  }
  await writeFileSpec('', { path: join(target, 'SHA256SUMS'), content: lines.join('') });
});
await rm(staging, { recursive: true, force: true });
