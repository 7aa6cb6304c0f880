// The builder's rules on values: commands, refs, output, limits, logs.

import t from 'tap';
import { parseCommand } from '../../src/builder/command.ts';
import { HALF, LogKeeper, logId } from '../../src/builder/kept-log.ts';
import { limitFrom } from '../../src/builder/limits.ts';
import { PushOutput } from '../../src/builder/output.ts';
import { refChanges } from '../../src/builder/refs.ts';
import { chooseUpdate } from '../../src/builder/updates.ts';

void t.test('three verbs, and names of apps that cannot lead elsewhere', async (t) => {
  const receive = (app: string) => ({ kind: 'git', program: 'git-receive-pack', app });
  const cases: [string, object][] = [
    ["git-receive-pack 'blog.git'", receive('blog')],
    ["git receive-pack '/blog.git'", receive('blog')],
    ["git-receive-pack '/blog.git/'", receive('blog')],
    ["git-receive-pack 'blog'", receive('blog')],
    ["git-upload-pack 'my-blog.git'", { kind: 'git', program: 'git-upload-pack', app: 'my-blog' }],
    ['ping', { kind: 'ping' }],
  ];
  for (const [command, wanted] of cases) t.strictSame(parseCommand(command), wanted, command);
  for (const command of [
    '',
    'sh',
    'ping; sh',
    'git-upload-archive blog.git',
    "git-receive-pack '../blog.git'",
    "git-receive-pack 'blog.git' '--exec=sh'",
    "git-receive-pack '$(id).git'",
    "git-receive-pack ''",
    "git-receive-pack 'Blog.git'",
    "git-receive-pack 'a\nb.git'",
    `git-receive-pack '${'a'.repeat(64)}.git'`,
  ]) {
    t.equal(parseCommand(command).kind, 'refused', JSON.stringify(command));
  }
});

const zero = '0'.repeat(40);
const [one, two] = ['1'.repeat(40), '2'.repeat(40)];
const update = (ref: string, after: string) => ({ before: zero, after, ref });

void t.test('one branch of a push becomes a release', async (t) => {
  const master = update('refs/heads/master', one);
  const topic = update('refs/heads/topic', two);
  const tag = update('refs/tags/v1', two);
  const gone = update('refs/heads/old', zero);
  t.strictSame(chooseUpdate([master]), { kind: 'deploy', update: master });
  t.strictSame(chooseUpdate([topic, gone]), { kind: 'deploy', update: topic });
  t.strictSame(chooseUpdate([tag, master]), { kind: 'deploy', update: master });
  t.strictSame(chooseUpdate([tag]), { kind: 'deploy', update: tag });
  t.strictSame(chooseUpdate([gone]), { kind: 'nothing' });
  t.strictSame(chooseUpdate([]), { kind: 'nothing' });
  t.match(chooseUpdate([master, topic]), { kind: 'refused', reason: /master, topic/ });
  const many = Array.from({ length: 101 }, (_, n) => update(`refs/tags/${n}`, one));
  t.equal(chooseUpdate(many).kind, 'refused');
});

void t.test('a repository shows what the store says, as far as it has the objects', async (t) => {
  const everything = () => true;
  t.strictSame(refChanges({}, {}, everything), {});
  t.strictSame(refChanges({ a: one }, { a: one }, everything), {});
  t.strictSame(refChanges({ a: one }, { a: two }, everything), { a: two });
  t.strictSame(refChanges({ a: one, b: one }, { a: one }, everything), { b: undefined });
  t.strictSame(
    refChanges({ a: one }, { a: two }, (object) => object === one),
    { a: undefined },
  );
  t.strictSame(
    refChanges({}, { a: one }, () => false),
    {},
  );
});

function output(): {
  out: PushOutput;
  shown: () => string;
  kept: () => string;
  pass: (ms: number) => void;
} {
  const shown: Buffer[] = [];
  const kept: Buffer[] = [];
  let now = 0;
  const out = new PushOutput(
    (bytes) => shown.push(bytes),
    (bytes) => kept.push(bytes),
    () => now,
  );
  return {
    out,
    shown: () => Buffer.concat(shown).toString(),
    kept: () => Buffer.concat(kept).toString(),
    pass: (ms) => (now += ms),
  };
}

void t.test(
  'lines cover what git puts before them, and steps say how long they took',
  async (t) => {
    const { out, shown, kept, pass } = output();
    out.step('Building');
    out.write('       half a');
    t.equal(shown(), '\u001b[1G-----> Building\n', 'half a line waits');
    out.write(' line\nünd');
    pass(3210);
    out.step('Launching');
    pass(500);
    out.endStep();
    out.text('done');
    out.problem('no\nnever');
    const lines = [
      '-----> Building',
      '       half a line',
      'ünd',
      '       (3.2 s)',
      '-----> Launching',
    ];
    t.equal(kept().split('\n').slice(0, 5).join('\n'), lines.join('\n'));
    t.match(kept(), / {7}done\n !     no\n !     never\n$/);
    t.equal(shown().replaceAll('\u001b[1G', ''), kept());
  },
);

void t.test('a step that took a while says so, a short one does not', async (t) => {
  const { out, kept, pass } = output();
  out.step('A');
  pass(3210);
  out.step('B');
  pass(999);
  out.step('C');
  pass(125_000);
  out.endStep();
  out.endStep();
  t.equal(kept(), '-----> A\n       (3.2 s)\n-----> B\n-----> C\n       (2 min 5 s)\n');
});

void t.test('bytes are passed on as they are; a line without end is broken', async (t) => {
  const { out, kept } = output();
  const word = Buffer.from('grün');
  out.write(word.subarray(0, 3));
  out.write(Buffer.concat([word.subarray(3), Buffer.from('\n')]));
  out.write('x'.repeat(40_000));
  out.endStep();
  t.match(kept(), /^grün\nx{16384}\nx{16384}\nx{7232}\n$/);
});

void t.test('of a long log the beginning and the end are kept', async (t) => {
  const keeper = new LogKeeper();
  const line = Buffer.from(`${'y'.repeat(999)}\n`);
  keeper.add(Buffer.from('first\n'));
  for (let n = 0; n < 1000; n += 1) keeper.add(line);
  keeper.add(Buffer.from('last\n'));
  const text = keeper.text().toString();
  t.match(text, /^first\n/);
  t.match(text, /\n\[ \d+ lines are not kept \]\n/);
  t.match(text, /\nlast\n$/);
  t.ok(text.length < 2 * HALF + 2000 && text.length > 1.9 * HALF, `${text.length} bytes`);
  const whole = new LogKeeper();
  whole.add(Buffer.from('all\n'));
  t.equal(whole.text().toString(), 'all\n');
});

void t.test('ids of logs sort by time', async (t) => {
  const early = logId('2026-11-22T05:15:00.123Z', one);
  t.equal(early, '20261122T051500.123Z-11111111');
  t.ok(early < logId('2026-11-22T05:15:00.124Z', zero));
});

void t.test('limits are whole numbers in range, or not set', async (t) => {
  const MB = 1024 * 1024;
  t.equal(limitFrom('maxPushSize', undefined), 128 * MB);
  t.equal(limitFrom('maxPushSize', '200'), 200 * MB);
  t.equal(limitFrom('pushTimeout', '5'), 300_000);
  for (const wrong of ['0', '-1', '1.5', 'x', '', '5000', '99999999999']) {
    t.equal(limitFrom('maxPushSize', wrong), 128 * MB, wrong);
  }
});
