import type { ClusterContext } from '../context.ts';
import type { ClusterRecord } from './record.ts';
export async function ensureDoors(
  _root: string,
  _c: ClusterRecord,
  _signal: AbortSignal,
): Promise<ClusterContext['doors']> {
  return { http: 80, https: 443, ssh: 2222 };
}
