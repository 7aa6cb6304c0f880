// deisctl events: what was done lately, from the trail of changes and the deployments that have ended.

import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import type { ClusterEvent } from './follow-events.ts';

/** The last so many, oldest first. */
export async function pastEvents(
  registry: Registry,
  count: number,
  signal: AbortSignal,
): Promise<ClusterEvent[]> {
  const [trail, past] = await Promise.all([
    registry.list(keys.audit, [], signal),
    registry.list(keys.pastDeployments, [], signal),
  ]);
  const changes = trail.items.map(({ ids: [app = ''], value: { at, user, action, text } }) => ({
    at,
    topic: 'change',
    text: `${app.startsWith('_') ? '' : `${app}: `}${text} (${action} by ${user})`,
  }));
  const deployments = past.items.map(({ value }) => {
    const what = value.from === value.to ? value.kind : `v${value.from} → v${value.to}`;
    const why = value.failure === undefined ? '' : `: ${value.failure.split('\n')[0]}`;
    return { at: value.ended, topic: 'deploy', text: `${value.app}: ${what}: ${value.step}${why}` };
  });
  return [...changes, ...deployments]
    .toSorted((one, other) => (one.at < other.at ? -1 : 1))
    .slice(-count);
}
