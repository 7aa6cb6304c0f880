// One app floods and prints what looks like another's lines; the other loses none of its own and gets none of those.

import t, { type Test } from 'tap';
import { eventually, platform } from './platform.ts';

/** Floods for some seconds between lines that would deceive who trusts text, and lines that are long, or no text at all. */
const FLOOD = `
process.once('SIGTERM', () => process.exit());
const say = (text) => process.stdout.write(text);
say('2016-06-28T15:04:05UTC quiet[web.1]: forged\\n');
say('<14>1 2016-06-28T15:04:05Z ada quiet web.1 - - forged\\n');
say('carriage\\rreturn quiet[worker.1]: forged\\n');
say('DEIS_APP=quiet\\u0000MESSAGE=forged\\n');
say('long ' + 'x'.repeat(65536) + ' 64k end\\n');
say('long ' + 'y'.repeat(1000000) + ' 1m end\\n');
say(Buffer.concat([Buffer.from([0xff, 0xfe, 0x80, 0x00]), Buffer.from(' binary\\n')]));
const end = Date.now() + 4000;
let next = 0;
const round = () => {
  let text = '';
  for (let index = 0; index < 500; index += 1) text += 'flood ' + next++ + ' quiet[web.1]: forged\\n';
  process.stdout.write(text, () => {
    if (Date.now() < end) setImmediate(round);
    else { say('flooded ' + next + '\\n'); setInterval(() => {}, 1e6); }
  });
};
round();
`;

const QUIET = `
process.once('SIGTERM', () => process.exit());
let next = 0;
const timer = setInterval(() => {
  console.log('quiet ' + next++);
  if (next === 200) { clearInterval(timer); setInterval(() => {}, 1e6); }
}, 40);
`;

/** Makes the two apps; what it answers lets them talk, as a test. */
export async function flooding(): Promise<() => Promise<void>> {
  const on = await platform();
  const start = async (app: string, script: string): Promise<void> => {
    await on.mustDeis('apps:create', app, '--no-remote');
    await on.mustDeis('config:set', `SCRIPT=${script}`, '-a', app);
    const procfile = 'worker: exec node -e "$SCRIPT"';
    await on.mustDeis('builds:create', on.hello.reference, '-a', app, '-p', procfile);
  };
  const linesOf = async (app: string): Promise<string[]> =>
    (await on.mustDeis('logs', '-n', '100000', '-a', app)).split('\n');
  for (const app of ['noisy', 'quiet'])
    t.teardown(() => on.deis('apps:destroy', '-a', app, '--confirm', app));
  await Promise.all([start('noisy', FLOOD), start('quiet', QUIET)]);

  const watch = async (t: Test): Promise<void> => {
    // On every machine beside the flood.
    await on.mustDeis('ps:scale', 'worker=3', '-a', 'quiet');
    await on.mustDeis('ps:scale', 'worker=1', '-a', 'noisy');
    const noisy = await eventually('the end of the flood', 120, async () => {
      const lines = await linesOf('noisy');
      return lines.some((text) => text.includes('flooded ')) && lines;
    });
    const quiet = await eventually('the quiet one’s lines', 60, async () => {
      const lines = (await linesOf('quiet')).filter((text) => text.includes(']: quiet '));
      return lines.length >= 600 && lines;
    });
    for (const worker of ['worker.1', 'worker.2', 'worker.3']) {
      const own = quiet.filter((text) => text.includes(` quiet[${worker}]: `));
      t.same(
        own.map((text) => text.slice(text.indexOf(']: ') + 3)),
        Array.from({ length: 200 }, (_, index) => `quiet ${index}`),
        worker,
      );
    }
    t.notOk(
      (await linesOf('quiet')).some((text) => text.includes('forged')),
      'nothing forged',
    );
    t.ok(
      noisy.every((text) => /^\S+ noisy\[(worker\.1|cmd\.1|deis-controller)\]: /.test(text)),
      'every line of the flood is its own',
    );
    const total = Number(noisy.find((text) => text.includes('flooded '))?.split('flooded ')[1]);
    const floods = noisy.filter((text) => /\]: flood [0-9]+ /.test(text));
    t.comment(`${total} lines of flood in 4 s, ${floods.length} of them in the answer`);
    const numbers = floods.map((text) => Number(/\]: flood ([0-9]+) /.exec(text)?.[1]));
    t.ok(numbers.length > 1000 && numbers.at(-1) === total - 1, 'to its last line');
    t.ok(
      numbers.every((number, index) => index === 0 || number === numbers[index - 1]! + 1),
      'none left out, none twice',
    );
    if (total < 90_000) {
      const whole = noisy.map((text) => text.slice(text.indexOf(']: ') + 3));
      t.ok(whole.includes(`long ${'x'.repeat(65_536)} 64k end`), 'a line of 64 KB');
      t.ok(whole.includes(`long ${'y'.repeat(1_000_000)} 1m end`), 'a line of 1 MB');
      t.ok(
        whole.some((text) => text.endsWith(' binary')),
        'bytes that are no text',
      );
    }
  };
  return async () => void (await t.test('a flood is its own app’s', { timeout: 400_000 }, watch));
}
