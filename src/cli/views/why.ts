// `deisctl why <unit>`: everything known about where a unit is, or why it is nowhere; pure.

import type { Placement, Unschedulable } from '../../model/cluster.ts';
import type { UnitState, WantedUnit } from '../../model/unit.ts';

export interface UnitStory {
  unit: string;
  /** Absent: nobody wants it any more. */
  wanted: WantedUnit | undefined;
  /** By machine name. */
  placements: ReadonlyMap<string, Placement>;
  states: ReadonlyMap<string, UnitState>;
  unschedulable: Unschedulable | undefined;
}

const DESIRED: Record<WantedUnit['desired'], string> = {
  inactive: 'known, but on no machine',
  loaded: 'on a machine, not started',
  launched: 'started',
  gone: 'gone (being drained, stopped and removed)',
};

const WANT: Record<Placement['want'], string> = {
  run: 'to have it',
  stop: 'to stop it',
  gone: 'to remove it',
};

export function whyText(story: UnitStory): string[] {
  const { unit, wanted, placements, states, unschedulable } = story;
  const lines = [unit];
  lines.push(`  wanted: ${wanted ? DESIRED[wanted.desired] : 'by nobody'}`);
  for (const [machine, placement] of placements) {
    lines.push(`  ${machine} is ${WANT[placement.want]}: ${placement.reason}`);
    if (placement.retiring) lines.push('    its replacement is being started elsewhere');
  }
  for (const [machine, state] of states) lines.push(...stateText(machine, state));
  if (unschedulable) {
    lines.push(`  it runs nowhere: ${unschedulable.reason}`);
    for (const [machine, reason] of Object.entries(unschedulable.machines)) {
      lines.push(`    ${machine}: ${reason}`);
    }
  }
  if (wanted && placements.size === 0 && states.size === 0 && !unschedulable) {
    lines.push('  the scheduler has not decided about it yet');
  }
  return lines;
}

function stateText(machine: string, state: UnitState): string[] {
  const health = state.health === 'none' ? '' : `, ${state.health}`;
  const lines = [`  ${machine} reports: ${state.active}/${state.sub} (${state.phase}${health})`];
  if (state.message !== undefined) lines.push(`    ${state.message}`);
  if (state.crashes > 0) lines.push(`    restarted by itself ${state.crashes} times`);
  if (state.exitCode !== undefined && state.exitCode !== 0) {
    lines.push(`    last exit status ${state.exitCode}`);
  }
  if (state.address !== undefined) {
    const where = state.published === undefined ? 'not published' : 'published';
    lines.push(`    answers at ${state.address} (${where})`);
  }
  if (state.drain && state.drain.waitingFor.length > 0) {
    lines.push(`    draining, waiting for ${state.drain.waitingFor.join(', ')}`);
  }
  return lines;
}
