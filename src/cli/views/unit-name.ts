// Which unit a person means: `router@1`, `hello_v2.web.1`, `deis-router@1.service`; pure.

import { suggest } from '../suggest.ts';

/** The full name among the known units, or what is wrong. A component with one instance needs no number. */
export function findUnit(
  word: string,
  known: readonly string[],
): { unit: string } | { problem: string; hint: string } {
  const names = new Set(known);
  const spellings = [word, `${word}.service`, `deis-${word}`, `deis-${word}.service`];
  const exact = spellings.find((name) => names.has(name));
  if (exact !== undefined) return { unit: exact };
  const stem = word.replace(/^deis-/, '').replace(/\.service$/, '');
  const instances = known.filter((name) => name.startsWith(`deis-${stem}@`));
  const [only] = instances;
  if (only !== undefined && instances.length === 1) return { unit: only };
  if (only !== undefined) {
    const short = instances.map((name) => name.replace(/^deis-|\.service$/g, ''));
    return { problem: `${word} has several instances`, hint: `Name one: ${short.join(', ')}.` };
  }
  const near = suggest(word, known.flatMap(shortForms));
  const meant = near === undefined ? '' : `Did you mean "${near}"? `;
  return {
    problem: `there is no unit "${word}"`,
    hint: `${meant}See all units: deisctl list --all`,
  };
}

function shortForms(name: string): string[] {
  return [name, name.replace(/\.service$/, ''), name.replace(/^deis-|\.service$/g, '')];
}
