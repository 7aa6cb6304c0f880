import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { aesVault } from '../../src/adapters/vault.ts';

const key = () => randomBytes(32).toString('base64');
const idOf = (base64: string) =>
  createHash('sha256').update(Buffer.from(base64, 'base64')).digest('hex').slice(0, 8);

void t.test('opens what it sealed, whatever the text', async (t) => {
  const vault = aesVault(key());
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (plain, context) => {
      const wellFormed = plain.toWellFormed();
      return vault.open(vault.seal(wellFormed, context), context) === wellFormed;
    }),
  );
  const big = '€'.repeat(64 * 1024);
  t.equal(vault.open(vault.seal(big, 'c'), 'c'), big);
});

void t.test(
  'the sealed text names the key, hides the value, and never repeats itself',
  async (t) => {
    const platform = key();
    const vault = aesVault(`${platform}\n`);
    const sealed = vault.seal('secret', 'configs/blog/1');
    t.match(sealed, new RegExp(`^v1:${idOf(platform)}:[A-Za-z0-9+/=]+$`));
    t.notOk(Buffer.from(sealed.split(':')[2] ?? '', 'base64').includes('secret'));
    t.not(vault.seal('secret', 'configs/blog/1'), sealed);
  },
);

void t.test('notices a changed text, another record, and another key', async (t) => {
  const vault = aesVault(key());
  const sealed = vault.seal('secret', 'configs/blog/1');
  t.throws(() => vault.open(sealed, 'configs/shop/1'), { code: 'internal', message: /moved/ });
  const bytes = Buffer.from(sealed.split(':')[2] ?? '', 'base64');
  for (const at of [0, 12, 20, bytes.length - 1]) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    const text = [...sealed.split(':').slice(0, 2), changed.toString('base64')].join(':');
    t.throws(() => vault.open(text, 'configs/blog/1'), { code: 'internal' }, `byte ${at}`);
  }
  t.throws(() => aesVault(key()).open(sealed, 'configs/blog/1'), {
    message: /another platform key/,
  });
  for (const text of ['', 'v1', `${sealed.slice(0, 15)}`, sealed.replace('v1', 'v2')]) {
    t.throws(() => vault.open(text, 'configs/blog/1'), { code: 'internal' }, `"${text}"`);
  }
});

void t.test('after a change of keys old values open and new ones use the new key', async (t) => {
  const [old, present] = [key(), key()];
  const before = aesVault(old).seal('secret', 'c');
  const vault = aesVault(present, old);
  t.equal(vault.open(before, 'c'), 'secret');
  t.ok(vault.seal('secret', 'c').startsWith(`v1:${idOf(present)}:`));
});

void t.test('a key of another length is refused', async (t) => {
  t.throws(() => aesVault('abc'), { code: 'invalid' });
  t.throws(() => aesVault(), { code: 'invalid' });
});
