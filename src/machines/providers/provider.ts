// Where machines come from. A cloud is one file beside this one, and a row in providers.ts.

import type { Node, SshAccess } from '../../model/formation.ts';
import type { ClusterContext } from '../context.ts';
import type { Progress } from '../progress.ts';

export interface MachineRequest {
  /** What it will be called in the cluster. */
  name: string;
  /** Of its place in a formation: what it is to show from its first word on. */
  labels: Record<string, string>;
  /** Of the flavor, over those of the provider. */
  params: Record<string, string>;
  /** Nodes there are. */
  nodes: readonly Node[];
}

/** `bare`: a host with an sshd, to be joined like any other. `whole`: a machine whose deisd runs already. */
export type MadeMachine =
  { kind: 'bare'; access: SshAccess } | { kind: 'whole'; id: string; ip: string };

/** The operator's computer and the cluster it made. */
export interface Workshop {
  root: string;
  context: ClusterContext;
  progress: Progress;
}

export interface MachineProvider {
  /** Throws DeisError 'invalid' naming what is wrong with the params. */
  check(params: Record<string, string>): void;
  /** Resolves when the host answers. Throws DeisError 'unavailable' when there is none to be had. */
  create(request: MachineRequest, workshop: Workshop, signal: AbortSignal): Promise<MadeMachine>;
  /**
   * Gives the machine back, after it was emptied and, where it had joined, left. Called again after a failure.
   * `joins` says whether hosts of this provider join by SSH, and so have to leave first.
   */
  destroy(node: Node, workshop: Workshop, signal: AbortSignal): Promise<void>;
  readonly joins: boolean;
}

/** Throws DeisError-ready text: params that are not known are refused by name. */
export function unknownParams(
  params: Record<string, string>,
  known: readonly string[],
): string | undefined {
  const unknown = Object.keys(params).filter((name) => !known.includes(name));
  if (unknown.length === 0) return undefined;
  return `unknown: ${unknown.join(', ')}; known are ${known.join(', ') || 'none'}`;
}
