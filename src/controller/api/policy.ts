// How an app is deployed: its own settings over the defaults. Beyond v1.

import { z } from 'zod';
import {
  DEFAULT_POLICY,
  type DeployPolicy,
  POLICY,
  type PolicyRecord,
} from '../../model/deploy-policy.ts';
import { keys } from '../../registry/keys.ts';
import { put, remove, unchanged } from '../../registry/registry.ts';
import { commitTold } from '../app/history.ts';
import { audited } from '../app/trail.ts';
import { type AppCall, ok } from '../call.ts';
import type { Route } from '../route.ts';
import { isoNow } from '../services.ts';
import { v2 } from '../v2/route.ts';
import { detail } from '../wire/errors.ts';

const values = Object.fromEntries(
  POLICY.map(({ name, about, range }) => [
    name,
    (range ? z.int().min(range.from).max(range.to) : z.boolean()).describe(about),
  ]),
);

const policyShape = z.object({
  policy: z.object(values).describe('What holds.'),
  set: z.object(values).partial().describe('What the app set itself.'),
});

const replacement = z.strictObject(values).partial();
/** Null: the default again. */
const change = z.strictObject(
  Object.fromEntries(Object.entries(values).map(([name, of]) => [name, of.nullable().optional()])),
);

export const policyRoutes: readonly Route[] = [
  v2.onApp({
    method: 'GET',
    path: '/apps/:id/policy',
    summary: 'How the app is deployed.',
    answer: policyShape,
    handle: async ({ services, app, signal }) => {
      const held = await services.registry.get(keys.policies, [app.value.id], signal);
      return ok(shown(held?.value.policy ?? {}));
    },
  }),
  v2.onApp({
    method: 'PUT',
    path: '/apps/:id/policy',
    summary:
      'Sets the whole policy: what is not named gets its default. For deployments that begin from now on.',
    body: replacement,
    answer: policyShape,
    handle: (call) => write(call, 'set', () => call.body as Partial<DeployPolicy>),
  }),
  v2.onApp({
    method: 'PATCH',
    path: '/apps/:id/policy',
    summary: 'Changes what is named; null brings the default back.',
    body: change,
    answer: policyShape,
    handle: (call) => write(call, 'changed', (before) => merged(before, call.body)),
  }),
];

const ATTEMPTS = 20;

async function write(
  call: Omit<AppCall, 'body'>,
  verb: string,
  decide: (before: Partial<DeployPolicy>) => Partial<DeployPolicy>,
) {
  const { services, app, signal, user } = call;
  const { id } = app.value;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const held = await services.registry.get(keys.policies, [id], signal);
    const policy = decide(held?.value.policy ?? {});
    const record: PolicyRecord = { app: id, policy, updated: isoNow(services.clock) };
    const isEmpty = Object.keys(policy).length === 0;
    const words = Object.entries(policy).map(([name, value]) => `${name}=${String(value)}`);
    const text = `${user.value.username} ${verb} the deployment policy: ${words.join(' ') || 'defaults'}`;
    const done = await commitTold(call, text, {
      conditions: [unchanged(keys.policies, [id], held?.modRevision ?? 0)],
      writes: [
        isEmpty ? remove(keys.policies, [id]) : put(keys.policies, [id], record),
        audited(call, id, 'policy:set', text),
      ],
    });
    if (done) return ok(shown(policy));
  }
  throw detail(409, `Too much happens to ${id} at once. Try again.`);
}

function shown(set: Partial<DeployPolicy>): z.infer<typeof policyShape> {
  return { policy: { ...DEFAULT_POLICY, ...set }, set: { ...set } };
}

function merged(
  before: Partial<DeployPolicy>,
  changes: Readonly<Record<string, unknown>>,
): Partial<DeployPolicy> {
  const all = { ...before, ...changes };
  const kept = Object.entries(all).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(kept) as Partial<DeployPolicy>;
}
