// `deis` and `deisctl` as an npm package for laptops: the bundles alone, without a dependency and without anything native.

import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../adapters/process.ts';
import { writeFileSpec } from '../machines/write-file.ts';

/** What it takes from the checkout. */
const PARTS = [
  'bin/deis.js',
  'bin/deisctl.js',
  'bin/launch.mjs',
  'dist/cli',
  'templates',
  'units',
  'LICENSE',
  'README.md',
];
/** What it keeps of package.json: no dependency, no script. */
const KEPT = ['name', 'version', 'description', 'license', 'type', 'engines'] as const;

export async function makeCommandLine(
  root: string,
  staging: string,
  version: string,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const at = join(staging, 'command-line');
  await mkdir(at, { recursive: true });
  await run('cp', ['-r', '--parents', ...PARTS, at], { cwd: root }, signal);
  const whole = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  const manifest = {
    ...Object.fromEntries(KEPT.map((key) => [key, whole[key]])),
    bin: { deis: 'bin/deis.js', deisctl: 'bin/deisctl.js' },
    files: ['bin', 'dist', 'templates', 'units'],
  };
  const content = `${JSON.stringify(manifest, undefined, 2)}\n`;
  await writeFileSpec(at, { path: '/package.json', content });
  await run('npm', ['pack', '--silent', `--pack-destination=${target}`], { cwd: at }, signal);
  const [packed, named] = ['', '-cli'].map((rest) => join(target, `deis-${version}${rest}.tgz`));
  await run('mv', [packed!, named!], {}, signal);
}
