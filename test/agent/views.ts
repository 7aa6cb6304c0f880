// Views of units for tests of the plan and the report: say only what matters.

import type { Placement } from '../../src/model/cluster.ts';
import type { UnitActivity } from '../../src/ports/unit-manager.ts';
import type { Prepared, Snapshot, UnitView } from '../../src/agent/view.ts';

export const IP = '10.77.0.11';

export function placement(patch: Partial<Placement> = {}): Placement {
  return { want: 'run', revision: 5, kind: 'app', retiring: false, reason: 'spread', ...patch };
}

export function prepared(patch: Partial<Prepared> = {}): Prepared {
  return {
    revision: 5,
    restarts: 0,
    launch: true,
    content: '[Service]\nExecStart=/x\n',
    digest: 'd1',
    fingerprint: 'f1',
    hash: 'h1',
    revive: 'always',
    exclusive: false,
    drainTimeout: 30,
    stopLimit: 25,
    ...patch,
  };
}

export const check = { initialDelay: 0, timeout: 1, interval: 2, failures: 2 };

export const routed = {
  app: 'blog',
  hostPort: 20001,
  network: 'bridge',
  containerPort: 5000,
  check,
} as const;

export function activity(active: string, sub = active): UnitActivity {
  return { name: 'u.service', load: 'loaded', active, sub };
}

export const ADDRESS = `${IP}:20001`;
export const STARTED = { fingerprint: 'f1', restarts: 0 };
export const UPSTREAM = { app: 'blog', address: ADDRESS, revision: 9 };

/** `undefined` takes a field away. */
export type Patch = { [K in keyof UnitView]?: UnitView[K] | undefined };

export function view(patch: Patch = {}): UnitView {
  const unit = {
    name: 'u.service',
    kind: 'app',
    health: 'none',
    remains: false,
    takenOver: false,
    drained: false,
    busy: {},
    notBefore: 0,
    routeNotBefore: 0,
    locked: true,
    lockLost: false,
    ...patch,
  };
  const said = Object.entries(unit).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said) as unknown as UnitView;
}

/** A placed, prepared, installed and started unit that runs. */
export function runningView(patch: Patch = {}): UnitView {
  return view({
    placement: placement(),
    prepared: prepared(),
    installed: 'f1',
    started: STARTED,
    activity: activity('active', 'running'),
    ...patch,
  });
}

/** The same, routed, healthy and published. */
export function servingView(patch: Patch = {}): UnitView {
  return runningView({
    prepared: prepared({ routed }),
    health: 'healthy',
    published: UPSTREAM,
    ...patch,
  });
}

export function snapshot(units: UnitView[], patch: Partial<Snapshot> = {}): Snapshot {
  return { units, machineIp: IP, now: 1000, synced: true, writable: true, ...patch };
}
