// `deis logs --tail` over breaks: each line once, in order, also those that look alike and those said meanwhile.

import t from 'tap';
import { OVERLAP, type OpenTail, tail } from '../../../src/cli/client/log-tail.ts';
import { DeisError } from '../../../src/model/errors.ts';

const broken = new DeisError('unavailable', 'the controller at x does not answer');
const TIME = '2026-01-02T00:00:00UTC blog[web.1]: ';

/** An app whose log is `log`; each connection breaks after so many lines, the last one never. */
function controller(log: string[], breaks: number[]): { open: OpenTail; asked: number[] } {
  const asked: number[] = [];
  const open: OpenTail = async function* (lines) {
    asked.push(lines);
    const after = breaks[asked.length - 1] ?? Infinity;
    let given = 0;
    for (let at = Math.max(0, log.length - lines); ; at += 1) {
      if (given++ === after) throw broken;
      if (at >= log.length) throw new Error('all was said');
      yield log[at]!;
    }
  };
  return { open, asked };
}

/** What is shown until all was said. */
async function shown(open: OpenTail, lines: number, between: () => void = () => undefined) {
  const seen: string[] = [];
  const problems: string[] = [];
  const pause = async (): Promise<void> => between();
  try {
    for await (const line of tail(open, lines, pause, (problem) => problems.push(problem))) {
      seen.push(line);
    }
  } catch (error) {
    if (!/all was said/.test(String(error))) throw error;
  }
  return { seen, problems };
}

t.test('after a break it goes on where it was', async (t) => {
  const log = Array.from({ length: 50 }, (_, index) => `${TIME}line ${index}`);
  const { open, asked } = controller(log, [7, 45]);
  let said = 0;
  const more = (): void => void log.push(`${TIME}meanwhile ${said++}`);
  const { seen, problems } = await shown(open, 10, more);
  t.same(seen, log.slice(40), 'what was said while nobody listened too');
  t.same(asked, [10, OVERLAP, OVERLAP]);
  t.equal(problems.length, 2);
});

t.test('lines that look alike are as many as were said', async (t) => {
  const log = Array.from({ length: 30 }, () => `${TIME}GET /`);
  const { open } = controller(log, [20]);
  const { seen } = await shown(open, 30, () => void log.push(`${TIME}GET /`, `${TIME}last`));
  t.same(seen, log);
});

t.test('a stream that ends in good order is opened again', async (t) => {
  const log = [`${TIME}one`];
  let opened = 0;
  const open: OpenTail = async function* () {
    opened += 1;
    if (opened > 2) throw new Error('all was said');
    yield* log;
  };
  const { seen, problems } = await shown(open, 1, () => void log.push(`${TIME}two`));
  t.same(seen, log.slice(0, 2));
  t.same(problems, []);
});

t.test('what the controller refuses is told, not tried again', async (t) => {
  const open: OpenTail = async function* () {
    yield `${TIME}one`;
    throw new DeisError('refused', '403 FORBIDDEN');
  };
  await t.rejects(shown(open, 1), { message: '403 FORBIDDEN' });
});
