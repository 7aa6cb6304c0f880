// The git remote of an app. The platform knows its port; its host is the one the controller is called at.

import type { Controller } from './controller.ts';
import { remoteUrl } from './controller-url.ts';
import type { ClientSettings } from './settings-file.ts';

/** A server of Deis v1 does not say: then it is v1's port. */
export async function remoteFor(
  { settings, api }: { settings: ClientSettings; api: Controller },
  app: string,
  signal: AbortSignal,
): Promise<string> {
  const known = await api.getIfKnown<{ sshPort?: number }>(`/v2/apps/${app}`, signal);
  return remoteUrl(settings.controller, app, known?.sshPort);
}
