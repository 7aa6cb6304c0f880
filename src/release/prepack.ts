// Before `npm pack` in the checkout: what npm packs is the command lines alone, so package.json becomes theirs for that moment. Its own
// is put back by bootstrap.mjs, afterwards or, if npm was killed, at the next command.

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkoutRoot, statePaths } from '../machines/checkout.ts';
import { cliManifest } from './manifest.ts';

const root = checkoutRoot();
const manifest = join(root, 'package.json');
const kept = join(dirname(statePaths(root).cache), 'package.json.whole');
const whole = JSON.parse(await readFile(manifest, 'utf8')) as Record<string, unknown>;
// The scripts stay: npm asks for postpack in the file that it finds then.
const slim = { ...(JSON.parse(cliManifest(whole)) as object), scripts: whole['scripts'] };
const staged = `${manifest}.new`;
await writeFile(staged, `${JSON.stringify(slim, undefined, 2)}\n`);
await mkdir(dirname(kept), { recursive: true });
await rename(manifest, kept);
await rename(staged, manifest);
