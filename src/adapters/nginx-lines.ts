// The words between the router agent and its nginx: routes as lines that a person can read too, and the state that workers report.

import { DeisError } from '../model/errors.ts';
import type { Policy, Routes } from '../ports/web-server.ts';

const WORD = /^[A-Za-z0-9._:*-]+$/;

function word(text: string): string {
  if (!WORD.test(text)) {
    throw new DeisError('invalid', `${JSON.stringify(text)} cannot stand in the routes of nginx`);
  }
  return text;
}

/**
 * `host <name> <group>`, `app <group> <address>…`, `policy <group> <name>=<value>…` (values percent-encoded), `cert <name> <id>`,
 * `challenge <token> <answer>`, `down <ip>`, `closing`, `leaving`. Throws 'invalid' for anything that is not a word.
 */
export function routesAsLines(routes: Routes): string {
  const lines: string[] = [];
  for (const [host, group] of Object.entries(routes.hosts)) {
    lines.push(`host ${word(host)} ${word(group)}`);
  }
  for (const [group, addresses] of Object.entries(routes.groups)) {
    lines.push(['app', group, ...addresses].map(word).join(' '));
  }
  for (const [group, policy] of Object.entries(routes.policies)) {
    lines.push(`policy ${word(group)} ${policyAsWords(policy).join(' ')}`);
  }
  for (const [name, id] of Object.entries(routes.certificates)) {
    lines.push(`cert ${word(name)} ${word(id)}`);
  }
  for (const [token, answer] of Object.entries(routes.challenges)) {
    lines.push(`challenge ${word(token)} ${word(answer)}`);
  }
  for (const ip of routes.down) lines.push(`down ${word(ip)}`);
  if (routes.closing) lines.push('closing');
  if (routes.leaving) lines.push('leaving');
  return `${lines.join('\n')}\n`;
}

function policyAsWords(policy: Policy): string[] {
  const { affinity, allow, ...plain } = policy;
  const values: Record<string, string | number | boolean> = plain;
  const sticky = affinity && affinity.kind !== 'off';
  const words = {
    ...values,
    ...(sticky ? { affinity: `${affinity.kind}:${affinity.name}` } : {}),
    ...(allow ? { allow: allow.map(({ bytes, bits }) => `${bytes}/${bits}`).join(',') } : {}),
  };
  return Object.entries(words).map(
    ([name, value]) => `${name}=${encodeURIComponent(String(value).toWellFormed())}`,
  );
}

/** One nginx worker: `<pid>-<start time>`, so that a pid used again is another process. */
export interface WorkerReport {
  id: string;
  /** Revision of the file it runs. */
  file: string;
  /** Number of the newest routes it has taken over; 0 before the first. */
  view: number;
  /** `deaf`: it does not hear its master; `retired`: it accepts no more; `plain`: it could not become deaf. */
  phase: string;
}

export interface ControlState {
  /** Number of the newest committed routes; 0: none. */
  view: number;
  workers: WorkerReport[];
  busy: { worker: string; address: string; running: number }[];
}

/** Reads the answer of `GET /state`; lines it does not know are of a newer version and left out. */
export function parseState(text: string): ControlState {
  const state: ControlState = { view: 0, workers: [], busy: [] };
  for (const line of text.split('\n')) {
    const [kind, ...words] = line.split(' ');
    const [first = '', second = '', third = '0', phase = '-'] = words;
    if (kind === 'view') state.view = Number(first);
    if (kind === 'process') {
      state.workers.push({ id: first, file: second, view: Number(third), phase });
    }
    if (kind === 'busy') {
      state.busy.push({ worker: first, address: second, running: Number(third) });
    }
  }
  return state;
}
