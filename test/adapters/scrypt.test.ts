import t from 'tap';
import { scryptPasswords } from '../../src/adapters/scrypt.ts';

t.test('a password is found again, and nothing else is', async (t) => {
  const cheap = scryptPasswords({ ln: 4, r: 1, p: 1 });
  const hash = await cheap.hash('pässword ✓');
  t.notMatch(hash, /p.ssword/);
  t.ok(await cheap.matches('pässword ✓', hash));
  t.notOk(await cheap.matches('password', hash));
  t.not(await cheap.hash('pässword ✓'), hash, 'salted');
  t.ok(await scryptPasswords().matches('pässword ✓', hash), 'a hash says its own cost');
});

t.test('a hash that is none matches nothing', async (t) => {
  const passwords = scryptPasswords({ ln: 4, r: 1, p: 1 });
  for (const hash of ['', 'x', 'scrypt$ln=4,r=1,p=1$$', '$2b$10$abc']) {
    t.notOk(await passwords.matches('x', hash), hash);
  }
  await t.rejects(passwords.matches('x', 'scrypt$ln=40,r=99,p=1$AAAA$AAAA'), { code: 'internal' });
});
