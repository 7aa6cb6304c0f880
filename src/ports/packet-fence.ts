// Packet rules of this machine for what its containers may reach. Only our own chain and the jumps to it are ever touched.

/** One rule of the chain: match and target in the words of iptables(8), without chain. */
export type FenceRule = string;

export interface FencePlan {
  /** Interfaces that containers sit behind. */
  bridges: readonly string[];
  /** IPv4, in order. */
  rules: readonly FenceRule[];
  /** The same for IPv6. */
  rules6: readonly FenceRule[];
}

export interface PacketFence {
  /** What the machine's own addresses on these interfaces span, as `172.29.0.1/16`; those without an address are left out. */
  spans(bridges: readonly string[], signal: AbortSignal): Promise<string[]>;
  /**
   * Makes the chain exactly this, in one step, and leads the bridges' packets through it. Safe to repeat. Throws
   * DeisError('unsupported') on a machine without iptables.
   */
  apply(plan: FencePlan, signal: AbortSignal): Promise<void>;
}
