// A component's certificate, its key and the authorities it believes, as they are now. They are changed under a running program
// (`deisctl certs rotate`): who connects spreads this object anew each time, who holds a connection or listens is told.

import { DeisError } from '../model/errors.ts';
import { readJoinedFile } from './joined-file.ts';
import { issuerAmong, keyProblem, readChain } from './x509.ts';

/** Paths of PEM files. */
export interface IdentityPaths {
  ca: string;
  cert: string;
  key: string;
}

export class LiveIdentity {
  /** PEM texts. */
  ca = '';
  cert = '';
  key = '';
  readonly #paths: IdentityPaths;
  readonly #listeners: (() => void)[] = [];

  private constructor(paths: IdentityPaths) {
    this.#paths = paths;
  }

  /** Throws DeisError('unsupported') naming the file that is missing or does not fit. */
  static async open(paths: IdentityPaths): Promise<LiveIdentity> {
    const identity = new LiveIdentity(paths);
    const texts = await readAll(paths);
    const problem = problemOf(texts);
    if (problem !== undefined) throw new DeisError('unsupported', `${paths.cert}: ${problem}`);
    Object.assign(identity, texts);
    return identity;
  }

  /** Called, after the fields have changed, by whom it was opened for: to connect or to listen anew. */
  onRenewal(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Looks at the files; true when they had changed and are taken. Throws DeisError when they cannot be read or would serve nobody – its
   * key has not arrived yet, its time is over, nobody who is believed signed it: what was there before stays.
   */
  async look(): Promise<boolean> {
    const texts = await readAll(this.#paths);
    const { ca, cert, key } = this;
    if (texts.ca === ca && texts.cert === cert && texts.key === key) return false;
    const problem = problemOf(texts) ?? uselessness(texts);
    if (problem !== undefined) {
      throw new DeisError('invalid', `${this.#paths.cert} is not taken: ${problem}`);
    }
    Object.assign(this, texts);
    for (const listener of this.#listeners) listener();
    return true;
  }
}

type Texts = Pick<LiveIdentity, 'ca' | 'cert' | 'key'>;

function problemOf({ ca, cert, key }: Texts): string | undefined {
  const trusted = /-----BEGIN CERTIFICATE-----/.test(ca);
  if (!trusted) return 'no authority stands beside it';
  const chain = readChain(cert);
  return 'problem' in chain ? chain.problem : keyProblem(cert, key);
}

function uselessness({ ca, cert }: Texts): string | undefined {
  const chain = readChain(cert);
  if ('facts' in chain && Date.parse(chain.facts.expires) < Date.now()) return 'its time is over';
  return issuerAmong(ca, cert) ? undefined : 'no authority that stands beside it signed it';
}

async function readAll({ ca, cert, key }: IdentityPaths): Promise<Texts> {
  const [trusted, own, secret] = await Promise.all([ca, cert, key].map(readJoinedFile));
  return { ca: trusted!, cert: own!, key: secret! };
}
