// package.json of the command lines as laptops get them: everything is in the bundles, so there is no dependency, nothing native, and
// nothing of the servers' parts.

/** What it keeps of the checkout's. */
const KEPT = ['name', 'version', 'description', 'license', 'type', 'engines'] as const;

/** What comes along, beside README.md and LICENSE, which npm takes by itself. */
export const CLI_FILES = [
  'bin/deis.js',
  'bin/deisctl.js',
  'bin/launch.mjs',
  'dist/cli',
  'templates',
  'units',
] as const;

export function cliManifest(whole: Readonly<Record<string, unknown>>): string {
  const manifest = {
    ...Object.fromEntries(KEPT.map((key) => [key, whole[key]])),
    bin: { deis: 'bin/deis.js', deisctl: 'bin/deisctl.js' },
    files: CLI_FILES,
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}
