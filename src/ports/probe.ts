// Asking a machine's deisd directly whether it lives, past the store.

import type { Machine } from '../model/cluster.ts';

export interface MachineProbe {
  /**
   * True: the deisd at `api` answered and proved by its certificate that it belongs to this cluster.
   * False: no answer in time, or none that can be trusted. Never rejects; an abort counts as no answer.
   */
  answers(machine: Pick<Machine, 'api'>, signal: AbortSignal): Promise<boolean>;
}
