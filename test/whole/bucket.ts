// An S3-compatible service on this computer, for the machines of a test.

import { globSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import S3rver from 's3rver';
import { uploadsOf } from './bucket-uploads.ts';

export interface BucketServer {
  /** `http://10.77.0.1:4321` */
  url: string;
  /** Keys of all objects in it. */
  keys(): Promise<string[]>;
  close(): Promise<void>;
}

/** With one bucket, `images`. Keeps its objects in `folder`. */
export async function bucketServer(folder: string, host: string): Promise<BucketServer> {
  const server = new S3rver({
    address: host,
    port: 0,
    silent: true,
    directory: folder,
    configureBuckets: [{ name: 'images', configs: [] }],
  });
  server.middleware.unshift(uploadsOf(server.store));
  const address = (await server.run()) as AddressInfo;
  return {
    url: `http://${host}:${address.port}`,
    keys: async () => globSync('images/**/*', { cwd: folder }),
    close: () => server.close(),
  };
}
