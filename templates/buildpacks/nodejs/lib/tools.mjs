// Which Node and which package manager an app asks for, fetched from the package registry when the stack has none that fits:
//   tools.mjs BUILD_DIR TOOLS_DIR CACHE_DIR
// Prints shell lines: TOOLS_PATH (directories for PATH), MANAGER (npm, yarn or pnpm) and MANAGER_MAJOR (its major version).

import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchPackage } from './packages.mjs';
import { satisfies } from './versions.mjs';

/** The stack's own. */
const STACK_NODE = '/opt/deis/bin';
/** The newest of each that runs on a Node of this major version or a later one, unless package.json says otherwise. */
const MANAGERS = {
  npm: [
    [24, '11'],
    [18, '10'],
    [14, '8'],
    [6, '6'],
    [4, '5'],
    [0, '2'],
  ],
  yarn: [[0, '1']],
  pnpm: [
    [18, '10'],
    [16, '8'],
    [14, '7'],
    [0, '5'],
  ],
};

const [build, tools, cache] = process.argv.slice(2);
const manifest = await readManifest();

async function readManifest() {
  try {
    return JSON.parse(await readFile(join(build, 'package.json'), 'utf8'));
  } catch (error) {
    return fail(`package.json cannot be read: ${error.message}`);
  }
}

function fail(text) {
  console.error(` !     ${text}`);
  process.exit(1);
}

/** A Node that fits engines.node: its directory and its major version. */
async function node() {
  const asked = manifest.engines?.node;
  if (asked === undefined || satisfies(process.versions.node, asked)) {
    return { path: STACK_NODE, major: majorOf(process.versions.node) };
  }
  const name = `node-linux-${process.arch}`;
  const { directory, version } = await fetchPackage(name, asked, cache);
  console.error(`Node ${version} for engines.node "${asked}"`);
  const target = join(tools, 'node/bin');
  await mkdir(target, { recursive: true });
  await cp(join(directory, 'bin/node'), join(target, 'node'));
  return { path: target, major: majorOf(version) };
}

const majorOf = (version) => Number(version.split('.')[0]);

/** The manager's name, and the directory of its programs: those of package.json's packageManager, else what the lock file is of. */
async function manager(nodeMajor) {
  const [, named, exact] = /^(npm|yarn|pnpm)@([^+]+)/.exec(manifest.packageManager ?? '') ?? [];
  const byLock = existsSync(join(build, 'yarn.lock'))
    ? 'yarn'
    : existsSync(join(build, 'pnpm-lock.yaml'))
      ? 'pnpm'
      : 'npm';
  const name = named ?? byLock;
  const fitting = MANAGERS[name].find(([least]) => nodeMajor >= least)[1];
  const asked = exact ?? manifest.engines?.[name] ?? fitting;
  const { directory, version } = await fetchPackage(name, asked, cache, `<=${fitting}`);
  const home = join(tools, name);
  await mkdir(join(tools, 'bin'), { recursive: true });
  await cp(directory, home, { recursive: true });
  const { bin } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8'));
  const programs = typeof bin === 'string' ? { [name]: bin } : bin;
  for (const [program, path] of Object.entries(programs)) {
    await chmod(join(home, path), 0o755);
    await symlink(join('..', name, path), join(tools, 'bin', program));
  }
  console.error(`${name} ${version}`);
  return { name, path: join(tools, 'bin'), major: majorOf(version) };
}

try {
  const { path: nodePath, major: nodeMajor } = await node();
  const { name, path, major } = await manager(nodeMajor);
  const text = [
    `TOOLS_PATH='${path}:${nodePath}'`,
    `MANAGER='${name}'`,
    `MANAGER_MAJOR='${major}'`,
  ];
  console.log(text.join('\n'));
} catch (error) {
  fail(error.message);
}
