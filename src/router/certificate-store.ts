// Where a router's certificates come from: the store, the settings, its own making – and, for a start without the store, the disk.

import { z } from 'zod';
import { covers } from '../adapters/x509.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Vault } from '../ports/vault.ts';
import type { Bundle } from '../ports/web-server.ts';
import type { Offer } from './certificates.ts';
import { KeptFile } from './kept-file.ts';
import { type Brought, idOf, Keyring } from './keyring.ts';
import { SelfMade } from './self-made.ts';

/** Keys are sealed here as they are in the store. */
const schema = z.array(
  z.object({
    name: z.string(),
    certificate: z.string(),
    key: z.string(),
    context: z.string(),
    kind: z.enum(['user', 'acme']),
    owner: z.string().optional(),
  }),
) as z.ZodType<Brought[]>;

export interface CertificatesNeeds {
  vault: Vault;
  /** Files `<state>/certificates.json` and `<state>/self-made.json`. */
  state: (name: string) => string;
  clock: Clock;
  log: Log;
}

/** `start` once; then `offers`, and `bundles` of what was chosen among them. */
export class Certificates {
  readonly #keyring: Keyring;
  readonly #selfMade: SelfMade;
  readonly #file: KeptFile<Brought[]>;
  #brought: readonly Brought[] = [];
  #offers: readonly Offer[] = [];

  constructor({ vault, state, clock, log }: CertificatesNeeds) {
    this.#keyring = new Keyring(vault);
    this.#selfMade = new SelfMade(state('self-made.json'), clock, log);
    this.#file = new KeptFile(state('certificates.json'), schema, log);
  }

  /** Takes up what the disk has; `others`: what the remembered settings say. Answers the self-made one. */
  async start(others: readonly Brought[], domain: string): Promise<Bundle> {
    await this.offers([...((await this.#file.load()) ?? []), ...others], domain);
    const { certificate, key } = await this.#selfMade.of(domain);
    return { certificate, key };
  }

  async offers(
    brought: readonly Brought[],
    domain: string,
  ): Promise<{ offers: Offer[]; refused: Record<string, string> }> {
    this.#brought = [...brought, await this.#selfMade.of(domain)];
    const taken = this.#keyring.take(this.#brought);
    this.#offers = taken.offers;
    return taken;
  }

  /** Has somebody brought a certificate for this name that is valid at `now` (ms since 1970)? */
  covers(name: string, now: number): boolean {
    return this.#offers.some(
      ({ kind, names, expires }) =>
        (kind === 'user' || kind === 'platform') &&
        covers(names, name) &&
        Date.parse(expires) > now,
    );
  }

  bundles(ids: Iterable<string>): Map<string, Bundle> {
    return this.#keyring.bundles(ids);
  }

  /** Resolves when those of these ids that came from the store would survive a power cut. */
  async remember(ids: Iterable<string>): Promise<void> {
    const used = new Set(ids);
    const kept = this.#brought.filter((one) => one.context !== undefined && used.has(idOf(one)));
    await this.#file.write(kept);
  }
}
