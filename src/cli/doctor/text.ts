// How a diagnosis reads: the first broken link with its remedy, what follows from it, then the rest. Pure.

import type { Facts } from '../../doctor/facts.ts';
import type { Diagnosed, Diagnosis } from '../../doctor/finding.ts';

export function diagnosisText({ findings, notes }: Diagnosis, facts: Facts): string[] {
  const roots = findings.filter(({ cause }) => cause === undefined);
  const [first, ...others] = roots;
  const lines = first
    ? [
        `The first broken link: ${first.says}.`,
        ...details(first, findings),
        ...others.flatMap((one) => ['', `Also: ${one.says}.`, ...details(one, findings)]),
      ]
    : [`Nothing is wrong: ${lookedAt(facts)}.`];
  if (notes.length === 0) return lines;
  return [...lines, '', 'Notes:', ...notes.map((note) => `  ${note}`)];
}

function details(one: Diagnosed, findings: readonly Diagnosed[]): string[] {
  const following = findings.filter((other) => rootOf(other, findings) === one && other !== one);
  return [
    ...one.because.map((reason) => `  ${reason}`),
    `  ${one.remedy.says}`,
    ...one.remedy.commands.map((command) => `    ${command}`),
    ...(following.length > 0 ? ['  This explains:'] : []),
    ...following.map(({ says }) => `    ${says}`),
  ];
}

function rootOf(one: Diagnosed, findings: readonly Diagnosed[]): Diagnosed {
  return one.cause === undefined ? one : rootOf(findings[one.cause]!, findings);
}

function lookedAt({ machines, members, records }: Facts): string {
  const units = records?.wanted.filter(({ desired }) => desired === 'launched').length ?? 0;
  const counts = [
    plural(machines.length, 'machine'),
    plural(members.length, 'member of etcd', 'members of etcd'),
    plural(units, 'unit'),
    plural(records?.apps.length ?? 0, 'app'),
  ];
  return counts.join(', ');
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
