// This version's roles come into the store before this version's components do.

import type { Cluster } from '../context.ts';
import type { Output } from '../output.ts';

/** Says so when only the operator's own certificate could bring them. */
export async function bringRoles(
  { ensureRoles }: Pick<Cluster, 'ensureRoles'>,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  if (await ensureRoles(signal)) return;
  output.line(
    "The roles in the store are those of another version. Bring them with the operator's own certificate: deisctl install platform, straight or with --etcd-certfile.",
  );
}
