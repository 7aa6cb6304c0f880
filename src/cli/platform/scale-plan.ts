// Which instances come and go when a component is scaled; pure.

import type { Component } from '../../model/components.ts';
import { retired } from './retired.ts';
import { FIRST_FORMATION_ROUTER } from '../../model/formation.ts';
import { instancesOf, unitOf } from './targets.ts';

export interface ScaleRequest {
  component: Component;
  count: number;
}

export interface ScalePlan {
  add: string[];
  /** Highest number first. */
  remove: string[];
}

const MOST = 255;

/** `router=3 registry=2`, or what is wrong with it. */
export function parseScale(
  words: readonly string[],
  components: readonly Component[],
): { requests: ScaleRequest[] } | { problem: string; hint: string } {
  const scalable = components.filter((component) => component.scalable);
  const names = scalable.map((component) => component.name).join(', ');
  const requests: ScaleRequest[] = [];
  for (const word of words) {
    const [, name = '', count = ''] = /^(?:deis-)?([^=]*)=(.*)$/s.exec(word) ?? [];
    if (name === '') {
      return { problem: `"${word}" is not <component>=<number>`, hint: 'Example: router=3' };
    }
    const component = scalable.find((candidate) => candidate.name === name);
    if (!component) {
      const past = retired(name);
      const problem = `cannot scale ${name} component`;
      return { problem, hint: past ? past.hint : `These scale: ${names}.` };
    }
    if (!/^[0-9]{1,3}$/.test(count) || Number(count) > MOST) {
      return {
        problem: `"${count}" is not a number of instances from 0 to ${MOST}`,
        hint: `Example: ${name}=3`,
      };
    }
    requests.push({ component, count: Number(count) });
  }
  return { requests };
}

/** Lowest free numbers are added, highest numbers are removed first. Routers of formations go with their layers. */
export function planScale({ component, count }: ScaleRequest, units: readonly string[]): ScalePlan {
  const numbers = instancesOf(component.name, units).filter(
    (number) => number < FIRST_FORMATION_ROUTER,
  );
  const add: string[] = [];
  for (let number = 1; numbers.length + add.length < count; number += 1) {
    if (!numbers.includes(number)) add.push(unitOf(component, number));
  }
  const surplus = Math.max(0, numbers.length - count);
  const remove = numbers.toReversed().slice(0, surplus);
  return { add, remove: remove.map((number) => unitOf(component, number)) };
}
