// What the tests use of s3rver, which has no types of its own.

declare module 's3rver' {
  import type { Readable } from 'node:stream';

  /** A request and its answer, of Koa's. */
  export interface Exchange {
    method: string;
    path: string;
    query: Record<string, string | undefined>;
    headers: Record<string, string | undefined>;
    status: number;
    type: string;
    body: unknown;
  }

  export interface S3Store {
    getResourcePath(bucket: string, key: string | undefined, resource: string): string;
    putPart(
      bucket: string,
      uploadId: string,
      part: string | number,
      content: Readable,
    ): Promise<{ size: number; md5: string }>;
  }

  export default class S3rver {
    constructor(options: {
      address: string;
      port: number;
      silent: boolean;
      directory: string;
      configureBuckets: { name: string; configs: unknown[] }[];
    });
    readonly store: S3Store;
    readonly middleware: ((exchange: Exchange, next: () => Promise<void>) => Promise<void>)[];
    run(): Promise<unknown>;
    close(): Promise<void>;
  }
}
