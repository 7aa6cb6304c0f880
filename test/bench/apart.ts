// Measures in a network namespace of its own. In that of the box every rule that some cluster needs makes the kernel note each
// connection for two minutes: the measured server pays for it, and a fast one fills the table, so that connections are refused.

import { spawn } from 'node:child_process';

const UP = 'ip link set lo up && exec "$@"';
const MARK = 'measured: ';

/** Calls an exported function of a module there; its arguments and what it answers are JSON. Throws with its last words. */
export async function apart<T>(module: string, name: string, ...given: unknown[]): Promise<T> {
  const call =
    `const { ${name} } = await import(${JSON.stringify(module)});` +
    `console.log(${JSON.stringify(MARK)} + JSON.stringify(await ${name}(...${JSON.stringify(given)})));`;
  const node = [process.execPath, '--input-type=module', '--eval', call];
  const child = spawn('unshare', ['--net', '--', 'sh', '-c', UP, 'sh', ...node]);
  let [out, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const answer = out.split('\n').find((line) => line.startsWith(MARK));
  if (code !== 0 || answer === undefined) throw new Error(`${name}: ${errors.slice(-2000)}`);
  return JSON.parse(answer.slice(MARK.length)) as T;
}
