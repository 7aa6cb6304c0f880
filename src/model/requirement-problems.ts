// Which requirements contradict each other: checked when a unit is created, in the words of fleet's API.

import { globMatches } from './glob.ts';
import { parseRequirements } from './requirements.ts';
import type { UnitOption } from './unit.ts';

/** Every contradiction in the [X-Fleet] section and every bad [X-Deis] value; empty: none. Specifiers are not expanded. */
export function requirementProblems(options: readonly UnitOption[]): string[] {
  const { machineId, machineOf, conflicts, replaces, global } = parseRequirements(options);
  const hasMachineId = machineId !== undefined;
  const hasPeers = machineOf.length > 0;
  const hasConflicts = conflicts.length > 0;
  const hasReplaces = replaces.length > 0;
  const problems: string[] = [];
  const never = (both: boolean, words: string): void => {
    if (both) problems.push(words);
  };
  never(hasMachineId && hasPeers, 'MachineID cannot be used with Peers');
  never(hasMachineId && hasConflicts, 'MachineID cannot be used with Conflicts');
  never(hasMachineId && global, 'MachineID cannot be used with Global');
  never(hasMachineId && hasReplaces, 'MachineID cannot be used with Replaces');
  never(global && hasPeers, 'Global cannot be used with Peers');
  never(global && hasReplaces, 'Global cannot be used with Replaces');
  never(hasConflicts && hasReplaces, 'Conflicts cannot be used with Replaces');
  for (const peer of machineOf) {
    for (const [what, globs] of [
      ['conflict', conflicts],
      ['replace', replaces],
    ] as const) {
      const glob = globs.find((candidate) => globMatches(candidate, peer));
      if (glob === undefined) continue;
      problems.push(`unresolvable requirements: peer "${peer}" matches ${what} "${glob}"`);
    }
  }
  return [...problems, ...onDisconnectProblems(options)];
}

function onDisconnectProblems(options: readonly UnitOption[]): string[] {
  return options
    .filter(({ section, name }) => section === 'X-Deis' && name === 'OnDisconnect')
    .filter(({ value }) => value !== 'stop' && value !== 'keep')
    .map(({ value }) => `OnDisconnect must be stop or keep, not "${value}"`);
}
