// What is kept of an order, well or badly ended. An authority may be wrong, and so may the clock of this machine. Pure.

import { covers, keyProblem, readChain } from '../../adapters/x509.ts';
import type { AcmeOrder } from '../../model/acme.ts';
import { DeisError, toDeisError } from '../../model/errors.ts';
import { AuthorityAway, type Issued } from '../../ports/certificate-authority.ts';
import { renewAt, retryAt } from './plan.ts';

/** An authority may ask for so much patience, ms: the longest limit of the public ones is a week. */
const MOST_PATIENCE_MS = 7 * 86_400_000;

/**
 * The order with its certificate, without the key. One that would be renewed at once is used, but counts as a failure: else the
 * authority would be asked for ever. Throws DeisError('refused') for a certificate that is none for this domain. `now`: ms since 1970.
 */
export function certified(
  domain: string,
  issued: Issued,
  before: AcmeOrder | undefined,
  now: number,
): AcmeOrder {
  const read = readChain(issued.certificate);
  if ('problem' in read) throw unusable(read.problem);
  const { begins, expires, names, pem: certificate } = read.facts;
  const problem = keyProblem(certificate, issued.key);
  if (problem) throw unusable(problem);
  if (!covers(names, domain)) throw unusable(`it is for ${names.join(', ').slice(0, 100)}`);
  const clock = `by the clock of this router, which says ${iso(now)}`;
  if (Date.parse(expires) <= now) throw unusable(`it expired at ${expires} ${clock}`);
  const order = { domain, certificate, begins, expires, failures: 0, updated: iso(now) };
  if (renewAt(domain, begins, expires) > now) return order;
  const failures = (before?.failures ?? 0) + 1;
  const old = `a new certificate should be renewed already (${begins} to ${expires}) ${clock}`;
  return { ...order, failures, retry: retryAt(domain, failures, now), problem: old };
}

const unusable = (problem: string): DeisError =>
  new DeisError('refused', `the authority gave a certificate that cannot be used: ${problem}`);

/** What was there before stays, with the reason and the time of the next try. */
export function failed(
  domain: string,
  before: AcmeOrder | undefined,
  error: unknown,
  now: number,
): AcmeOrder & { retry: string; problem: string } {
  const failures = (before?.failures ?? 0) + 1;
  const wish = error instanceof AuthorityAway ? Math.min(error.until, now + MOST_PATIENCE_MS) : 0;
  const own = retryAt(domain, failures, now);
  const retry = Date.parse(own) > wish ? own : retryAt(domain, 1, wish);
  const { message: problem } = toDeisError(error);
  return { ...before, domain, failures, retry, problem, updated: iso(now) };
}

const iso = (now: number): string => new Date(now).toISOString();
