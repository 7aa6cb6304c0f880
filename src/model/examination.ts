// What a machine finds when it examines itself: `deisctl doctor` asks its deisd for it, or runs `deisd examine` there. Plain facts
// and no judgement: src/doctor judges. What could not be learned is said in `gaps` and left out.

/** Places of one disk; figures in bytes. */
export interface ExaminedDisk {
  /** Where it is mounted, as far as our folders tell: the shortest of `holds`. */
  path: string;
  /** Our folders that lie on it: `/var/lib/docker`, `/var/log/journal` … */
  holds: string[];
  size: number;
  /** For those who are not root. */
  free: number;
  /** 0: this file system does not count them. */
  inodes: number;
  inodesFree: number;
  /** Only of a full disk: its largest files. */
  largest?: { path: string; size: number }[];
}

/** What systemd says of a service; `sub` of a missing one is `dead`. */
export interface ExaminedService {
  load: string;
  active: string;
  sub: string;
  /** `success`, `exit-code`, `signal` … */
  result: string;
  /** Exit status of its main process; 0 while it runs. */
  status: number;
  restarts: number;
  /** What its main process last said of itself. */
  says: string;
}

export interface ExaminedContainer {
  id: string;
  unit: string;
  /** `running`, `paused`, `exited` … */
  state: string;
}

/** Who listens on one of the platform's ports. */
export interface ExaminedListener {
  port: number;
  pid: number;
  command: string;
  /** Id of the container it runs in; absent: in none. */
  container?: string;
  /** The service it belongs to; absent: to none, or to a container. */
  service?: string;
}

export interface ExaminedNameServer {
  address: string;
  /** Any answer counts, also "no such name". */
  answers: boolean;
  problem?: string;
}

export type Reach = 'open' | 'refused' | 'silent' | 'unreachable';

export interface ExaminedReach {
  /** `ip:port` */
  address: string;
  reach: Reach;
}

export interface ExaminedCertificate {
  /** `deisd`, `router` … `etcd`; for an operator's own: `operator`. */
  name: string;
  path: string;
  /** ISO 8601, UTC; absent when it cannot be read. */
  begins?: string;
  expires?: string;
  /** What is wrong with the certificate itself, or with who signed it. */
  problem?: string;
  /** Why its key is of no use. */
  keyProblem?: string;
}

/** Whether a component does its work here, asked the way its users ask it. */
export interface ExaminedComponent {
  component: string;
  unit: string;
  /** Its first process, if that is stopped (SIGSTOP) and so answers nobody. */
  stoppedProcess?: number;
  /** What was asked: `GET /healthz on :8000`, `greeting on :2223`, `Docker's socket inside`. */
  asked: string;
  /** Absent: it answered well. */
  problem?: string;
}

/** What the router of this machine has taken over. */
export interface ExaminedRouter {
  /** App → addresses `ip:port`. */
  groups: Record<string, string[]>;
  builders: string[];
}

export interface Examination {
  name: string;
  id: string;
  ip: string;
  /** Its clock, ms since the epoch. */
  at: number;
  disks: ExaminedDisk[];
  /** Host services by name: `etcd.service` …; our units by theirs. */
  services: Record<string, ExaminedService>;
  engine: { answers: boolean; problem?: string };
  containers: ExaminedContainer[];
  listeners: ExaminedListener[];
  nameServers: ExaminedNameServer[];
  reach: ExaminedReach[];
  certificates: ExaminedCertificate[];
  components: ExaminedComponent[];
  router?: ExaminedRouter;
  /** What could not be learned, and why. */
  gaps: string[];
}
