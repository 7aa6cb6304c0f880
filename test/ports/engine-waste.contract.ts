// What every EngineWaste must do: run over the one in memory and over a real Docker Engine.

import type { Test } from 'tap';
import type { EngineWaste, LyingContainer, LyingImage } from '../../src/ports/engine-waste.ts';

export interface WasteUnderTest {
  waste: EngineWaste;
  /** An image of its own under this name. */
  image(reference: string): Promise<void>;
  /** One more name for an image. */
  tag(reference: string, more: string): Promise<void>;
  /** A container of the image with the label `deis.waste=yes`: it runs until it is killed, or has ended. */
  container(name: string, reference: string, running: boolean): Promise<void>;
  kill(container: string): Promise<void>;
}

const ONE = 'waste-contract:1';
const MORE = 'waste-contract:2';

/** `t` runs the suite as its subtests. Images and containers are called `waste-contract*`. */
export async function engineWasteContract(t: Test, hand: WasteUnderTest): Promise<void> {
  const { waste } = hand;
  const { signal } = new AbortController();
  const imageOf = async (reference: string): Promise<LyingImage | undefined> =>
    (await waste.images(signal)).find(({ references }) => references.includes(reference));
  const held = async (wanted: string): Promise<LyingContainer | undefined> =>
    (await waste.containers(signal)).find(({ name }) => name === wanted);

  await t.test('an image goes with its last name', async (t) => {
    t.match(await waste.root(signal), /^\//);
    await hand.image(ONE);
    await hand.tag(ONE, MORE);
    const image = (await imageOf(ONE))!;
    t.strictSame(image.references.toSorted(), [ONE, MORE]);
    t.ok(image.size > 0 && image.created > 0);
    t.equal(await waste.removeImage(image.id, signal), false, 'not by its id: it has names');
    t.equal(await waste.removeImage(ONE, signal), true);
    t.strictSame(await imageOf(MORE), { ...image, references: [MORE] });
    t.equal(await waste.removeImage(MORE, signal), true);
    t.equal(await imageOf(MORE), undefined);
    t.equal(await waste.removeImage(MORE, signal), true, 'gone is fine');
  });

  await t.test('what is in use stays', async (t) => {
    await hand.image(ONE);
    const { id } = (await imageOf(ONE))!;
    await hand.container('waste-contract-dead', ONE, false);
    const dead = (await held('waste-contract-dead'))!;
    t.match(dead, { imageId: id, labels: { 'deis.waste': 'yes' }, running: false });
    t.ok(dead.created > 0);
    t.equal(await waste.removeImage(ONE, signal), false, 'a dead container holds its image');
    t.ok(await imageOf(ONE));
    await waste.removeContainer(dead.id, signal);
    t.equal(await held('waste-contract-dead'), undefined);
    await waste.removeContainer(dead.id, signal);
    await hand.container('waste-contract-alive', ONE, true);
    const alive = (await held('waste-contract-alive'))!;
    t.match(alive, { imageId: id, running: true });
    await waste.removeContainer(alive.id, signal);
    t.strictSame(await held('waste-contract-alive'), alive, 'one that runs stays');
    t.equal(await waste.removeImage(ONE, signal), false);
    await hand.kill('waste-contract-alive');
    await waste.removeContainer(alive.id, signal);
    t.equal(await waste.removeImage(ONE, signal), true);
    t.notOk((await waste.images(signal)).some((image) => image.id === id));
  });

  await t.test(
    'a call whose signal has ended rejects with its reason, and does nothing',
    async (t) => {
      await hand.image(ONE);
      const reason = new Error('enough');
      const over = AbortSignal.abort(reason);
      await t.rejects(waste.images(over), reason);
      await t.rejects(waste.containers(over), reason);
      await t.rejects(async () => void (await waste.removeImage(ONE, over)), reason);
      t.ok(await imageOf(ONE));
      t.equal(await waste.removeImage(ONE, signal), true);
    },
  );
}
