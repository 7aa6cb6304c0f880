import t from 'tap';
import { createProgress } from '../../src/cli/progress.ts';

function target(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) };
}
const fails = () => Promise.reject(new Error('no'));

void t.test('plain lines where there is no terminal', async (t) => {
  const out = target(false);
  const progress = createProgress(out);
  t.equal(await progress.step('Booting', () => Promise.resolve(7)), 7);
  progress.note('a remark');
  await t.rejects(progress.step('Breaking', fails), { message: 'no' });
  t.match(out.written.join(''), /^✓ Booting \d+\.\d s\n {2}a remark\n✗ Breaking \d+\.\d s\n$/);
});

void t.test('a spinner on a terminal, which ends in the same lines', async (t) => {
  const out = target(true);
  const progress = createProgress(out);
  await progress.step('Outer', () => progress.step('Inner', () => Promise.resolve()));
  const last = out.written.map((text) => text.replace('\r\u001B[K', ''));
  t.match(
    last.filter((text) => text.endsWith('\n')),
    [/^✓ Inner/, /^✓ Outer/],
  );
  t.match(last[0], /Outer$/);
});
