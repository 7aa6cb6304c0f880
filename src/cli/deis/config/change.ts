// What config:set, config:unset and config:push share: a change of an app's config values, and the list after it.

import type { Controller } from '../../client/controller.ts';
import { heading, pairLines } from '../../client/lists.ts';
import { sshKeyValue } from '../../client/ssh-key.ts';
import type { ApiConfig } from '../../client/types.ts';
import { DeisCommand } from '../command.ts';

export interface ConfigValues {
  /** `v3`; undefined while the app has no build to release. */
  release: string | undefined;
  values: Record<string, string>;
}

/** `null` removes a value. */
type Changes = Record<string, string | null>;

export abstract class ConfigCommand extends DeisCommand {
  /** Makes the release, then prints what config:list would. */
  protected async change(
    label: string,
    flags: { app?: string | undefined },
    changes: Changes,
  ): Promise<ConfigValues> {
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const { release, values } = await this.waiting(
      label,
      changeConfig(session.api, app, changes, this.signal),
      (done) => (done.release === undefined ? 'done' : `done, ${done.release}`),
    );
    this.lines(['', heading(`${app} Config`), ...pairLines(values)]);
    return { release, values };
  }
}

async function changeConfig(
  api: Controller,
  app: string,
  changes: Changes,
  signal: AbortSignal,
): Promise<ConfigValues> {
  const path = `apps/${app}/config/`;
  const changed = await api.post<ApiConfig>(path, { values: await sent(changes) }, signal);
  const { values } = await api.get<ApiConfig>(path, signal);
  return { release: changed.values['DEIS_RELEASE'], values };
}

async function sent(changes: Changes): Promise<Changes> {
  const { SSH_KEY: key } = changes;
  return key ? { ...changes, SSH_KEY: await sshKeyValue(key) } : changes;
}
