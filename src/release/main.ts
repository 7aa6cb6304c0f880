// `npm run release`: everything that people install, for each processor, in release/, with checksums. The folder is there when all of it is, and not before:
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
import { OWN_PROCESSOR } from '../machines/build-target.ts';
import { checkoutRoot, statePaths } from '../machines/checkout.ts';
import { makeSystems } from '../machines/local/systems.ts';
import type { Progress } from '../machines/progress.ts';
import { writeFileSpec } from '../machines/write-file.ts';
import { isDeisError } from '../model/errors.ts';
import { PROCESSORS, type Processor } from '../model/processor.ts';
import { RELEASE_SECONDS, makeArchive, stageNode } from './archive.ts';
import { type Lock, type SystemPackage, billOfMaterials } from './bill.ts';
import { makeCommandLine } from './command-line.ts';
import { makeDebian } from './debian.ts';
import { foreignTarget } from './foreign.ts';
import { carriedPackages } from './system-packages.ts';
import { type ReleaseTarget, ownReleaseTarget } from './target.ts';
import { type ReleaseWish, releaseWish } from './wish.ts';

const IMAGES = ['platform', 'node', 'stack'] as const;
const root = checkoutRoot();
const signal = interruptSignal();
const target = join(root, 'release');
const { cache } = statePaths(root);
const work = join(cache, `release.${process.pid}`);
const staging = join(work, 'staging');
const unfinished = join(work, 'release');

async function makeRelease({ processors, named }: ReleaseWish): Promise<void> {
  const progress = createProgress();
  const readJson = async (file: string): Promise<unknown> =>
    JSON.parse(await readFile(join(root, file), 'utf8'));
  const { name, version } = (await readJson('package.json')) as { name: string; version: string };
  const lock = (await readJson('package-lock.json')) as Lock;
  const file = (rest: string): string => join(unfinished, `${name}-${version}${rest}`);
  await mkdir(unfinished, { recursive: true });
  const systems: SystemPackage[] = [];
  for (const processor of processors) {
    const target = await targetFor(processor, lock, progress, named);
    if (!target) continue;
    const { debian } = PROCESSORS[processor];
    const at = join(staging, debian);
    const node = await progress.step(`What a machine gets, ${debian}`, () =>
      stageNode(root, target, at, version, signal),
    );
    await progress.step(`Archive of it, ${debian}`, () =>
      makeArchive(node, file(`-linux-${processor}.tar.gz`), signal),
    );
    await progress.step(`Debian package, ${debian}`, () =>
      makeDebian(root, node, processor, at, version, unfinished, signal),
    );
    const image = (one: string): string => join(node.folder, `images/${one}.tar`);
    await progress.step(`Image of the platform, ${debian}`, () =>
      run('cp', [image('platform'), file(`-platform-${debian}.oci.tar`)], {}, signal),
    );
    systems.push(...(await carriedPackages(target.store, IMAGES.map(image), at, signal)));
    await rm(at, { recursive: true });
  }
  await progress.step('Command lines for laptops', () =>
    makeCommandLine(root, staging, version, unfinished, signal),
  );
  await progress.step('Bill of materials', async () => {
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

/** Undefined, and told: this computer lacks what it needs for a processor that nobody asked for by name. */
async function targetFor(
  processor: Processor,
  lock: Lock,
  progress: Progress,
  named: boolean,
): Promise<ReleaseTarget | undefined> {
  if (processor === OWN_PROCESSOR) {
    await makeSystems(root, progress, signal);
    return ownReleaseTarget(root);
  }
  try {
    return await foreignTarget(root, processor, lock, progress, signal);
  } catch (error) {
    if (named || !isDeisError(error, 'unsupported')) throw error;
    const { message, hint } = error;
    progress.note(`nothing is made for ${PROCESSORS[processor].debian}: ${message} ${hint}`);
    return undefined;
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
  await makeRelease(releaseWish(process.argv.slice(2), OWN_PROCESSOR));
} catch (error) {
  const { text, status } = reportError(error, 'npm run release', process.env['DEBUG'] === 'deis');
  if (text !== '') process.stderr.write(`${text}\n`);
  process.exitCode = status;
} finally {
  await rm(work, { recursive: true, force: true });
}
