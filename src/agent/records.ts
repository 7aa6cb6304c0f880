// What the agent keeps on disk, and its shapes. Under /var/lib: what survives a reboot. Under /run: what a reboot ends.

import { z } from 'zod';
import type { Placement } from '../model/cluster.ts';
import type { Health, UnitKind } from '../model/unit.ts';
import type { PortBook } from './ports.ts';
import type { Prepared, Started, Upstream } from './view.ts';

/** /var/lib/deis/agent/units/<unit>.json: the last known order of a unit, and all that is needed to carry it out alone. */
export interface UnitRecord {
  kind: UnitKind;
  /** Absent for a unit that no placement names any more. */
  placement?: Placement;
  prepared?: Prepared;
}

/** /run/deis/agent/units/<unit>.json: what was done with it since the machine booted. */
export interface LifeRecord {
  /** Fingerprint of the files that are installed. */
  installed?: string;
  started?: Started;
  published?: Upstream;
  withdrawn?: Upstream;
  takenOver: boolean;
  /** Which run of its container `health` is about: `<id>@<startedAt>`. */
  container?: string;
  health: Exclude<Health, 'none'>;
  /** What systemd said last, since when (ms since the epoch), and how often it restarted it by then. */
  seen?: { active: string; sub: string; since: number; crashes: number };
}

/** /var/lib/deis/agent/store.json: the store whose orders we follow, and how far we have seen it. */
export interface StoreRecord {
  clusterId: string;
  revision: number;
  bootId: string;
  /** Set while the store is not obeyed because its revision went back. */
  wentBack?: string;
}

const text = z.string();
const number = z.number();

const liveCheck = z.object({
  path: text.optional(),
  command: z.array(text).optional(),
  initialDelay: number,
  timeout: number,
  interval: number,
  failures: number,
});

const check = liveCheck.extend({
  startPath: text.optional(),
  startCommand: z.array(text).optional(),
  live: liveCheck.optional(),
  withdrawLast: z.boolean().optional(),
});

const prepared = z.object({
  revision: number,
  restarts: number,
  launch: z.boolean(),
  content: text,
  digest: text,
  fingerprint: text,
  hash: text,
  revive: z.enum(['always', 'failed', 'never']),
  exclusive: z.boolean(),
  image: text.optional(),
  routed: z
    .object({
      app: text,
      hostPort: number,
      network: z.enum(['bridge', 'host']),
      containerPort: number,
      check,
    })
    .optional(),
  check: check.optional(),
  drainTimeout: number,
  stopLimit: number,
});

const kind = z.enum(['platform', 'app', 'foreign']);

export const unitRecord = z.object({
  kind,
  placement: z
    .object({
      want: z.enum(['run', 'stop', 'gone']),
      revision: number,
      kind,
      retiring: z.boolean(),
      reason: text,
    })
    .optional(),
  prepared: prepared.optional(),
}) as z.ZodType<UnitRecord>;

const upstream = z.object({ app: text, address: text, revision: number });

export const lifeRecord = z.object({
  installed: text.optional(),
  started: z.object({ fingerprint: text, restarts: number }).optional(),
  published: upstream.optional(),
  withdrawn: upstream.optional(),
  takenOver: z.boolean(),
  container: text.optional(),
  health: z.enum(['unknown', 'healthy', 'unhealthy']),
  seen: z.object({ active: text, sub: text, since: number, crashes: number }).optional(),
}) as z.ZodType<LifeRecord>;

export const storeRecord = z.object({
  clusterId: text,
  revision: number,
  bootId: text,
  wentBack: text.optional(),
}) as z.ZodType<StoreRecord>;

export const portBook = z.object({
  next: number,
  held: z.record(text, number),
  freed: z.record(text, number),
}) satisfies z.ZodType<PortBook>;
