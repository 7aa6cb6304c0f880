// What a replica of the registry tells of what lies in it.

import type { StoredReport } from '../model/disk-report.ts';
import { isDeisError } from '../model/errors.ts';
import { registryCall, wholeBody } from './registry-http.ts';

/** Undefined when no replica answers there. */
export async function readReplicaReport(
  address: string,
  signal: AbortSignal,
): Promise<StoredReport | undefined> {
  const url = new URL(`http://${address}/deis/garbage`);
  try {
    const response = await registryCall({ method: 'GET', url }, signal);
    const bytes = await wholeBody(response, url);
    return response.status === 200 ? (JSON.parse(bytes.toString()) as StoredReport) : undefined;
  } catch (error) {
    if (isDeisError(error, 'unavailable')) return undefined;
    throw error;
  }
}
