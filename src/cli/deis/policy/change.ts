// A change of an app's deployment policy, and the list after it.

import type { Controller } from '../../client/controller.ts';
import { heading } from '../../client/lists.ts';
import { POLICY } from '../../../model/deploy-policy.ts';
import { table } from '../../table.ts';

type Values = Record<string, number | boolean>;

/** GET /v2/apps/<id>/policy */
export interface ApiPolicy {
  policy: Values;
  set: Values;
}

/** `null` brings a default back. */
export async function changePolicy(
  api: Controller,
  app: string,
  body: Record<string, number | boolean | null>,
  signal: AbortSignal,
): Promise<ApiPolicy> {
  const answer = await api.answer('PATCH', `/v2/apps/${app}/policy`, body, signal);
  return JSON.parse(answer.text) as ApiPolicy;
}

/** What holds, what of it is the default, and what it means. */
export function policyLines(app: string, { policy, set }: ApiPolicy): string[] {
  const rows = POLICY.map(({ name, about }) => [
    name,
    shown(policy[name]),
    Object.hasOwn(set, name) ? '' : 'default',
    about,
  ]);
  return [heading(`${app} Policy`), ...table(rows)];
}

function shown(value: number | boolean | undefined): string {
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value ?? '');
}
