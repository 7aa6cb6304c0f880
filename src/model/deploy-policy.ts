// How an app wants to be deployed: `deis policy:set`. To add a setting: a field, a row in POLICY, and its use in the
// controller's deployment/.

export interface DeployPolicy {
  /** Seconds for the whole new side to be up and known to all routers. */
  deadline: number;
  /** Seconds that new containers must have been healthy before old ones go. */
  minHealthy: number;
  /** New containers that may be coming up at the same time; 0: all. */
  batch: number;
  /** A deployment that fails goes back to the old side by itself; off: it pauses and somebody decides. */
  autoRevert: boolean;
  /** Seconds for the release phase. */
  releaseTimeout: number;
  /** Seconds between SIGTERM and SIGKILL. */
  stopTimeout: number;
  /** Seconds that a withdrawn container may go on serving requests that have begun. */
  drainTimeout: number;
  /** The last container of an app that still accepts connections is withdrawn too when its check fails. */
  withdrawLast: boolean;
}

/** `policy`: only what the app set itself. */
export interface PolicyRecord {
  app: string;
  policy: Partial<DeployPolicy>;
  updated: string;
}

/** 120 s are extended by 2 s for each container; a deadline that an app sets is taken as it is. */
export const DEFAULT_POLICY: DeployPolicy = {
  deadline: 120,
  minHealthy: 1,
  batch: 0,
  autoRevert: true,
  releaseTimeout: 600,
  stopTimeout: 10,
  drainTimeout: 30,
  withdrawLast: false,
};

export interface PolicySetting {
  name: keyof DeployPolicy;
  about: string;
  /** Absent: it is on or off. */
  range?: { from: number; to: number };
}

export const POLICY: readonly PolicySetting[] = [
  {
    name: 'deadline',
    about: 'seconds for all new containers to serve',
    range: { from: 5, to: 86_400 },
  },
  {
    name: 'minHealthy',
    about: 'seconds that new containers must be healthy before old ones go',
    range: { from: 0, to: 3600 },
  },
  {
    name: 'batch',
    about: 'new containers that come up at the same time; 0: all',
    range: { from: 0, to: 500 },
  },
  { name: 'autoRevert', about: 'go back when a deployment fails; off: pause' },
  {
    name: 'releaseTimeout',
    about: 'seconds for the release phase',
    range: { from: 1, to: 86_400 },
  },
  {
    name: 'stopTimeout',
    about: 'seconds between SIGTERM and SIGKILL',
    range: { from: 0, to: 3600 },
  },
  {
    name: 'drainTimeout',
    about: 'seconds for requests that have begun when a container is withdrawn',
    range: { from: 0, to: 3600 },
  },
  { name: 'withdrawLast', about: 'withdraw also the last container when its health check fails' },
];

/** The value that a person typed, or what is wrong with it. */
export function parsePolicyValue(
  name: string,
  text: string,
): { name: keyof DeployPolicy; value: number | boolean } | { problem: string } {
  const setting = POLICY.find((one) => one.name === name);
  if (!setting) {
    const known = POLICY.map((one) => one.name).join(', ');
    return { problem: `There is no ${name}. Settings: ${known}.` };
  }
  if (!setting.range) {
    if (text !== 'on' && text !== 'off') return { problem: `${name} must be on or off.` };
    return { name: setting.name, value: text === 'on' };
  }
  const { from, to } = setting.range;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : -1;
  if (value < from || value > to) {
    return { problem: `${name} must be a whole number from ${from} to ${to}.` };
  }
  return { name: setting.name, value };
}
