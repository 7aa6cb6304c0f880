// The Engine's request for a one-off container: an app's container with its streams in other hands. Pure.

import { LABELS } from '../../model/container-spec.ts';
import { containerName } from '../../model/ids.ts';
import type { RunOrder } from '../../model/run.ts';
import { appContainer } from '../app-container.ts';
import { engineRequest } from '../engine-request.ts';

/** On one-off containers only: the id of the run. */
export const RUN_LABEL = 'deis.run';
/** On those that nobody waits for: when they must be gone, ms since the epoch. */
export const UNTIL_LABEL = 'deis.run.until';

interface CreateRequest {
  Labels: Record<string, string>;
  HostConfig: object;
}

/** `values`: config of the app in the clear. `until`: ms since the epoch. */
export function oneOffRequest(
  order: RunOrder,
  image: string,
  values: Record<string, string>,
  until: number,
): { name: string; request: object } {
  const { process, terminal, stdin, detach, logged = false } = order;
  const spec = appContainer({ unit: '', process, image, values });
  if (terminal) spec.environment = { TERM: terminal.term, ...spec.environment };
  const base = engineRequest(spec, '') as CreateRequest;
  const { [LABELS.unit]: _unit, [LABELS.digest]: _digest, ...labels } = base.Labels;
  return {
    name: containerName(process),
    request: {
      ...base,
      Labels: {
        ...labels,
        [RUN_LABEL]: order.id,
        ...(detach && { [UNTIL_LABEL]: String(until) }),
      },
      Tty: terminal !== undefined,
      OpenStdin: stdin,
      StdinOnce: stdin,
      // What a person sees is not for the app's log; what nobody sees is.
      ...(detach || logged
        ? {}
        : { HostConfig: { ...base.HostConfig, LogConfig: { Type: 'none' } } }),
    },
  };
}
