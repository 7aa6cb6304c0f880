// Flags that say how long a command waits.

import { Flags } from '@oclif/core';

/** `--timeout SECONDS`. */
export const timeoutFlag = (seconds: number, description = 'Seconds to wait.') => ({
  timeout: Flags.integer({ description, default: seconds, min: 1 }),
});

/** Of commands that empty a machine. */
export const PATIENCE = {
  patience: Flags.integer({
    description: 'Give up when nothing has left a machine for this many seconds; the order stays.',
    default: 120,
    min: 1,
  }),
};
