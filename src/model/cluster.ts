// Machines, their heartbeats, and the scheduler's decisions about them.

/** One host; `id` is its machine-id (32 hex digits). Written by its agent at each start and on change. */
export interface Machine {
  id: string;
  name: string;
  ip: string;
  /** fleet metadata: labels that constraints match. */
  metadata: Record<string, string>;
  /** Bytes and number of cpus. */
  capacity: { memory: number; cpus: number };
  /** `host:port` of its deisd over mutual TLS. */
  api: string;
  bootId: string;
  versions: { deisd: string; systemd: number; engine: string };
  /** Its sshd's public keys, `type base64`, so that operators need not compare fingerprints on each machine. */
  hostKeys?: string[];
  /** Why this machine does not obey the store (wiped, restored, another cluster's); absent: it does. */
  storeProblem?: string;
  /** It is about to be shut down: everything moves elsewhere, as for an operator's drain. */
  leaving?: boolean;
}

/** A machine's metadata with what was set over it (`PATCH /machines` of fleet's API); an empty value takes a label away. */
export function overlaid(
  metadata: Readonly<Record<string, string>>,
  set: ReadonlyMap<string, string>,
): Record<string, string> {
  const all = new Map([...Object.entries(metadata), ...set]);
  return Object.fromEntries([...all].filter(([, value]) => value !== ''));
}

/** Leased. A session is one life of an agent; every write of the agent is fenced by this key's create revision. */
export interface Alive {
  session: string;
  since: string;
}

/** What an operator ordered for a machine (`deisctl cordon|drain`). */
export interface Orders {
  /** No new units. */
  cordon: boolean;
  /** Move what can be moved elsewhere, start new before stop old. */
  drain: boolean;
}

/** A machine declared lost by the scheduler's leader; deleted when it is back. */
export interface Lost {
  since: string;
  reason: string;
}

/**
 * The scheduler's decision about one unit on one machine. Absence stops nothing.
 * `run`: have it as the wanted unit says. `stop`: withdraw, drain, stop, keep the files. `gone`: and remove it.
 */
export interface Placement {
  want: 'run' | 'stop' | 'gone';
  /** Store revision of the wanted unit this decision was made for; the agent runs exactly that one. */
  revision: number;
  kind: 'platform' | 'app' | 'foreign';
  /** A replacement is being started elsewhere: keep serving, but do not publish over the replacement. */
  retiring: boolean;
  reason: string;
}

/** Why a wanted unit runs nowhere; kept so that people can ask. */
export interface Unschedulable {
  reason: string;
  /** Per machine name: what speaks against it. */
  machines: Record<string, string>;
}

/** One line of the scheduler to people, by topic: `brake`, `orphans`, `stuck`, `refused`, `rebalance`. */
export interface SchedulerStatus {
  text: string;
  /** ISO 8601, UTC. */
  since: string;
  /** What `text` counts, where it is a running total. */
  count?: number;
  /** Topic `rebalance`: the id of the last wish that has been carried out. */
  done?: string;
}

/** An operator's wish to have units spread anew (`deisctl rebalance`); carried out once per id. */
export interface RebalanceWish {
  id: string;
  /** ISO 8601, UTC. */
  at: string;
}

/** Short form of a machine id as fleet shows it: `8bf04fa5.../10.0.0.1`. */
export function machineLabel(machine: Pick<Machine, 'id' | 'ip'>): string {
  return `${machine.id.slice(0, 8)}.../${machine.ip}`;
}
