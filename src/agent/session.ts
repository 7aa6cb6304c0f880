// The session an agent writes under, as far as the agent needs it: registry/session.ts keeps it, a test may fake it.

import type { Condition } from '../ports/store.ts';
import type { AcquireLock } from './exclusive-locks.ts';

export interface AgentSession {
  /** Registers, renews, registers again after a loss; `onChange` after each. Resolves when the signal aborts. */
  run(onChange: () => void, signal: AbortSignal): Promise<void>;
  /** Undefined while there is none: nothing may be written then, and nothing stops. */
  current(): { fence: Condition } | undefined;
  /** A fenced write was refused: look whether the key is still there. */
  doubt(): void;
}

export interface Registration {
  session: AgentSession;
  acquireLock: AcquireLock;
}
