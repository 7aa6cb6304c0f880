// Procfiles: what is read, and which sentence each mistake gets.
import t from 'tap';
import { parseProcfile } from '../../src/model/procfile.ts';

void t.test('types in order; comments, empty lines, BOM and CRLF are fine', (t) => {
  const text =
    '\uFEFFweb: node web.js --a "b: c"\r\n# a comment\r\n\r\nrelease:  ./migrate \r\nw-2: x';
  t.same(parseProcfile(text), {
    procfile: { web: 'node web.js --a "b: c"', release: './migrate', 'w-2': 'x' },
  });
  t.same(parseProcfile(''), { procfile: {} });
  t.same(parseProcfile('celery_worker: a\nClock: b'), {
    procfile: { celery_worker: 'a', Clock: 'b' },
  });
  t.end();
});

const MISTAKES: [text: string, problem: RegExp][] = [
  ['web: a\n\nweb: b', /^Procfile, line 3: web is already on line 1\.$/],
  ['# x\nweb:', /^Procfile, line 2: web has no command\.$/],
  ['web:   \r\n', /^Procfile, line 1: web has no command\.$/],
  ['just words', /^Procfile, line 1: "just words" is not "type: command"\.$/],
  ['web.1: a', /^Procfile, line 1: "web.1" is not a process type/],
  ['_web: a', /^Procfile, line 1: "_web" is not a process type/],
  ['9: a', /line 1: "9" is not a process type/],
  [': a', /line 1: "" is not a process type/],
  [`${'a'.repeat(64)}: x`, /line 1: "a+…" is not a process type/],
  ['web: a\0b', /line 1: the command of web is not text/],
  ['web: \u001b[0m', /line 1: the command of web is not text/],
  [`web: ${'a'.repeat(32 * 1024 + 1)}`, /line 1: the command of web is longer than 32 KB/],
  [Array.from({ length: 65 }, (_, at) => `w${at}: x`).join('\n'), /line 65: more than 64/],
  ['#'.repeat(2 ** 20 + 1), /^Procfile is larger than 1 MB\.$/],
];

for (const [text, problem] of MISTAKES) {
  void t.test(JSON.stringify(text.slice(0, 40)), (t) => {
    const parsed = parseProcfile(text);
    t.match('problem' in parsed && parsed.problem, problem);
    t.end();
  });
}

void t.test('a Procfile of 1 MB of comments is read at once', (t) => {
  const began = performance.now();
  t.same(parseProcfile(`${'# x\n'.repeat(260_000)}web: a`), { procfile: { web: 'a' } });
  t.ok(performance.now() - began < 2000);
  t.end();
});
