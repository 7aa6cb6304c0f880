// `npm run release`: everything that people install, in release/, with checksums. The folder is there when all of it is, and not before:
// a release that was cut off leaves the one before as it was. The same checkout gives the same bytes.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run } from '../adapters/process.ts';
import { interruptSignal } from '../cli/interrupt.ts';
import { createProgress } from '../cli/progress.ts';
import { reportError } from '../cli/report-error.ts';
import { checkoutRoot, statePaths } from '../machines/checkout.ts';
import { makeSystems } from '../machines/local/systems.ts';
import { writeFileSpec } from '../machines/write-file.ts';
import { RELEASE_SECONDS, makeArchive, stageNode } from './archive.ts';
import { type Lock, billOfMaterials } from './bill.ts';
import { makeCommandLine } from './command-line.ts';
import { makeDebian } from './debian.ts';
import { carriedPackages } from './system-packages.ts';

const IMAGES = ['platform', 'node', 'stack'] as const;
const root = checkoutRoot();
const signal = interruptSignal();
const target = join(root, 'release');
const { cache } = statePaths(root);
const work = join(cache, `release.${process.pid}`);
const staging = join(work, 'staging');
const unfinished = join(work, 'release');

async function makeRelease(): Promise<void> {
  const progress = createProgress();
  const readJson = async (file: string): Promise<unknown> =>
    JSON.parse(await readFile(join(root, file), 'utf8'));
  const { name, version } = (await readJson('package.json')) as { name: string; version: string };
  const file = (rest: string): string => join(unfinished, `${name}-${version}${rest}`);
  await makeSystems(root, progress, signal);
  await mkdir(unfinished, { recursive: true });
  const node = await progress.step('What a machine gets', () =>
    stageNode(root, staging, version, signal),
  );
  await progress.step('Archive of it', () =>
    makeArchive(node, file(`-linux-${process.arch}.tar.gz`), signal),
  );
  await progress.step('Debian package', () =>
    makeDebian(root, node, staging, version, unfinished, signal),
  );
  await progress.step('Command lines for laptops', () =>
    makeCommandLine(root, staging, version, unfinished, signal),
  );
  const image = (one: string): string => join(node.folder, `images/${one}.tar`);
  await progress.step('Image of the platform', () =>
    run('cp', [image('platform'), file('-platform.oci.tar')], {}, signal),
  );
  await progress.step('Bill of materials', async () => {
    const lock = (await readJson('package-lock.json')) as Lock;
    const systems = await carriedPackages(root, IMAGES.map(image), staging, signal);
    const bill = billOfMaterials({ name, version, seconds: RELEASE_SECONDS }, lock, systems);
    const content = `${JSON.stringify(bill, undefined, 2)}\n`;
    await writeFileSpec('', { path: file('.cdx.json'), content });
  });
  await progress.step('Checksums', writeSums);
  await rm(target, { recursive: true, force: true });
  await rename(unfinished, target);
  for (const made of (await readdir(target)).toSorted()) {
    const { size } = await stat(join(target, made));
    process.stdout.write(`${(size / 1e6).toFixed(1).padStart(7)} MB  release/${made}\n`);
  }
}

async function writeSums(): Promise<void> {
  const lines: string[] = [];
  for (const file of (await readdir(unfinished)).toSorted()) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(unfinished, file)), hash, { signal });
    lines.push(`${hash.digest('hex')}  ${file}\n`);
  }
  await writeFileSpec('', { path: join(unfinished, 'SHA256SUMS'), content: lines.join('') });
}

/** Of a release that could not clean up after itself, and whose process is gone. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(cache)) {
    const pid = /^release\.(\d+)$/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    await rm(join(cache, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'; // somebody else's may not be asked
  }
}

try {
  await mkdir(cache, { recursive: true });
  await removeLeftovers();
  await makeRelease();
} catch (error) {
  const { text, status } = reportError(error, 'npm run release', process.env['DEBUG'] === 'deis');
  if (text !== '') process.stderr.write(`${text}\n`);
  process.exitCode = status;
} finally {
  await rm(work, { recursive: true, force: true });
}
