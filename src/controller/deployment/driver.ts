// One pass over one app's deployment: sense, decide, write. Every write is fenced by the tenure and by the record's revision.

import { DeisError, toDeisError } from '../../model/errors.ts';
import { parseContainerName } from '../../model/ids.ts';
import { type Deployment, isFinished } from '../../model/rollout.ts';
import type { WantedUnit } from '../../model/unit.ts';
import type { AppLogs } from '../../ports/app-logs.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Condition } from '../../ports/store.ts';
import type { MachineRuns } from '../../ports/machine-runs.ts';
import type { Vault } from '../../ports/vault.ts';
import { keys } from '../../registry/keys.ts';
import { type Held, type Registry, put, remove, unchanged } from '../../registry/registry.ts';
import { remember } from '../app/history.ts';
import { openSettings } from '../app/secret-values.ts';
import { type AppSnapshot, readApp } from '../app/snapshot.ts';
import { appUnit } from '../app/unit.ts';
import { failureText } from './failure.ts';
import { type Outcome, newSideWins, nothingRemains, oldSideStays } from './outcome.ts';
import { keepPast } from './past.ts';
import { type Decision, type UnitChange, plan } from './plan.ts';
import { takeStep } from './record.ts';
import { runReleasePhase } from './release-phase.ts';
import { readRouters } from './routers.ts';
import { NOTHING_SEEN, type Stopwatch, durations, lookAgain } from './stopwatch.ts';
import type { DeploymentView } from './view.ts';
import type { World } from './world.ts';

export interface DriverTools {
  registry: Registry;
  vault: Vault;
  clock: Clock;
  log: Log;
  logs: AppLogs;
  runs: MachineRuns;
  world: World;
}

/** Longest time between two looks when nothing is heard, ms. */
const LONGEST_REST_MS = 5000;
/** Deletions of one transaction. */
const DOMAINS_AT_ONCE = 80;

/** Drives the deployment of `app`. `fence` must hold at every write: the lock that makes this the only driver. */
export class Driver {
  readonly #tools: DriverTools;
  readonly #app: string;
  readonly #fence: readonly Condition[];
  #watch: Stopwatch = NOTHING_SEEN;
  #release: ReleasePhase | undefined;

  constructor(tools: DriverTools, app: string, fence: readonly Condition[]) {
    this.#tools = tools;
    this.#app = app;
    this.#fence = fence;
  }

  /** Answers 'finished', or after how many ms to look again when nothing is heard. */
  async pass(signal: AbortSignal): Promise<'finished' | number> {
    const { registry, clock, world } = this.#tools;
    const snapshot = await readApp(registry, this.#app, signal);
    const deployment = snapshot?.deployment;
    if (deployment?.value.step !== 'releasing') this.#endReleasePhase();
    if (!snapshot || !deployment || isFinished(deployment.value)) return 'finished';
    if (!world.connected) return LONGEST_REST_MS;
    const routers = await readRouters(registry, signal);
    const seen = world.view(snapshot, deployment.value, routers, clock.now());
    this.#watch = lookAgain(this.#watch, seen, clock.monotonic());
    const release = this.#release?.id === deployment.value.id ? this.#release.state : undefined;
    const decision = plan({
      ...seen,
      ...durations(this.#watch, clock.monotonic()),
      ...(release && { release }),
    });
    switch (decision.kind) {
      case 'wait':
        this.#tools.log.debug('waited', { app: this.#app, reason: decision.reason });
        return Math.min(decision.ms ?? LONGEST_REST_MS, LONGEST_REST_MS);
      case 'release':
        this.#beginReleasePhase(snapshot, deployment.value, signal);
        return 0;
      case 'change-units':
        await this.#changeUnits(snapshot, deployment, decision.changes, signal);
        return 0;
      case 'move':
        await this.#move(snapshot, deployment, decision, signal);
        return decision.step === 'done' || decision.step === 'reverted' ? 'finished' : 0;
    }
  }

  /** It goes on beside the passes; its end causes one. */
  #beginReleasePhase(snapshot: AppSnapshot, deployment: Deployment, signal: AbortSignal): void {
    this.#endReleasePhase();
    const stop = new AbortController();
    const phase: ReleasePhase = { id: deployment.id, state: 'running', stop };
    this.#release = phase;
    const ends = AbortSignal.any([signal, stop.signal]);
    const { world, log } = this.#tools;
    runReleasePhase(this.#tools, snapshot, deployment, ends)
      .then((failed) => {
        phase.state = failed === undefined ? 'ended' : { failed };
        world.nudge();
      })
      .catch((error: unknown) => {
        if (ends.aborted) return;
        phase.state = { failed: toDeisError(error).message };
        log.error('release phase broke down', { app: this.#app, error: String(error) });
        world.nudge();
      });
  }

  #endReleasePhase(): void {
    this.#release?.stop.abort();
    this.#release = undefined;
  }

  async #changeUnits(
    snapshot: AppSnapshot,
    deployment: Held<Deployment>,
    changes: readonly UnitChange[],
    signal: AbortSignal,
  ): Promise<void> {
    const make = changes.some(({ kind }) => kind === 'start')
      ? await this.#maker(snapshot, deployment.value, signal)
      : undefined;
    const outcome: Outcome = { conditions: [], writes: [] };
    for (const change of changes) {
      const before = snapshot.units.find(({ value }) => value.name === change.unit);
      const after = changedUnit(change, before?.value, make);
      outcome.conditions.push(unchanged(keys.appUnits, [change.unit], before?.modRevision ?? 0));
      outcome.writes.push(put(keys.appUnits, [change.unit], after));
    }
    await this.#commit(deployment, outcome, signal);
    for (const { kind, unit } of changes)
      this.#tools.log.info(PAST[kind], { app: this.#app, unit });
  }

  /** Makes wanted units of the release that is being deployed. */
  async #maker(
    snapshot: AppSnapshot,
    { to, policy }: Deployment,
    signal: AbortSignal,
  ): Promise<(unit: string) => WantedUnit> {
    const { registry, vault } = this.#tools;
    const release = snapshot.releases.find(({ value }) => value.version === to)?.value;
    const build =
      release?.build &&
      (await registry.get(keys.builds, [this.#app, release.build], signal))?.value;
    const config =
      release && (await registry.get(keys.configs, [this.#app, release.config], signal))?.value;
    if (!release || !build || !config) {
      throw new DeisError(
        'internal',
        `release v${to} of ${this.#app} lacks its build or its config`,
      );
    }
    const settings = openSettings(vault, config);
    return (unit) => {
      const name = parseContainerName(unit);
      if (!name) throw new DeisError('internal', `${unit} is not the name of a container`);
      return appUnit(name, release, build, settings, policy, snapshot.app.value.formation);
    };
  }

  async #move(
    snapshot: AppSnapshot,
    deployment: Held<Deployment>,
    decision: Extract<Decision, { kind: 'move' }>,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, logs, log } = this.#tools;
    const now = clock.now();
    const { published, trouble } = decision;
    const failure = trouble && (await failureText(trouble, deployment.value, logs, signal));
    const after: Deployment = {
      ...takeStep(deployment.value, decision.step, decision.reason, now),
      ...(published === undefined ? {} : { published }),
      ...(failure === undefined ? {} : { failure }),
    };
    const at = new Date(now).toISOString();
    const outcome =
      after.kind === 'destroy' && after.step === 'done'
        ? await this.#farewell(snapshot, deployment, at, signal)
        : this.#outcome(snapshot, after, at);
    if (isFinished(after) && after.kind !== 'destroy')
      outcome.writes.push(...(await keepPast(this.#tools.registry, after, signal)));
    await this.#commit(deployment, outcome, signal);
    const fields = { app: this.#app, id: after.id, step: decision.step, reason: decision.reason };
    if (decision.step === 'reverting' || decision.step === 'paused')
      log.warn('deployment failed', fields);
    else log.info('deployment advanced', fields);
  }

  /**
   * The end of a destroyed app. A domain that is added while we look changes the app's history, so that the commit fails
   * and we look again.
   */
  async #farewell(
    snapshot: AppSnapshot,
    deployment: Held<Deployment>,
    at: string,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const all = await this.#tools.registry.list(keys.domains, [], signal);
    const domains = all.items.filter(({ value }) => value.app === this.#app).map(({ ids }) => ids);
    while (domains.length > DOMAINS_AT_ONCE) {
      const writes = domains.splice(0, DOMAINS_AT_ONCE).map((ids) => remove(keys.domains, ids));
      await this.#commit(deployment, { conditions: [], writes }, signal);
    }
    return nothingRemains(snapshot.app.value, snapshot.history, domains, at);
  }

  /** All that changes together with the step. */
  #outcome(snapshot: AppSnapshot, after: Deployment, at: string): Outcome {
    const outcome: Outcome = {
      conditions: [],
      writes: [put(keys.deployments, [this.#app], after)],
    };
    const parts: Outcome[] = [];
    if (after.step === 'withdrawing' && after.kind !== 'destroy') {
      parts.push(newSideWins(snapshot, after, at));
    }
    if (after.step === 'reverting') {
      parts.push(oldSideStays(snapshot, after, at));
      const text = `${after.kind} of v${after.to} failed, v${after.from} stays: ${after.failure ?? ''}`;
      parts.push(remember(this.#app, snapshot.history, at, [text]));
    }
    if (after.step === 'paused') {
      const text = `${after.kind} of v${after.to} failed and waits for deis deploy:resume or deploy:cancel: ${after.failure ?? ''}`;
      parts.push(remember(this.#app, snapshot.history, at, [text]));
    }
    for (const part of parts) {
      outcome.conditions.push(...part.conditions);
      outcome.writes.push(...part.writes);
    }
    return outcome;
  }

  /** Throws DeisError('conflict') when somebody else changed the record or the lock is not ours any more. */
  async #commit(
    deployment: Held<Deployment>,
    { conditions, writes }: Outcome,
    signal: AbortSignal,
  ): Promise<void> {
    const fence: Condition[] = [
      ...this.#fence,
      unchanged(keys.deployments, [this.#app], deployment.modRevision),
    ];
    const committed = await this.#tools.registry.commit([...fence, ...conditions], writes, signal);
    if (!committed.applied) {
      throw new DeisError(
        'conflict',
        `the deployment of ${this.#app} was changed by somebody else`,
      );
    }
  }
}

interface ReleasePhase {
  /** Of the deployment. */
  id: string;
  state: NonNullable<DeploymentView['release']>;
  stop: AbortController;
}

const PAST = {
  start: 'unit wanted',
  retire: 'unit retired',
  restart: 'unit restart wanted',
} as const;

function changedUnit(
  change: UnitChange,
  before: WantedUnit | undefined,
  make: ((unit: string) => WantedUnit) | undefined,
): WantedUnit {
  if (change.kind === 'start' && make) return make(change.unit);
  if (!before) throw new DeisError('internal', `${change.unit} is not wanted any more`);
  return change.kind === 'restart'
    ? { ...before, restarts: change.count }
    : { ...before, desired: 'gone' };
}
