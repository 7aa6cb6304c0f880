// The configuration of distribution 2.8, the program behind the registry; pure. JSON is YAML, and quotes every value right.

import type { Storage } from './settings.ts';

export interface DistributionConfig {
  storage: Storage;
  /** Where it keeps images on disk. */
  folder: string;
  /** `127.0.0.1:5001`: only the front talks to it. */
  listen: string;
}

export function distributionConfig({ storage, folder, listen }: DistributionConfig): string {
  const config = {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: {
      ...driver(storage, folder),
      // The front lets nobody delete but our own sweeper.
      delete: { enabled: true },
      // Clients of the registry may not be able to reach the bucket: all bytes go through it.
      redirect: { disable: true },
      maintenance: {
        uploadpurging: { enabled: true, age: '24h', interval: '6h', dryrun: false },
      },
    },
    http: { addr: listen, relativeurls: true },
    health: { storagedriver: { enabled: true, interval: '10s', threshold: 3 } },
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

/** Names of distribution's own parameters (its docs, "S3 storage driver"). */
function driver(storage: Storage, folder: string): Record<string, Record<string, unknown>> {
  if (storage.kind === 'filesystem') return { filesystem: { rootdirectory: folder } };
  const { bucket, region, path, keys, endpoint, encrypt, secure } = storage;
  return {
    s3: {
      bucket,
      region,
      rootdirectory: path,
      ...(keys && { accesskey: keys.access, secretkey: keys.secret }),
      ...(endpoint !== undefined && { regionendpoint: endpoint }),
      encrypt,
      secure,
      v4auth: true,
    },
  };
}
