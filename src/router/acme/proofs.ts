// Shows an authority that a domain is ours: a challenge that every live router answers, or a DNS record that a hook makes.

import { request } from 'node:http';
import { DeisError } from '../../model/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Proofs } from '../../ports/certificate-authority.ts';
import { keys } from '../../registry/keys.ts';
import type { Term } from '../../registry/leadership.ts';
import { put, type Registry, remove } from '../../registry/registry.ts';

export interface ProofNeeds {
  registry: Registry;
  term: Term;
  /** Port where routers answer challenges to each other: that of their health check. */
  port: number;
  dnsHook: string;
  /** Time a DNS record needs until all name servers have it, ms. */
  dnsWaitMs: number;
  clock: Clock;
  log: Log;
}

/** Routers have an answer within a fraction of a second; one that is away must not keep all others waiting. */
const ROUTERS_MS = 10_000;
const LOOK_MS = 100;
const ANSWER_MS = 1000;
const HOOK_MS = 30_000;

export function proofsOf(needs: ProofNeeds): Proofs {
  const { term, clock, dnsWaitMs, log } = needs;
  return {
    async http(domain, token, answer, signal) {
      const created = new Date(clock.now()).toISOString();
      const challenge = put(keys.acmeChallenges, [token], { domain, answer, created });
      const { applied } = await term.commit([], [challenge], signal);
      if (!applied) throw new DeisError('conflict', 'another router orders certificates now');
      await untilAnswered(needs, token, answer, signal);
    },
    async dns(name, value, signal) {
      await callHook(needs, 'present', name, value, signal);
      await clock.sleep(dnsWaitMs, signal);
    },
    async withdraw(kind, name, value) {
      const signal = AbortSignal.timeout(HOOK_MS);
      try {
        if (kind === 'dns') await callHook(needs, 'cleanup', name, value, signal);
        else await term.commit([], [remove(keys.acmeChallenges, [name])], signal);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        log.warn('could not withdraw a proof', { kind, name, error: reason });
      }
    },
  };
}

/** The authority may ask any router: all that live must answer; at least one must when the time is up. */
async function untilAnswered(
  { registry, port, clock }: ProofNeeds,
  token: string,
  answer: string,
  signal: AbortSignal,
): Promise<void> {
  const deadline = clock.monotonic() + ROUTERS_MS;
  for (;;) {
    const { items } = await registry.list(keys.routerAlive, [], signal);
    const given = await Promise.all(items.map(({ value: { ip } }) => ask(ip, port, token)));
    const right = given.filter((text) => text === answer).length;
    if (right > 0 && right === items.length) return;
    if (clock.monotonic() > deadline) {
      if (right > 0) return;
      throw new DeisError('unavailable', 'no router answers the challenge');
    }
    await clock.sleep(LOOK_MS, signal);
  }
}

function ask(host: string, port: number, token: string): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const path = `/.well-known/acme-challenge/${token}`;
  const sent = request({ host, port, path, agent: false, timeout: ANSWER_MS }, (answer) => {
    let text = '';
    answer.setEncoding('utf8');
    answer.on('data', (chunk: string) => (text += chunk));
    answer.on('end', () => resolve(answer.statusCode === 200 ? text : undefined));
    answer.on('error', () => resolve(undefined)); // it broke off: that is no answer
  });
  sent.on('timeout', () => sent.destroy());
  sent.on('error', () => resolve(undefined)); // nobody there: that is no answer
  sent.end();
  return promise;
}

/** `POST {action: present|cleanup, name, value}`; 2xx: it is done. */
async function callHook(
  { dnsHook }: ProofNeeds,
  action: 'present' | 'cleanup',
  name: string,
  value: string,
  signal: AbortSignal,
): Promise<void> {
  let status: number;
  try {
    const answer = await fetch(dnsHook, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ action, type: 'TXT', name, value }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(HOOK_MS)]),
    });
    await answer.body?.cancel();
    ({ status } = answer);
  } catch (cause) {
    throw new DeisError('unavailable', `the DNS hook does not answer`, '', { cause });
  }
  if (status >= 300) throw new DeisError('refused', `the DNS hook answered ${status}`);
}
