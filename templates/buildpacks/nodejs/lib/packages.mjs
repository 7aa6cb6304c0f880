// A package of the registry on disk: the newest version that fits, checked against its checksum, kept in the build cache.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newest, satisfies } from './versions.mjs';

const registry = (process.env.NPM_CONFIG_REGISTRY ?? 'https://registry.npmjs.org/').replace(
  /\/?$/,
  '/',
);

/** {directory, version}; a version within `rather` is taken if the range has one. Throws a sentence for people. */
export async function fetchPackage(name, range, cache, rather = '*') {
  const known = await describe(name);
  const fitting = Object.keys(known.versions).filter((one) => satisfies(one, range));
  const version = newest(fitting, rather) ?? newest(fitting, '*');
  if (version === undefined) throw new Error(`No version of ${name} fits "${range}".`);
  const directory = join(cache, `${name}-${version}`);
  if (existsSync(directory)) return { directory, version };
  const { tarball, integrity } = known.versions[version].dist;
  const bytes = await download(name, tarball);
  check(name, bytes, integrity);
  await unpack(bytes, directory);
  return { directory, version };
}

async function describe(name) {
  const accept = 'application/vnd.npm.install-v1+json';
  const answer = await ask(name, new URL(name, registry), { headers: { accept } });
  return answer.json();
}

async function download(name, url) {
  return Buffer.from(await (await ask(name, url, {})).arrayBuffer());
}

async function ask(name, url, options) {
  let answer;
  try {
    answer = await fetch(url, { ...options, signal: AbortSignal.timeout(180_000) });
  } catch (error) {
    throw new Error(
      `Cannot fetch ${name} from ${registry}: ${error.cause?.message ?? error.message}`,
    );
  }
  if (answer.ok) return answer;
  throw new Error(`Cannot fetch ${name} from ${registry}: it answered ${answer.status}.`);
}

function check(name, bytes, integrity) {
  const [algorithm, expected] = integrity.split(/-(.*)/s);
  const found = createHash(algorithm).update(bytes).digest('base64');
  if (found !== expected)
    throw new Error(`${name} is not what the registry said it is: its checksum differs.`);
}

/** Beside its place first: a build that is cut off leaves nothing that looks complete. */
async function unpack(bytes, directory) {
  const unfinished = `${directory}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  await writeFile(`${unfinished}/package.tgz`, bytes);
  const options = ['-xz', '--strip-components=1', '--no-same-owner', '-f', 'package.tgz'];
  const { status, stderr } = spawnSync('tar', options, { cwd: unfinished, encoding: 'utf8' });
  if (status !== 0) throw new Error(`A package cannot be unpacked: ${stderr}`);
  await rm(`${unfinished}/package.tgz`);
  await rename(unfinished, directory);
}
