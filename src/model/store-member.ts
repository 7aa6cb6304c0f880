// A member of the store, as it says itself.

export interface StoreMember {
  /** Decimal digits. */
  id: string;
  /** '': it was added and has never started. */
  name: string;
  ip: string;
  /** `https://ip:2380`. */
  peer: string;
  /** `https://ip:2379`; '': it has never started. */
  endpoint: string;
  /** It listens and does not vote yet. */
  learner: boolean;
  /** It answers, and knows a leader. */
  healthy: boolean;
  leads: boolean;
}

/** How many must agree. */
export function quorumOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}
