// What the doctor says: one fault, where it is, what shows it, and how it is mended.

/** From the bottom of the stack to its top. To add one: a word here, a row in causes.ts, a check that finds it. */
export const FAULTS = [
  'machine-off',
  'machine-cut',
  'firewall',
  'clock-off',
  'disk-full',
  'inodes-full',
  'log-disk-full',
  'certificate-expired',
  'key-unfit',
  'member-down',
  'no-quorum',
  'docker-down',
  'port-taken',
  'deisd-dead',
  'deisd-frozen',
  'deisd-refuses',
  'heartbeat-missing',
  'store-distrusted',
  'dns-broken',
  'scheduler-leaderless',
  'unit-unplaceable',
  'registry-away',
  'image-missing',
  'unit-crashes',
  'unit-failed',
  'router-away',
  'nginx-dead',
  'router-stale',
  'router-refused',
  'controller-away',
  'builder-away',
  'builder-without-socket',
  'logger-away',
  'domain-twice',
  'app-unhealthy',
  'certificate-ending',
] as const;

export type Fault = (typeof FAULTS)[number];

export interface Remedy {
  /** What to do, a full sentence. */
  says: string;
  /** Commands for a shell, in order; the first that mends it comes first. */
  commands: string[];
}

export interface Finding {
  fault: Fault;
  /** Names the one thing that is sick: with the fault it is the same finding in another look. */
  subject: string;
  /** What is wrong and where, one sentence without a full stop. */
  says: string;
  /** What shows it. */
  because: string[];
  remedy: Remedy;
  /** Names of machines, units and apps that it is about: causes.ts ties findings together by them. */
  machines: string[];
  units: string[];
  apps: string[];
  /** It may pass by itself within seconds (something is starting, or moving): believed only when it is seen twice. */
  settling: boolean;
}

export interface Diagnosed extends Finding {
  /** Index of the finding that this one follows from; absent: it is a fault of its own. */
  cause?: number;
}

export interface Diagnosis {
  /** The first one without a cause is the first broken link. */
  findings: Diagnosed[];
  /** What is going on and is no fault: units that start, deployments that run, what could not be looked at. */
  notes: string[];
}

type Draft = Pick<Finding, 'fault' | 'subject' | 'says' | 'remedy'> & Partial<Finding>;

export function finding(draft: Draft): Finding {
  return { because: [], machines: [], units: [], apps: [], settling: false, ...draft };
}

export function idOf({ fault, subject }: Pick<Finding, 'fault' | 'subject'>): string {
  return `${fault} ${subject}`;
}
