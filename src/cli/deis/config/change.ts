// A change of an app's config values, and the list after it.

import type { Controller } from '../../client/controller.ts';
import { heading, pairLines } from '../../client/lists.ts';
import type { ApiConfig } from '../../client/types.ts';

export interface ConfigChange {
  /** `v3`; undefined while the app has no build to release. */
  release: string | undefined;
  values: Record<string, string>;
  /** What config:list would print now. */
  list: string[];
}

/** `null` removes a value. */
export async function changeConfig(
  api: Controller,
  app: string,
  body: { values: Record<string, string | null> },
  signal: AbortSignal,
): Promise<ConfigChange> {
  const path = `apps/${app}/config/`;
  const changed = await api.post<ApiConfig>(path, body, signal);
  const { values } = await api.get<ApiConfig>(path, signal);
  return {
    release: changed.values['DEIS_RELEASE'],
    values,
    list: [heading(`${app} Config`), ...pairLines(values)],
  };
}
