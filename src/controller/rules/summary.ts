// The sentence that describes a release (reference §1.14): who did it, and what changed.

import type { Settings } from './settings.ts';

interface Differences {
  added: string[];
  changed: string[];
  deleted: string[];
}

export function initialSummary(user: string): string {
  return `${user} created initial release`;
}

/** `sha` wins over the image's name, shortened to 7 characters. */
export function buildSummary(user: string, build: { sha: string; image: string }): string {
  return `${user} deployed ${build.sha === '' ? build.image : build.sha.slice(0, 7)}`;
}

export function rollbackSummary(user: string, version: number): string {
  return `${user} rolled back to v${version}`;
}

/** `bob added A, B, changed C, deleted D and changed limits for memory`; `bob changed nothing` when equal. */
export function configSummary(user: string, before: Settings, after: Settings): string {
  const values = differences(before.values, after.values);
  const tags = differences(before.tags, after.tags);
  const limits = (['memory', 'cpu'] as const).filter(
    (field) => count(differences<string | number>(before[field], after[field])) > 0,
  );
  const parts = [
    sentence(values, ''),
    limits.length > 0 ? `changed limits for ${limits.join(', ')}` : '',
    sentence(tags, 'tag '),
  ].filter((part) => part !== '');
  return `${user} ${parts.length > 0 ? parts.join(' and ') : 'changed nothing'}`;
}

/** `web=3 worker=2` */
export function scaleSummary(user: string, wanted: Record<string, number>): string {
  const parts = Object.entries(wanted).map(([type, number]) => `${type}=${number}`);
  return `${user} scaled containers ${parts.join(' ')}`;
}

function differences<T>(before: Record<string, T>, after: Record<string, T>): Differences {
  const old = new Map(Object.entries(before));
  const now = new Map(Object.entries(after));
  return {
    added: [...now.keys()].filter((key) => !old.has(key)),
    changed: [...now]
      .filter(([key, value]) => old.has(key) && old.get(key) !== value)
      .map(([key]) => key),
    deleted: [...old.keys()].filter((key) => !now.has(key)),
  };
}

function sentence({ added, changed, deleted }: Differences, noun: string): string {
  const part = (verb: string, names: string[]): string[] =>
    names.length === 0 ? [] : [`${verb} ${names.map((name) => noun + name).join(', ')}`];
  return [...part('added', added), ...part('changed', changed), ...part('deleted', deleted)].join(
    ', ',
  );
}

function count({ added, changed, deleted }: Differences): number {
  return added.length + changed.length + deleted.length;
}
