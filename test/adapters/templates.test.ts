// Rendering: strict, exact, and quoting that systemd reads back as it was.

import fc from 'fast-check';
import t from 'tap';
import { fileTemplates, quoteForSystemd, textForSystemd } from '../../src/adapters/templates.ts';

void t.test('a name that the data lacks is an error, not a hole', async (t) => {
  t.throws(() => fileTemplates.render('platform/service', { name: 'a.service' }), {
    code: 'internal',
    message: /platform\/service could not be rendered/,
  });
  t.throws(() => fileTemplates.render('no/such', {}), { code: 'internal' });
});

void t.test('nothing is escaped for HTML', async (t) => {
  const data = { name: `a="<&'>"`, restart: 'no', stopTimeout: 0, stopLimit: 15 };
  const text = fileTemplates.render('platform/service', { ...data, restartsDirectly: false });
  t.match(text, `DEIS_UNIT=a="<&'>"`);
});

/** systemd.syntax(7) and systemd.service(5): quotes, C escapes, then specifiers and variables doubled. */
function readBack(quoted: string): string {
  const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"' };
  return quoted
    .slice(1, -1)
    .replaceAll(/\\(.)/gs, (_, character: string) => escapes[character] ?? '?')
    .replaceAll('%%', '%')
    .replaceAll('$$', '$');
}

void t.test('a quoted word is one word with the same text', async () => {
  const nasty = fc.array(fc.constantFrom('\\', '"', '%', '$', '\n', '\t', '%n', '${A}', 'é', ' '));
  fc.assert(
    fc.property(nasty, (parts) => {
      const text = parts.join('');
      const quoted = quoteForSystemd(text);
      const inner = quoted.slice(1, -1).replaceAll(/\\./gs, '');
      return readBack(quoted) === text && !/["\n]/.test(inner);
    }),
  );
});

void t.test('free text stays one line without specifiers', async (t) => {
  t.equal(textForSystemd('100 % of\nit \\'), '100 %% of it \\ ');
});
