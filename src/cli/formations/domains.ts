// A formation's domain is its own: no other formation has it, nor the platform.

import { DeisError } from '../../model/errors.ts';
import type { Formation } from '../../model/formation.ts';
import { keys } from '../../registry/keys.ts';
import { put, type Registry, remove, unchanged } from '../../registry/registry.ts';

const DOMAIN =
  /^(?=.{1,190}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/;

/** Throws DeisError 'invalid' for what is no domain, 'conflict' when another formation or the platform has it. */
export async function requireFreeDomain(
  registry: Registry,
  id: string,
  domain: string,
  signal: AbortSignal,
): Promise<void> {
  if (!DOMAIN.test(domain)) throw new DeisError('invalid', `"${domain}" is no domain name`);
  const [platform, { items }] = await Promise.all([
    registry.get(keys.settings, ['platform', 'domain'], signal),
    registry.list(keys.formations, [], signal),
  ]);
  if (platform?.value === domain) {
    throw new DeisError('conflict', `${domain} is the platform's own domain`);
  }
  const other = items.find(({ value }) => value.domain === domain && value.id !== id);
  if (other) throw takenDomain(domain, other.value.id);
}

const takenDomain = (domain: string, id: string): DeisError =>
  new DeisError('conflict', `${domain} is the domain of formation ${id}`);

/** After a write: of two that took the same domain at once, the later one gives it back. Throws DeisError 'conflict' for that one. */
export async function keepDomain(
  registry: Registry,
  id: string,
  before: Formation | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { items } = await registry.list(keys.formations, [], signal);
  const own = items.find(({ value }) => value.id === id);
  const domain = own?.value.domain;
  if (!own || domain === undefined) return;
  const earlier = items.find(
    ({ value, modRevision }) => value.domain === domain && modRevision < own.modRevision,
  );
  if (!earlier) return;
  const undo = before ? put(keys.formations, [id], before) : remove(keys.formations, [id]);
  await registry.commit([unchanged(keys.formations, [id], own.modRevision)], [undo], signal);
  throw takenDomain(domain, earlier.value.id);
}
