// Forgets units that were destroyed, once no machine has anything of them any more. Whoever took the order sees it through; what a
// daemon left behind when it died, the next one that looks finishes.

import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { Loop } from '../daemon/loop.ts';
import { keys } from '../registry/keys.ts';
import { type Registry, remove, unchanged } from '../registry/registry.ts';
import type { Copies, Sight } from './sight.ts';

export interface UndertakerOptions {
  registry: Registry;
  sight: Sight;
  clock: Clock;
  log: Log;
}

const EVERY_MS = 600_000;
const AT_LEAST_MS = 100;
const AT_ONCE = 50;

export class Undertaker {
  readonly #options: UndertakerOptions;
  readonly #loop: Loop;

  constructor(options: UndertakerOptions) {
    this.#options = options;
    const { sight, clock, log } = options;
    this.#loop = new Loop({
      name: 'undertaker',
      pass: (signal) => this.#pass(signal),
      every: EVERY_MS,
      atLeast: AT_LEAST_MS,
      clock,
      log,
    });
    sight.listen(this.#loop.hint);
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  /** Is there a unit that still has to leave a machine? */
  readonly busy = (): boolean => {
    const copies = this.#options.sight.present;
    return copies !== undefined && goneIn(copies).length > 0;
  };

  async #pass(signal: AbortSignal): Promise<void> {
    const { registry, sight, log } = this.#options;
    const copies = sight.present;
    if (!copies?.all().every(({ connected }) => connected)) return;
    const present = onMachines(copies);
    const over = goneIn(copies).filter(({ ids }) => !present.has(ids[0]!));
    for (let at = 0; at < over.length; at += AT_ONCE) {
      const batch = over.slice(at, at + AT_ONCE);
      const { applied } = await registry.commit(
        batch.map(({ ids, modRevision }) => unchanged(keys.foreignUnits, ids, modRevision)),
        batch.map(({ ids }) => remove(keys.foreignUnits, ids)),
        signal,
      );
      // Somebody made one of them anew: the copies will show it, and hint.
      if (applied) log.debug('forgot units', { units: batch.map(({ ids }) => ids[0]).join(' ') });
    }
  }
}

function goneIn(copies: Copies) {
  return copies.units.items().filter(({ value }) => value.desired === 'gone');
}

/** Units of which a machine is told, or tells, anything: a lost one too, which has not carried its order out yet. */
function onMachines(copies: Copies): Set<string> {
  return new Set(
    [...copies.placements.items(), ...copies.states.items()].map(({ ids }) => ids[1]!),
  );
}
