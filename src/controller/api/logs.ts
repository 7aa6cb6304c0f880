// An app's recent lines from all machines, with what the controller did to it between them (reference §1.7, §7.4).

import type { History } from '../../model/app.ts';
import type { LogLine } from '../../ports/log-store.ts';
import { keys } from '../../registry/keys.ts';
import type { Answer, AppCall } from '../call.ts';
import { type Route, onApp } from '../route.ts';
import { wireDate } from '../wire/dates.ts';

export const logRoutes: readonly Route[] = [onApp('GET', '/apps/:id/logs', recent)];

const DEFAULT_LINES = 1000;
const MOST_LINES = 10_000;

async function recent({ services, app, url, signal }: AppCall): Promise<Answer> {
  const { id } = app.value;
  const lines = askedLines(url.searchParams.get('log_lines'));
  const [history, said] = await Promise.all([
    services.registry.get(keys.histories, [id], signal),
    services.logs.recent({ app: id, lines }, signal),
  ]);
  const merged = merge(id, history?.value, said).slice(-lines);
  if (merged.length === 0) return { status: 204 };
  return { status: 200, text: merged.join('\n') };
}

function askedLines(text: string | null): number {
  const number = /^[0-9]{1,6}$/.test(text ?? '') ? Number(text) : DEFAULT_LINES;
  return Math.min(Math.max(1, number), MOST_LINES);
}

/** `<time> <app>[<process>]: <text>`, oldest first. */
function merge(app: string, history: History | undefined, said: readonly LogLine[]): string[] {
  const lines = [
    ...(history?.lines ?? []).map(({ at, text }) => ({
      time: Date.parse(at) * 1000,
      process: 'deis-controller',
      text,
    })),
    ...said.map(({ time, process, line }) => ({ time: Number(time), process, text: line })),
  ];
  return lines
    .sort((a, b) => a.time - b.time)
    .flatMap(({ time, process, text }) => {
      const at = wireDate(new Date(time / 1000).toISOString());
      return text.split('\n').map((part) => `${at} ${app}[${process}]: ${part}`);
    });
}
