// The certificates this router can show: opened with the platform key, looked at once, and kept (sealed, as they came) for a start
// without the store.

import { createHash } from 'node:crypto';
import { keyProblem, readChain } from '../adapters/x509.ts';
import { DeisError, toDeisError } from '../model/errors.ts';
import type { Bundle } from '../ports/web-server.ts';
import type { Vault } from '../ports/vault.ts';
import type { Offer } from './certificates.ts';

/** A certificate as the store or a setting has it. */
export interface Brought {
  /** For people, and what its problems are told under. */
  name: string;
  certificate: string;
  /** PEM; sealed when there is a `context`. */
  key: string;
  context?: string;
  kind: Offer['kind'];
  owner?: string;
}

interface Known {
  offer: Offer;
  bundle: Bundle;
}

/** `take` whenever what there is may have changed. */
export class Keyring {
  readonly #vault: Vault;
  readonly #known = new Map<string, Known | { problem: string }>();

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** What can be shown of these, and what is wrong with the others, by `*certificate <name>`. Forgets all that is not among them. */
  take(brought: readonly Brought[]): { offers: Offer[]; refused: Record<string, string> } {
    const offers: Offer[] = [];
    const refused: Record<string, string> = {};
    const ids = new Set<string>();
    for (const one of brought) {
      const id = idOf(one);
      ids.add(id);
      const known = this.#known.get(id) ?? this.#read(id, one);
      this.#known.set(id, known);
      if ('problem' in known) refused[`*certificate ${one.name.slice(0, 80)}`] = known.problem;
      else offers.push({ ...known.offer, ...(one.owner ? { owner: one.owner } : {}) });
    }
    for (const id of this.#known.keys()) if (!ids.has(id)) this.#known.delete(id);
    return { offers, refused };
  }

  bundles(ids: Iterable<string>): Map<string, Bundle> {
    const found = new Map<string, Bundle>();
    for (const id of ids) {
      const known = this.#known.get(id);
      if (known && 'bundle' in known) found.set(id, known.bundle);
    }
    return found;
  }

  #read(
    id: string,
    { name, certificate, key, context, kind }: Brought,
  ): Known | { problem: string } {
    const read = readChain(certificate);
    if ('problem' in read) return read;
    const { pem, names, expires } = read.facts;
    try {
      const opened = context === undefined ? key : this.#vault.open(key, context);
      const problem = keyProblem(pem, opened);
      if (problem !== undefined) return { problem };
      const bundle = { certificate: pem, key: opened };
      return { offer: { id, name, names, expires, kind }, bundle };
    } catch (error) {
      if (!(error instanceof DeisError)) throw error;
      return { problem: toDeisError(error).message };
    }
  }
}

/** Names the text as it came: the same record is opened once, a changed one is another. */
export function idOf({ certificate, key, context, kind }: Brought): string {
  const text = JSON.stringify([certificate, key, context, kind]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
