// A change of an app's config values, and the list after it.

import type { Controller } from '../../client/controller.ts';
import { heading, pairLines } from '../../client/lists.ts';
import { sshKeyValue } from '../../client/ssh-key.ts';
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
  const changed = await api.post<ApiConfig>(path, { values: await sent(body.values) }, signal);
  const { values } = await api.get<ApiConfig>(path, signal);
  return {
    release: changed.values['DEIS_RELEASE'],
    values,
    list: [heading(`${app} Config`), ...pairLines(values)],
  };
}

async function sent(values: Record<string, string | null>): Promise<typeof values> {
  const { SSH_KEY: key } = values;
  return key ? { ...values, SSH_KEY: await sshKeyValue(key) } : values;
}
