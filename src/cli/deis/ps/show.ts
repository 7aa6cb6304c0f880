// The processes of an app as every ps command prints them.

import type { Controller } from '../../client/controller.ts';
import { heading, processLines } from '../../client/lists.ts';
import type { ApiContainer } from '../../client/types.ts';

export interface Processes {
  containers: ApiContainer[];
  list: string[];
}

/** What the wait for many containers is passed with; a tradition of the original. */
export function coffee(verb: string): string {
  const drink = process.env['DEIS_DRINK_OF_CHOICE'] || 'coffee';
  return `${verb} processes... but first, ${drink}!`;
}

export async function readProcesses(
  api: Controller,
  app: string,
  limit: number | undefined,
  signal: AbortSignal,
): Promise<Processes> {
  const page = await api.list<ApiContainer>(`apps/${app}/containers/`, limit, signal);
  const list = [
    heading(`${app} Processes`, page.results.length, page.count),
    ...processLines(page.results),
  ];
  return { containers: page.results, list };
}
