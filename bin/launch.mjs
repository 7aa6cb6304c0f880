// Starts a bundled program under a Node that can run it: this one, or the one pinned in node_modules.
// Plain JavaScript without dependencies: it must work on any Node, before anything is built.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const OLDEST_NODE = 22;
const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Ends the process with the program's exit status. */
export async function launch(name) {
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) return underPinnedNode(name);
  const { enableCompileCache } = await import('node:module');
  enableCompileCache?.();
  const bundle = join(root, 'dist', name === 'deisd' ? 'daemon' : 'cli', `${name}.js`);
  if (!existsSync(bundle)) giveUp(`${name} is not built yet: run \`npm run build\` in ${root}`);
  const { main } = await import(pathToFileURL(bundle).href);
  process.exit(await main(process.argv.slice(2)));
}

function underPinnedNode(name) {
  const node = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  if (!existsSync(node)) {
    giveUp(
      `${name} needs Node ${OLDEST_NODE} or newer and this is ${process.version}: ` +
        (existsSync(join(root, 'src'))
          ? `run \`npm ci\` in ${root}, which brings one`
          : 'install a newer one from https://nodejs.org'),
    );
  }
  const script = join(root, 'bin', `${name}.js`);
  const child = spawn(node, [script, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both of us; everything else is for the child alone.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => giveUp(`${node} did not start: ${error.message}`));
  child.on('exit', (status, signal) => process.exit(signal ? 1 : status));
}

function giveUp(sentence) {
  process.stderr.write(`Error: ${sentence}\n`);
  process.exit(1);
}
