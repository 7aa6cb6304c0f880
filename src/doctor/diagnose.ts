// Facts → findings, from the bottom of the stack to its top: the first one without a cause is the first broken link. Pure.

import { explains } from './causes.ts';
import { Chart } from './chart.ts';
import { checkApps } from './checks/apps.ts';
import { checkCertificates } from './checks/certificates.ts';
import { checkComponents, startingNotes } from './checks/components.ts';
import { checkDaemons, checkHeartbeats, checkScheduler } from './checks/daemons.ts';
import { checkDisks } from './checks/disks.ts';
import { checkClocks, checkFirewalls, checkMachines } from './checks/machines.ts';
import { checkEngines, checkNames, checkPorts } from './checks/needs.ts';
import {
  checkDomains,
  checkRefusals,
  checkRouters,
  checkShownCertificates,
} from './checks/routing.ts';
import { checkStore } from './checks/store.ts';
import { checkCrashes, checkImages, checkPlaces } from './checks/units.ts';
import type { Facts } from './facts.ts';
import { type Diagnosed, type Diagnosis, type Finding, idOf } from './finding.ts';

/** In order. To add a check: a function from the chart to findings, and its place here. */
const CHECKS: readonly ((chart: Chart) => Finding[])[] = [
  checkMachines,
  checkFirewalls,
  checkClocks,
  checkDisks,
  checkCertificates,
  checkStore,
  checkEngines,
  checkPorts,
  checkDaemons,
  checkHeartbeats,
  checkNames,
  checkScheduler,
  checkPlaces,
  checkCrashes,
  (chart) => checkComponents(chart, ['registry']),
  checkImages,
  (chart) => checkComponents(chart, ['router']),
  checkRouters,
  checkDomains,
  checkRefusals,
  (chart) => checkComponents(chart, ['controller', 'builder', 'logger']),
  checkShownCertificates,
  checkApps,
];

export function diagnose(facts: Facts): Diagnosis {
  const chart = new Chart(facts);
  const findings = unique(CHECKS.flatMap((check) => check(chart)));
  return { findings: withCauses(findings), notes: notesOf(chart) };
}

/** May a second look, a moment later, find less? */
export function mayPass({ findings }: Diagnosis): boolean {
  return findings.some(({ settling, cause }) => settling && cause === undefined);
}

/** Of a second look: what was there in both, or cannot pass by itself. */
export function confirmed(first: Facts, second: Facts): Diagnosis {
  const before = new Set(diagnose(first).findings.map(idOf));
  const { findings, notes } = diagnose(second);
  const kept = findings.filter((one) => !one.settling || before.has(idOf(one)));
  return { findings: withCauses(kept), notes };
}

function unique(findings: readonly Finding[]): Finding[] {
  const seen = new Map<string, Finding>();
  for (const one of findings) if (!seen.has(idOf(one))) seen.set(idOf(one), one);
  return [...seen.values()];
}

/** A finding's cause stands before it; what the cause follows from in turn is its own matter. */
function withCauses(findings: readonly Finding[]): Diagnosed[] {
  return findings.map((one, index) => {
    const { cause: _, ...plain } = one as Diagnosed;
    const cause = findings.findIndex((other, at) => at < index && explains(other, one));
    return cause < 0 ? plain : { ...plain, cause };
  });
}

function notesOf(chart: Chart): string[] {
  const { facts, records } = chart;
  const notes = startingNotes(chart);
  const running = records.deployments.filter(({ step }) => !['done', 'reverted'].includes(step));
  for (const { app, step } of running) notes.push(`a deployment of ${app} is under way: ${step}`);
  if (!facts.records)
    notes.push('the store cannot be read: units, routes and apps were not looked at');
  else if (facts.stale) notes.push('what the store says was read from one member and may be old');
  for (const { name, unexamined, examination } of facts.machines) {
    if (unexamined !== undefined) notes.push(`${name} was not examined: ${unexamined}`);
    for (const gap of examination?.gaps ?? []) notes.push(`${name}: ${gap}`);
  }
  return [...notes, ...records.malformed];
}
