// What lies in an Engine, in memory: it keeps the same contract as Docker's (`test/ports/engine-waste.contract.ts`).

import type { EngineWaste, LyingContainer, LyingImage } from '../../src/ports/engine-waste.ts';

export class PretendWaste implements EngineWaste {
  /** References and ids, as they were asked to go and went. */
  readonly removed: string[] = [];
  /** By id. */
  readonly lying = new Map<string, LyingImage>();
  readonly held = new Map<string, LyingContainer>();
  /** What happens elsewhere while something goes. */
  onRemoval: () => Promise<void> = () => Promise.resolve();

  constructor(images: readonly LyingImage[], containers: readonly LyingContainer[] = []) {
    for (const image of images) this.lying.set(image.id, image);
    for (const container of containers) this.held.set(container.id, container);
  }

  async root(signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    return '/var/lib/docker';
  }

  async images(signal: AbortSignal): Promise<LyingImage[]> {
    signal.throwIfAborted();
    return [...this.lying.values()];
  }

  async containers(signal: AbortSignal): Promise<LyingContainer[]> {
    signal.throwIfAborted();
    return [...this.held.values()];
  }

  async removeImage(reference: string, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    const image = [...this.lying.values()].find(
      ({ id, references }) => id === reference || references.includes(reference),
    );
    if (!image) return true;
    const rest = image.references.filter((name) => name !== reference && image.id !== reference);
    const isUsed = [...this.held.values()].some(({ imageId }) => imageId === image.id);
    if (rest.length === 0 && isUsed) return false;
    if (image.id === reference && image.references.length > 1) return false;
    if (rest.length > 0) this.lying.set(image.id, { ...image, references: rest });
    else this.lying.delete(image.id);
    this.removed.push(reference);
    await this.onRemoval();
    return true;
  }

  async removeContainer(id: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const container = this.held.get(id);
    if (!container) return;
    if (container.running) return;
    this.held.delete(id);
    this.removed.push(id);
  }
}
