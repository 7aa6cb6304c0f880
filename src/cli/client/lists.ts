// The lists that `deis` prints, in the original's shapes; pure.

import { table } from '../table.ts';
import type { ApiCert, ApiConfig, ApiContainer, ApiRelease } from './types.ts';

/** `=== hello Processes`, with ` (2 of 9)` when the list was cut. */
export function heading(title: string, shown?: number, total?: number): string {
  const cut = shown !== undefined && total !== undefined && shown < total;
  return `=== ${title}${cut ? ` (${shown} of ${total})` : ''}`;
}

/** Per type a `--- web:` line and its containers: `web.1 up (v2)`. */
export function processLines(containers: readonly ApiContainer[]): string[] {
  const types = [...new Set(containers.map(({ type }) => type))].toSorted();
  return types.flatMap((type) => [
    `--- ${type}:`,
    ...containers
      .filter((container) => container.type === type)
      .toSorted((left, right) => left.num - right.num)
      .map(({ num, state, release }) => `${type}.${num} ${state} (${release})`),
  ]);
}

/** `KEY      value`, sorted, values in one column. */
export function pairLines(values: Readonly<Record<string, string | number>>, gap = 6): string[] {
  const names = Object.keys(values).toSorted();
  const width = Math.max(0, ...names.map((name) => name.length)) + gap;
  return names.map((name) => `${name.padEnd(width)}${values[name]}`);
}

export function onelineConfig(values: Readonly<Record<string, string>>): string {
  return Object.keys(values)
    .toSorted()
    .map((name) => `${name}=${values[name]}`)
    .join(' ');
}

export function limitLines({ memory, cpu }: Pick<ApiConfig, 'memory' | 'cpu'>): string[] {
  const section = (limits: Record<string, string | number>): string[] =>
    Object.keys(limits).length === 0 ? ['Unlimited'] : pairLines(limits, 5);
  return ['--- Memory', ...section(memory), '', '--- CPU', ...section(cpu)];
}

export function releaseLines(releases: readonly ApiRelease[]): string[] {
  return releases.map(({ version, created, summary }) => `v${version}\t${created}\t${summary}`);
}

/** Names and dates under a ruled heading; five blanks between the columns. */
export function certLines(certs: readonly Pick<ApiCert, 'common_name' | 'expires'>[]): string[] {
  const rows = certs.map(({ common_name: name, expires }) => [name, expires] as const);
  const [name, date] = ['Common Name', 'Expires'];
  const width = Math.max(name.length, ...rows.map(([cell]) => cell.length));
  const rule = Math.max(date.length, ...rows.map(([, cell]) => cell.length));
  return [[name, date], ['-'.repeat(width), '-'.repeat(rule)], ...rows].map(
    ([left = '', right = '']) => `${left.padEnd(width + 5)}${right}`,
  );
}

/** `name:  value` per field, values in one column. */
export function fieldLines(fields: Readonly<Record<string, string | null>>): string[] {
  return table(Object.entries(fields).map(([name, value]) => [`${name}:`, value ?? '-']));
}
