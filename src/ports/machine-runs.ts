// One-off containers on other machines: the order goes out, frames come back.

import type { RunOrder } from '../model/run.ts';
import type { FrameChannel } from './frame-channel.ts';

export interface MachineRuns {
  /** `api`: `host:port` of the machine. Throws DeisError('unavailable') when it does not answer: then nothing was begun. */
  open(api: string, order: RunOrder, signal: AbortSignal): Promise<FrameChannel>;
}
