// All that the doctor knows of a cluster at one moment, as plain data: gathered by cli/doctor/, judged by checks/.

import type { Lost, Machine, Orders, Placement, Unschedulable } from '../model/cluster.ts';
import type {
  ExaminedCertificate,
  ExaminedReach,
  Examination,
  Reach,
} from '../model/examination.ts';
import type { Deployment } from '../model/rollout.ts';
import type { Applied } from '../model/route.ts';
import type { UnitState, WantedUnit } from '../model/unit.ts';

/** How a person gets a command run on a machine: decides how remedies are spelled. */
export type Way =
  | { kind: 'local'; cluster: string }
  /** As ssh(1) gets to machines: who logs in, whether that is root, and through whom (`-J`). */
  | { kind: 'ssh'; user: string; isRoot: boolean; jump?: Jump };

export interface Jump {
  /** `[user@]host[:port]` */
  address: string;
  host: string;
}

/**
 * `leading` and `following` are well. `leaderless`: it answers and knows no leader. `silent`: the port is open and nobody answers.
 * `down`: nothing listens there. `unreachable`: no way to the port. `refuses`: TLS or HTTP said no.
 */
export type MemberState =
  'leading' | 'following' | 'leaderless' | 'silent' | 'down' | 'unreachable' | 'refuses';

export interface MemberFact {
  /** `https://10.0.0.1:2379` */
  endpoint: string;
  ip: string;
  state: MemberState;
  problem?: string;
  /** Bytes of its database. */
  size?: number;
  /** How far its log is; tells who knows most. */
  index?: number;
}

/**
 * The machine's deisd as seen from here. `closed`: nothing listens; `mute`: the connection is taken and nobody speaks;
 * `unreachable`: no way there; `refuses`: TLS or HTTP said no.
 */
export interface DoorFact {
  kind: 'answers' | 'closed' | 'mute' | 'unreachable' | 'refuses';
  problem?: string;
}

export interface MachineFact {
  name: string;
  ip: string;
  /** Absent: nobody has told it. */
  id?: string;
  /** Only of a local cluster: the box knows. */
  power?: 'running' | 'cut' | 'off';
  door: DoorFact;
  /** Ports tried from here, `ip:port`. */
  tried: ExaminedReach[];
  examination?: Examination;
  /** `hand`: over SSH or from the box, because its deisd did not. */
  examinedBy?: 'deisd' | 'hand';
  /** Its clock against ours, ms, and how far that may be off. */
  clock?: { ahead: number; give: number };
  /** Why it could not be examined. */
  unexamined?: string;
}

export interface StoredUpstream {
  app: string;
  unit: string;
  address: string;
  revision: number;
}

/** A certificate in the store that routers show. */
export interface StoredCertificate {
  name: string;
  expires: string;
  keyProblem?: string;
  /** Which setting it is, if it is the operators' own. */
  setting?: string;
}

/** What the store says; machines by id. */
export interface Records {
  machines: Machine[];
  alive: string[];
  lost: Record<string, Lost>;
  orders: Record<string, Orders>;
  wanted: WantedUnit[];
  states: { machine: string; unit: string; state: UnitState }[];
  placements: { machine: string; unit: string; placement: Placement }[];
  unschedulable: Record<string, Unschedulable>;
  /** Who leads the scheduling: a machine's id. */
  leader?: string;
  /** Machines whose router has a heartbeat. */
  routersAlive: string[];
  applied: Record<string, Applied>;
  upstreams: StoredUpstream[];
  apps: string[];
  deployments: Deployment[];
  domains: { domain: string; app: string; key: string; revision: number }[];
  certificates: StoredCertificate[];
  /** Suffix of the apps' hosts. */
  domain: string;
  /** First label of the controllers' host. */
  subdomain: string;
  malformed: string[];
}

export interface Facts {
  /** Our clock, ms since the epoch. */
  at: number;
  way: Way;
  /** Absent: it was lent by a machine. */
  operator?: ExaminedCertificate;
  members: MemberFact[];
  /** Absent: no member of the store let us read. */
  records?: Records;
  /** The records are one member's, which may be behind: the store has no majority. */
  stale?: boolean;
  machines: MachineFact[];
}

/** Open, or at least somebody is there to refuse. */
export function isHeard(reach: Reach): boolean {
  return reach === 'open' || reach === 'refused';
}
