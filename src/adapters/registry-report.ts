// What a replica of the registry tells of what lies in it.

import type { StoredReport } from '../model/disk-report.ts';
import { isDeisError } from '../model/errors.ts';
import { registryCall, replicaUrl, wholeBody } from './registry-http.ts';
import type { AskerTls } from './tls-beside-plain.ts';

/** Undefined when no replica answers there. */
export async function readReplicaReport(
  address: string,
  tls: AskerTls | undefined,
  signal: AbortSignal,
): Promise<StoredReport | undefined> {
  const url = replicaUrl(address, '/deis/garbage', tls);
  try {
    const response = await registryCall({ method: 'GET', url, tls }, signal);
    const bytes = await wholeBody(response, url);
    return response.status === 200 ? (JSON.parse(bytes.toString()) as StoredReport) : undefined;
  } catch (error) {
    if (isDeisError(error, 'unavailable')) return undefined;
    throw error;
  }
}
