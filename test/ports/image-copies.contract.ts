// What every ImageCopies must do.

import type { Test } from 'tap';
import type { ImageCopies, StoredImage } from '../../src/ports/image-copies.ts';
import { codeOf } from './container-engine.contract.ts';

export interface CopiesUnderTest {
  copies: ImageCopies;
  /** Held by replica `one` and not by `two`; nobody answers at `away`. */
  image: StoredImage;
  one: string;
  two: string;
  away: string;
}

export async function imageCopiesContract(t: Test, hand: CopiesUnderTest): Promise<void> {
  const { copies, image, one, two, away } = hand;
  const { signal } = new AbortController();
  const unknown = { ...image, digest: `sha256:${'0'.repeat(64)}` };

  await t.test('an image goes from one to the other, and away again', async (t) => {
    t.equal(await copies.holds(one, image, signal), true);
    t.equal(await copies.holds(two, image, signal), false);
    t.equal(await copies.copy(image, two, one, signal), false, 'who has not got it gives nothing');
    t.equal(await copies.copy(unknown, one, two, signal), false);
    t.equal(await copies.copy(image, one, two, signal), true);
    t.equal(await copies.holds(two, image, signal), true);
    t.equal(await copies.copy(image, one, two, signal), true, 'safe to repeat');
    await copies.remove(two, image, signal);
    t.equal(await copies.holds(two, image, signal), false);
    await copies.remove(two, image, signal);
    t.equal(await copies.holds(one, image, signal), true, 'the other one keeps it');
  });

  await t.test('a replica that does not answer', async (t) => {
    t.equal(await codeOf(copies.holds(away, image, signal)), 'unavailable');
    t.equal(await codeOf(copies.copy(image, away, two, signal)), 'unavailable');
    t.equal(await codeOf(copies.copy(image, one, away, signal)), 'unavailable');
    t.equal(await codeOf(copies.remove(away, image, signal)), 'unavailable');
  });

  await t.test('a call whose signal has ended rejects with its reason', async (t) => {
    const reason = new Error('enough');
    const over = AbortSignal.abort(reason);
    await t.rejects(async () => void (await copies.holds(one, image, over)), reason);
    await t.rejects(async () => void (await copies.copy(image, one, two, over)), reason);
    await t.rejects(copies.remove(one, image, over), reason);
    t.equal(await copies.holds(one, image, signal), true);
  });
}
