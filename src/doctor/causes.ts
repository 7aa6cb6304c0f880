// What follows from what: a finding that one further down explains is no fault of its own. To add a fault: a row here if others
// further down can bring it about.

import type { Fault, Finding } from './finding.ts';

/** What cause and effect have in common: a machine, a unit or an app; `here`: a unit on the same machine; `any`: nothing. */
type Tie = 'machine' | 'unit' | 'app' | 'here' | 'any';
type Row = [Tie, readonly Fault[]];

const GROUND: Fault[] = ['machine-off', 'machine-cut', 'disk-full', 'inodes-full'];
const LOST: Fault[] = ['machine-off', 'machine-cut'];
const DAEMON: Fault[] = ['deisd-dead', 'deisd-frozen', 'deisd-refuses'];
const ground: Row = ['machine', [...GROUND, 'log-disk-full']];
const own: Row = ['here', ['certificate-expired', 'key-unfit', 'port-taken']];
const below: Row = ['machine', [...GROUND, 'log-disk-full', 'docker-down', ...DAEMON, 'firewall']];
const away: Row[] = [
  below,
  own,
  ['unit', ['unit-unplaceable', 'image-missing', 'unit-crashes', 'unit-failed']],
  ['any', ['no-quorum', 'scheduler-leaderless']],
];

export const CAUSES: Partial<Record<Fault, Row[]>> = {
  'log-disk-full': [['machine', ['disk-full']]],
  'member-down': [ground, own, ['machine', ['firewall']]],
  'no-quorum': [ground, own, ['machine', ['firewall']]],
  'docker-down': [ground],
  'deisd-dead': [ground, own],
  'deisd-frozen': [ground],
  'deisd-refuses': [ground, own, ['machine', ['clock-off']]],
  firewall: [['machine', LOST]],
  'heartbeat-missing': [
    ground,
    own,
    ['machine', ['firewall', 'clock-off']],
    ['any', ['no-quorum']],
  ],
  'store-distrusted': [['any', ['no-quorum']]],
  'dns-broken': [ground],
  'scheduler-leaderless': [
    ['any', ['no-quorum']],
    ['machine', [...LOST, ...DAEMON, 'heartbeat-missing']],
  ],
  'unit-unplaceable': [['any', [...LOST, ...DAEMON, 'heartbeat-missing']]],
  'registry-away': away,
  'image-missing': [below, ['machine', ['dns-broken']], ['any', ['registry-away']]],
  'unit-crashes': [below, own],
  'unit-failed': [below, own],
  'router-away': away,
  'nginx-dead': [...away, ['unit', ['router-away']]],
  'router-stale': [
    ...away,
    ['unit', ['router-away', 'nginx-dead']],
    ['machine', ['heartbeat-missing']],
  ],
  'router-refused': [
    ['app', ['domain-twice']],
    ['any', ['no-quorum']],
  ],
  'controller-away': away,
  'builder-away': away,
  'builder-without-socket': [below],
  'logger-away': away,
  'app-unhealthy': [
    ['app', ['unit-unplaceable', 'image-missing', 'unit-crashes', 'unit-failed']],
    ['machine', ['docker-down', ...GROUND, ...DAEMON]],
  ],
};

/** Does `cause` explain `effect`? */
export function explains(cause: Finding, effect: Finding): boolean {
  const rows = CAUSES[effect.fault] ?? [];
  return rows.some(([tie, faults]) => faults.includes(cause.fault) && areTied(tie, cause, effect));
}

function areTied(tie: Tie, cause: Finding, effect: Finding): boolean {
  switch (tie) {
    case 'any':
      return true;
    case 'here':
      return shares(cause.machines, effect.machines) && shares(cause.units, effect.units);
    case 'machine':
      return shares(cause.machines, effect.machines);
    case 'unit':
      return shares(cause.units, effect.units);
    case 'app':
      return shares(cause.apps, effect.apps);
  }
}

function shares(one: readonly string[], other: readonly string[]): boolean {
  return one.some((name) => other.includes(name));
}
