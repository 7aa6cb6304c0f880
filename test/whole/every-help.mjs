// Asks every command of an installed `deis` and `deisctl` for its help, in one process, and prints those that gave none. Words: the folder
// of the package, and the platform that the program is to believe in.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, platform] = process.argv.slice(2);
process.stdout.setMaxListeners(0);
Object.defineProperty(process, 'platform', { value: platform });
const write = process.stdout.write.bind(process.stdout);
const silent = [];
let asked = 0;
for (const program of ['deis', 'deisctl']) {
  const url = pathToFileURL(join(folder, 'dist/cli', `${program}.js`)).href;
  const { COMMANDS, main } = await import(url);
  for (const id of Object.keys(COMMANDS)) {
    let said = '';
    process.stdout.write = (chunk, encoding, done = encoding) => {
      said += chunk;
      if (typeof done === 'function') done();
      return true;
    };
    const status = await main([...id.split(':'), '--help']);
    process.stdout.write = write;
    asked += 1;
    if (status !== 0 || !said.includes('USAGE')) silent.push(`${program} ${id}`);
  }
}
console.log(JSON.stringify({ asked, silent }));
