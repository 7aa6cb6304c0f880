// A component's certificate, followed while it is changed on the disk, and told to the store when the component uses it.

import { X509Certificate } from 'node:crypto';
import { LiveIdentity } from '../adapters/live-identity.ts';
import { certificatesIn, issuerAmong } from '../adapters/x509.ts';
import { supervise } from '../daemon/supervise.ts';
import { toDeisError } from '../model/errors.ts';
import { type IdentityReport, TLS_FOLDER } from '../model/identity.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { reportIdentity } from '../registry/identity-report.ts';
import type { Registry } from '../registry/registry.ts';

/** Between two looks at the files, ms. */
const LOOK_MS = 2000;

/** Of the machine that this process runs on, or of its container. Throws DeisError('unsupported'). */
export function openIdentity(component: string): Promise<LiveIdentity> {
  const at = (name: string): string => `${TLS_FOLDER}/${name}`;
  return LiveIdentity.open({
    ca: at('ca.crt'),
    cert: at(`${component}.crt`),
    key: at(`${component}.key`),
  });
}

export interface Keeping {
  component: string;
  identity: LiveIdentity;
  /** machine-id */
  machine: string;
  registry: Registry;
  clock: Clock;
  log: Log;
}

/** Resolves when the signal aborts. */
export function keepIdentity(keeping: Keeping, signal: AbortSignal): Promise<void> {
  return supervise('identity', (given) => follow(keeping, given), keeping, signal);
}

async function follow(
  { component, identity, machine, registry, clock, log }: Keeping,
  signal: AbortSignal,
): Promise<void> {
  let told: string | undefined;
  let refused = '';
  for (;;) {
    try {
      if (await identity.look()) log.info('certificate renewed', { component });
      refused = '';
    } catch (error) {
      const { message } = toDeisError(error);
      if (message !== refused) log.warn('certificate not renewed', { component, error: message });
      refused = message;
    }
    const report = reportOf(identity);
    const text = JSON.stringify(report);
    if (text !== told) {
      try {
        await reportIdentity(registry, component, machine, report, signal);
        told = text;
      } catch (error) {
        signal.throwIfAborted();
        log.debug('certificate not told yet', { error: toDeisError(error).message });
      }
    }
    await clock.sleep(LOOK_MS, signal);
  }
}

function reportOf({ ca, cert }: LiveIdentity): IdentityReport {
  const own = new X509Certificate(cert);
  return {
    certificate: own.fingerprint256,
    issuer: issuerAmong(ca, cert)?.fingerprint256 ?? '',
    authorities: certificatesIn(ca)
      .map(({ fingerprint256 }) => fingerprint256)
      .toSorted(),
    expires: new Date(own.validTo).toISOString(),
  };
}
