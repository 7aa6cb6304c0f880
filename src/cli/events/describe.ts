// What a change of a record means to an operator: one sentence, or nothing. To add a kind of event: a row in KINDS; pure.

import { keys } from '../../registry/keys.ts';
import type { KeyFamily } from '../../registry/family.ts';

/** Names of machines, by id. */
export type Names = ReadonlyMap<string, string>;

/** `before` undefined: it is new; `after` undefined: it is gone. */
export type Describe<T> = (
  ids: readonly string[],
  before: T | undefined,
  after: T | undefined,
  names: Names,
) => string | undefined;

export interface Kind<T> {
  /** The word in the second column. */
  topic: string;
  family: KeyFamily<T>;
  describe: Describe<T>;
}

const kind = <T>(topic: string, family: KeyFamily<T>, describe: Describe<T>): Kind<unknown> => ({
  topic,
  family: family as KeyFamily<unknown>,
  describe: describe as Describe<unknown>,
});

const named = (id: string | undefined, names: Names): string => names.get(id ?? '') ?? id ?? '';

export const KINDS: readonly Kind<unknown>[] = [
  kind('machine', keys.alive, ([id], before, after, names) => {
    if (before && after) return undefined;
    return `${named(id, names)} ${after ? 'has a heartbeat' : 'is silent: its heartbeat ended'}`;
  }),
  kind('machine', keys.lost, ([id], before, after, names) => {
    if (!after) return `${named(id, names)} is no longer lost`;
    return before ? undefined : `${named(id, names)} is lost: ${after.reason}`;
  }),
  kind('machine', keys.orders, ([id], _before, after, names) => {
    const order = after?.drain ? 'drained' : after?.cordon ? 'cordoned' : 'given units again';
    return `${named(id, names)} is to be ${order}`;
  }),
  kind('wanted', keys.platformUnits, ([unit], before, after) => {
    if (before && after?.desired === before.desired) {
      return after.restarts > before.restarts ? `${unit}: to be restarted` : undefined;
    }
    return `${unit}: ${after ? `wanted ${after.desired}` : 'forgotten'}`;
  }),
  kind('placed', keys.placements, ([machine, unit], before, after, names) => {
    if (!after || (before?.want === after.want && before.retiring === after.retiring)) {
      return undefined;
    }
    return `${unit} on ${named(machine, names)}: ${after.want} (${after.reason})`;
  }),
  kind('unit', keys.states, ([machine, unit], before, after, names) => {
    const where = `${unit} on ${named(machine, names)}`;
    if (!after) return `${where}: gone`;
    const shown = (state: typeof after): string =>
      [`${state.active}/${state.sub}`, ...(state.health === 'none' ? [] : [state.health])].join(
        ', ',
      );
    const crashed = before && after.crashes > before.crashes;
    if (before && shown(before) === shown(after) && !crashed) return undefined;
    const why = after.message === undefined ? '' : `: ${after.message}`;
    return `${where}: ${shown(after)}${crashed ? ', it crashed' : ''}${why}`;
  }),
  kind('nowhere', keys.unschedulable, ([unit], before, after) => {
    if (!after) return `${unit} can run again`;
    return before?.reason === after.reason ? undefined : `${unit} runs nowhere: ${after.reason}`;
  }),
  kind('scheduler', keys.schedulerStatus, ([topic], before, after) => {
    if (!after) return `${topic}: no longer`;
    return before?.text === after.text ? undefined : `${topic}: ${after.text}`;
  }),
  kind('scheduler', keys.leaders, ([role], before, after, names) => {
    if (after === before) return undefined;
    return `${role}: ${after === undefined ? 'nobody leads' : `led by ${named(after, names)}`}`;
  }),
  kind('deploy', keys.deployments, ([app], before, after) => {
    if (!after || (before?.id === after.id && before.step === after.step)) return undefined;
    const what = after.from === after.to ? after.kind : `v${after.from} → v${after.to}`;
    const reason = after.events.at(-1)?.reason;
    return `${app}: ${what}: ${after.step}${reason === undefined ? '' : ` (${reason})`}`;
  }),
];
