// What systemd says of some services, asked by `systemctl show`: works for whoever cannot, or must not, hold a bus connection.

import type { ExaminedService } from '../model/examination.ts';
import { run } from './process.ts';

const PROPERTIES = [
  'Id',
  'LoadState',
  'ActiveState',
  'SubState',
  'Result',
  'ExecMainStatus',
  'NRestarts',
  'StatusText',
];

/** By unit name. Throws DeisError when systemctl fails. */
export async function showServices(
  names: readonly string[],
  signal: AbortSignal,
): Promise<Record<string, ExaminedService>> {
  if (names.length === 0) return {};
  const args = ['show', '--no-pager', `--property=${PROPERTIES.join(',')}`, '--', ...names];
  const { stdout } = await run('systemctl', args, {}, signal);
  return parseShown(stdout);
}

/** Blocks of `Key=value` lines with an empty line between them. */
export function parseShown(text: string): Record<string, ExaminedService> {
  const services: Record<string, ExaminedService> = {};
  for (const block of text.split('\n\n')) {
    const lines = block.split('\n').map((line) => [line.split('=')[0]!, line] as const);
    const values = new Map(lines.map(([key, line]) => [key, line.slice(key.length + 1)]));
    const id = values.get('Id');
    if (!id) continue;
    services[id] = {
      load: values.get('LoadState') ?? '',
      active: values.get('ActiveState') ?? '',
      sub: values.get('SubState') ?? '',
      result: values.get('Result') ?? '',
      status: Number(values.get('ExecMainStatus') ?? 0),
      restarts: Number(values.get('NRestarts') ?? 0),
      says: values.get('StatusText') ?? '',
    };
  }
  return services;
}
