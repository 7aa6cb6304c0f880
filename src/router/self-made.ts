// The certificate for names that have none: made by this router, for the platform's domain. Browsers warn of it, but nothing is sent
// in the clear, and a name without a certificate hurts no other.

import { z } from 'zod';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { KeptFile } from './kept-file.ts';
import type { Brought } from './keyring.ts';

const DAY_MS = 86_400_000;
const LIFE_MS = 3650 * DAY_MS;
/** A new one is made so long before the end. */
const EARLY_MS = 60 * DAY_MS;

const schema = z.object({
  domain: z.string(),
  certificate: z.string(),
  key: z.string(),
  /** ms since 1970. */
  expires: z.number(),
});

/** Kept on the machine, so that clients who trusted it once see the same one again. */
export class SelfMade {
  readonly #file: KeptFile<z.infer<typeof schema>>;
  readonly #clock: Clock;
  #now: z.infer<typeof schema> | undefined;

  constructor(path: string, clock: Clock, log: Log) {
    this.#file = new KeptFile(path, schema, log);
    this.#clock = clock;
  }

  /** For `domain` and all names one label below it. */
  async of(domain: string): Promise<Brought> {
    this.#now ??= await this.#file.load();
    if (this.#now?.domain !== domain || this.#now.expires - EARLY_MS < this.#clock.now()) {
      this.#now = await this.#make(domain);
      await this.#file.write(this.#now);
    }
    const { certificate, key } = this.#now;
    return { name: 'self-made', kind: 'self-made', certificate, key };
  }

  async #make(domain: string): Promise<z.infer<typeof schema>> {
    const { createAuthority, issueCertificate } = await import('../adapters/pki.ts'); // large, and rarely needed
    const [begin, end] = [this.#clock.now() - DAY_MS, this.#clock.now() + LIFE_MS];
    const dates = { notBefore: new Date(begin), notAfter: new Date(end) };
    const authority = await createAuthority('Deis router', dates.notBefore, dates.notAfter);
    const hosts = [domain, `*.${domain}`];
    const commonName = domain.length <= 64 ? domain : 'Deis router'; // X.520: a common name has 64 characters at most
    const { cert, key } = await issueCertificate(authority, { commonName, hosts, ...dates });
    return { domain, certificate: cert, key, expires: end };
  }
}
