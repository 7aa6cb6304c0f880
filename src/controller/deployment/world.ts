// What machines and routers report, kept at hand by watches; any change is a hint for whoever drives a deployment.

import type { Machine } from '../../model/cluster.ts';
import type { Deployment } from '../../model/rollout.ts';
import { parseContainerName } from '../../model/ids.ts';
import type { Store } from '../../ports/store.ts';
import type { AppSnapshot } from '../app/snapshot.ts';
import { keys } from '../../registry/keys.ts';
import { Mirror } from '../../registry/mirror.ts';
import type { LiveRouter } from './routers.ts';
import type { Instance, Seen } from './view.ts';

export class World {
  readonly states = new Mirror(keys.states);
  readonly placements = new Mirror(keys.placements);
  readonly deployments = new Mirror(keys.deployments);
  readonly units = new Mirror(keys.appUnits);
  readonly #machines = new Mirror(keys.machines);
  readonly #lost = new Mirror(keys.lost);
  readonly #unschedulable = new Mirror(keys.unschedulable);
  readonly #routers = new Mirror(keys.routerAlive);
  readonly #applied = new Mirror(keys.routerApplied);
  readonly #listeners = new Set<() => void>();

  #all(): Mirror<unknown>[] {
    return [
      this.states as Mirror<unknown>,
      this.placements as Mirror<unknown>,
      this.deployments as Mirror<unknown>,
      this.units as Mirror<unknown>,
      this.#machines as Mirror<unknown>,
      this.#lost as Mirror<unknown>,
      this.#unschedulable as Mirror<unknown>,
      this.#routers as Mirror<unknown>,
      this.#applied as Mirror<unknown>,
    ];
  }

  /** Watches until the signal aborts. */
  async run(store: Store, signal: AbortSignal): Promise<void> {
    const hint = (): void => this.nudge();
    await Promise.all(this.#all().map((mirror) => mirror.start(store, hint, signal)));
  }

  /** Calls after every change; answers how to stop that. */
  onHint(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Something that no watch shows has changed. */
  nudge(): void {
    for (const listener of this.#listeners) listener();
  }

  /** False while some of it may be old: then nothing is decided. */
  get connected(): boolean {
    return this.#all().every((mirror) => mirror.connected);
  }

  /**
   * What `plan` looks at, but for what only time can tell. Routers are not taken from a watch, which may
   * be a moment behind one that has just registered: `routers` must be read after the states that are looked at.
   */
  view(
    snapshot: AppSnapshot,
    deployment: Deployment,
    routers: readonly LiveRouter[],
    now: number,
  ): Seen {
    const { id } = snapshot.app.value;
    const lost = new Set(this.#lost.items().map(({ ids }) => ids[0]!));
    const instances = new Map<string, Instance[]>();
    for (const { ids, value } of this.states.items()) {
      const [machine, unit] = ids as [string, string];
      if (isOf(id, unit) && !lost.has(machine)) append(instances, unit, { machine, state: value });
    }
    const placements = new Map<string, string[]>();
    for (const { ids } of this.placements.items()) {
      const [machine, unit] = ids as [string, string];
      if (isOf(id, unit) && !lost.has(machine)) append(placements, unit, machine);
    }
    return {
      deployment,
      units: new Map(
        snapshot.units.map(({ value, modRevision }) => [
          value.name,
          { unit: value, revision: modRevision },
        ]),
      ),
      instances,
      placements,
      unschedulable: new Map(
        this.#unschedulable.items().map(({ ids, value }) => [ids[0]!, value.reason]),
      ),
      routers: routers.map(({ machine, endpoints }) => ({
        name: this.machineName(machine),
        endpoints,
      })),
      machineNames: new Map(this.#machines.items().map(({ ids, value }) => [ids[0]!, value.name])),
      now,
    };
  }

  machineName(id: string): string {
    return this.#machines.get(id)?.value.name ?? id.slice(0, 8);
  }

  machineIds(): string[] {
    return this.#machines.items().map(({ ids }) => ids[0]!);
  }

  /** Known machines that are not lost. */
  machines(): Machine[] {
    const lost = new Set(this.#lost.items().map(({ ids }) => ids[0]!));
    return this.#machines.items().flatMap(({ ids, value }) => (lost.has(ids[0]!) ? [] : [value]));
  }

  /** Differs whenever the app's deployment, its units or what is reported of them changed. */
  fingerprint(app: string): string {
    const revisions = [this.deployments.get(app)?.modRevision ?? 0];
    for (const { ids, modRevision } of this.units.items()) {
      if (isOf(app, ids[0]!)) revisions.push(modRevision);
    }
    for (const { ids, modRevision } of this.states.items()) {
      if (isOf(app, ids[1]!)) revisions.push(modRevision);
    }
    return revisions.join();
  }

  /** Reports about an app's units, from all machines, by unit name. */
  instancesOf(app: string): Map<string, Instance[]> {
    const instances = new Map<string, Instance[]>();
    for (const { ids, value } of this.states.items()) {
      const [machine, unit] = ids as [string, string];
      if (isOf(app, unit)) append(instances, unit, { machine, state: value });
    }
    return instances;
  }
}

function isOf(app: string, unit: string): boolean {
  return unit.startsWith(`${app}_v`) && parseContainerName(unit)?.app === app;
}

function append<T>(map: Map<string, T[]>, key: string, item: T): void {
  const list = map.get(key);
  if (list) list.push(item);
  else map.set(key, [item]);
}
