// `deis logs --tail` in front of somebody while the logger goes and comes: each line once, in order, as it is written.

import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { eventually, platform } from './platform.ts';

const APP = 'ticker';
/** Ten lines a second, for ever; a timer that fires late makes up for it. */
const SCRIPT = `
process.once('SIGTERM', () => process.exit());
const began = Date.now();
let next = 0;
setInterval(() => { while (next < (Date.now() - began) / 100) console.log('tick ' + next++); }, 100);
`;
/** Later than that a line is not "as it is written", also on a slow box with journals asked once a second. */
const LATE_TICKS = 100;

/** Follows an app that talks while the caller does to the logger what it wants; answers what looks at it at last, as a test. */
export async function tailing(): Promise<() => Promise<void>> {
  const on = await platform();
  const destroy = () => on.deis('apps:destroy', '-a', APP, '--confirm', APP);
  await destroy();
  t.teardown(destroy);
  await on.mustDeis('apps:create', APP, '--no-remote');
  await on.mustDeis('config:set', `SCRIPT=${SCRIPT}`, '-a', APP);
  const procfile = 'worker: exec node -e "$SCRIPT"';
  await on.mustDeis('builds:create', on.hello.reference, '-a', APP, '-p', procfile);
  await on.mustDeis('ps:scale', 'worker=1', 'cmd=0', '-a', APP);
  const home = join(on.root, '.deis', 'clusters', on.name, 'home');
  const words = [join(on.root, 'bin', 'deis.js'), 'logs', '--tail', '-n', '1', '-a', APP];
  const follower = execa(process.execPath, words, {
    reject: false,
    stdin: 'ignore',
    env: { HOME: home, NO_COLOR: '1' },
    cancelSignal: on.signal,
  });
  let said = '';
  /** When it showed its first line: it takes a while to start. */
  let began = NaN;
  follower.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (said === '') began = performance.now();
    said += text;
  });
  const ticks = (): number[] =>
    [...said.matchAll(/^\S+ ticker\[worker\.1\]: tick (\d+)$/gm)].map(([, number]) =>
      Number(number),
    );

  return async () => {
    await t.test('deis logs --tail', { timeout: 200_000 }, async (t) => {
      const first = await eventually('a line', 30, () => Promise.resolve(ticks()[0]?.toString()));
      const due = Math.floor((performance.now() - began) / 100);
      await eventually('all lines', 60, () =>
        Promise.resolve(ticks().at(-1)! >= Number(first) + due),
      );
      const late = Math.floor((performance.now() - began) / 100) - ticks().length;
      t.ok(late < LATE_TICKS, `${late} lines behind`);
      follower.kill('SIGINT');
      const { exitCode } = await follower;
      t.equal(exitCode, 130, 'Ctrl-C ends it');
      const seen = ticks();
      const wrong = seen.findIndex((tick, index) => tick !== seen[0]! + index);
      t.equal(
        wrong,
        -1,
        `${seen.length} lines, each once and in order: ${seen.slice(wrong - 2, wrong + 3).join()}`,
      );
      const other = said.split('\n').filter((line) => line !== '' && !line.includes(': tick '));
      t.ok(other.length <= 3, `nothing else: ${other.join('; ')}`);
    });
  };
}
