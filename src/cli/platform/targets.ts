// What an operator may name on the command line, and which platform units that means (Deis v1: `router`, `router@2`, `router@*`).

import type { Component } from '../../model/components.ts';
import { parsePlatformUnitName, platformUnitName } from '../../model/ids.ts';
import { suggest } from '../suggest.ts';
import { retired } from './retired.ts';

/** `every`: all instances; `default`: no instance was named. */
export interface Target {
  component: Component;
  instance: number | 'every' | 'default';
}

/** A refused word: what is wrong with it and what to type instead. */
export interface TargetProblem {
  problem: string;
  hint: string;
}

export type ParsedTargets = { targets: Target[] } | TargetProblem;

const WORD = /^(?:deis-)?([a-z][a-z0-9-]*)(?:@(\*|[1-9][0-9]{0,3}))?(?:\.service)?$/;

/** Deis v1 without Ceph and database, which this platform never has: another word for `platform`. */
const STATELESS = 'stateless-platform';

/** Whether these words mean all components. */
export function isWhole(words: readonly string[]): boolean {
  return words.includes('platform') || words.includes(STATELESS);
}

/** `platform` stands for all components; a leading `deis-` and a trailing `.service` may be left out. */
export function parseTargets(
  words: readonly string[],
  components: readonly Component[],
): ParsedTargets {
  const targets: Target[] = [];
  for (const word of words) {
    if (isWhole([word])) {
      for (const component of components) targets.push({ component, instance: 'default' });
      continue;
    }
    const target = parseTarget(word, components);
    if ('problem' in target) return target;
    targets.push(target);
  }
  return { targets };
}

function parseTarget(word: string, components: readonly Component[]): Target | TargetProblem {
  const names = components.map((component) => component.name);
  const [, name = '', instance] = WORD.exec(word) ?? [];
  const component = components.find((candidate) => candidate.name === name);
  if (!component) {
    const past = retired(name);
    if (past) return past;
    const near = suggest(name || word, ['platform', ...names]);
    const meant = near === undefined ? '' : `Did you mean "${near}"? `;
    return {
      problem: `there is no component "${word}"`,
      hint: `${meant}Components: ${['platform', ...names].join(', ')}.`,
    };
  }
  if (instance !== undefined && !component.scalable) {
    return {
      problem: `${name} has only one instance`,
      hint: `Name it without a number: ${name}.`,
    };
  }
  if (instance === undefined) return { component, instance: 'default' };
  return { component, instance: instance === '*' ? 'every' : Number(instance) };
}

/** Instance numbers of a component among unit names, in order; a component with one instance counts as number 0. */
export function instancesOf(component: string, units: readonly string[]): number[] {
  return units
    .map(parsePlatformUnitName)
    .filter((name) => name?.component === component)
    .map((name) => name?.instance ?? 0)
    .toSorted((left, right) => left - right);
}

export function unitOf(component: Component, instance: number): string {
  return component.scalable
    ? platformUnitName(component.name, instance)
    : platformUnitName(component.name);
}

/**
 * Units to install: what was named; without a number, the usual count (or that of `counts`) unless some instances are there already.
 * Two instances never share a machine, so there are no more than `machines`.
 */
export function unitsToInstall(
  targets: readonly Target[],
  existing: readonly string[],
  machines = Infinity,
  counts: Readonly<Record<string, number>> = {},
): string[] {
  return unique(
    targets.flatMap(({ component, instance }) => {
      if (typeof instance === 'number') return [unitOf(component, instance)];
      const numbers = instancesOf(component.name, existing);
      const usual = counts[component.name] ?? component.instances;
      const wanted = component.scalable ? Math.min(usual, machines) : 1;
      const count = numbers.length > 0 ? 0 : wanted;
      const made = Array.from({ length: count }, (_, index) => index + 1);
      return [...numbers, ...made].map((number) => unitOf(component, number));
    }),
  );
}

/** Units to act on among those that exist. A number that does not exist is a problem; a whole component without units is empty. */
export function unitsToAct(
  targets: readonly Target[],
  existing: readonly string[],
): { units: string[] } | TargetProblem {
  const units: string[] = [];
  for (const { component, instance } of targets) {
    if (typeof instance !== 'number') {
      for (const number of instancesOf(component.name, existing)) {
        units.push(unitOf(component, number));
      }
      continue;
    }
    const unit = unitOf(component, instance);
    if (!existing.includes(unit)) {
      return {
        problem: `${unit} is not installed`,
        hint: `Install it: deisctl install ${component.name}@${instance}. See what there is: deisctl list`,
      };
    }
    units.push(unit);
  }
  return { units: unique(units) };
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
