// What a deployment's record says, held against what is wanted and what runs, at one revision of the store each time.

import type { Deployment } from '../../src/model/rollout.ts';
import { isServing } from '../../src/model/unit.ts';
import { parseContainerName } from '../../src/model/ids.ts';
import { keys } from '../../src/registry/keys.ts';
import { type Registry, listing } from '../../src/registry/registry.ts';

/** Until one of these the old side is whole. */
const OLD_IS_WHOLE = ['queued', 'releasing', 'starting', 'applying', 'paused', 'reverting'];

/** Each way in which the record does not tell the truth, in words; none: it does. */
export async function untruths(
  registry: Registry,
  app: string,
  signal: AbortSignal,
): Promise<string[]> {
  const { revision, reads } = await registry.commit([], [], signal, [
    keys.deployments.key(app),
    keys.apps.key(app),
    keys.appUnits.under(),
    keys.states.under(),
  ]);
  const all = listing(keys.deployments, reads[0] ?? [], revision).items;
  const deployment = all.find(({ ids }) => ids[0] === app)?.value;
  const live = listing(keys.apps, reads[1] ?? [], revision).items.find(({ ids }) => ids[0] === app);
  const serving = new Set(
    listing(keys.states, reads[3] ?? [], revision)
      .items.filter(({ value }) => isServing(value))
      .map(({ ids }) => ids[1]!),
  );
  const wanted = new Set(
    listing(keys.appUnits, reads[2] ?? [], revision)
      .items.filter(({ value }) => value.desired === 'launched')
      .map(({ ids }) => ids[0]!)
      .filter((unit) => parseContainerName(unit)?.app === app),
  );
  if (!deployment || !live) return [];
  return check(deployment, live.value.release, wanted, serving);
}

function check(
  { kind, step, from, to, added, removed }: Deployment,
  release: number,
  wanted: ReadonlySet<string>,
  serving: ReadonlySet<string>,
): string[] {
  const old = removed.filter((unit) => !added.includes(unit));
  const is = (expected: number): string[] =>
    release === expected ? [] : [`at ${step} the app is at v${release}, not v${expected}`];
  const all = (units: readonly string[], what: string): string[] => [
    ...units
      .filter((unit) => !wanted.has(unit))
      .map((unit) => `at ${step} ${what} ${unit} is not wanted`),
    ...units
      .filter((unit) => !serving.has(unit))
      .map((unit) => `at ${step} ${what} ${unit} does not serve`),
  ];
  const none = (units: readonly string[], what: string): string[] =>
    units
      .filter((unit) => wanted.has(unit))
      .map((unit) => `at ${step} ${what} ${unit} is wanted still`);
  if (kind !== 'deploy') return [];
  if (OLD_IS_WHOLE.includes(step)) return [...is(from), ...all(old, 'the old')];
  if (step === 'done') return [...is(to), ...none(old, 'the old')];
  if (step === 'reverted') return [...is(from), ...all(old, 'the old'), ...none(added, 'the new')];
  return is(to);
}
