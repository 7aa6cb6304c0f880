// One replica of the platform's image registry: manifests and blobs of the Docker Registry HTTP API v2.

import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { DeisError } from '../model/errors.ts';
import type { AskerTls } from './tls-beside-plain.ts';
import { STACK_REPOSITORY } from '../model/own-image.ts';
import {
  type RegistryRequest,
  type RegistryResponse,
  away,
  registryCall,
  replicaUrl,
  wholeBody,
} from './registry-http.ts';

export const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** On requests of one replica, or for it: not a push of somebody, so not to be handed on. */
export const COPY_HEADER = 'x-deis-copy';

/** A push is answered when the other replicas have it, or after a minute, ms. */
const PUSHED_MS = 90_000;

export interface Manifest {
  /** `sha256:…` of the bytes. */
  digest: string;
  type: string;
  bytes: Buffer;
}

export class RegistryReplica {
  /** `host:port` */
  readonly address: string;

  readonly #headers: Record<string, string>;
  readonly #tls: AskerTls | undefined;

  /** `headers` go with every request; `tls` is what we show. */
  constructor(address: string, headers: Record<string, string> = {}, tls?: AskerTls) {
    this.address = address;
    this.#headers = headers;
    this.#tls = tls;
  }

  /** By tag or digest; undefined when this replica has none. Throws DeisError('unavailable'). */
  async manifest(
    name: string,
    reference: string,
    signal: AbortSignal,
  ): Promise<Manifest | undefined> {
    const url = this.#url(`/v2/${name}/manifests/${reference}`);
    const headers = { accept: MANIFEST_TYPES.join(', ') };
    const response = await this.#call({ method: 'GET', url, headers }, signal);
    const bytes = await wholeBody(response, url);
    if (response.status === 404) return undefined;
    if (response.status !== 200) throw refused(url, response.status, bytes);
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (reference.startsWith('sha256:') && reference !== digest) {
      throw away(url, new Error(`it gave another manifest than ${reference}`));
    }
    return { digest, type: response.headers['content-type'] ?? MANIFEST_TYPES[3]!, bytes };
  }

  async hasManifest(name: string, digest: string, signal: AbortSignal): Promise<boolean> {
    return this.#has(`/v2/${name}/manifests/${digest}`, signal);
  }

  async hasBlob(name: string, digest: string, signal: AbortSignal): Promise<boolean> {
    return this.#has(`/v2/${name}/blobs/${digest}`, signal);
  }

  /** The blob as a stream and its size in bytes. Throws DeisError('not-found') when this replica lacks it. */
  async readBlob(
    name: string,
    digest: string,
    signal: AbortSignal,
  ): Promise<{ body: IncomingMessage; size: number }> {
    const url = this.#url(`/v2/${name}/blobs/${digest}`);
    const response = await this.#call({ method: 'GET', url }, signal);
    if (response.status === 200) {
      return { body: response.body, size: Number(response.headers['content-length'] ?? 0) };
    }
    const bytes = await wholeBody(response, url);
    if (response.status !== 404) throw refused(url, response.status, bytes);
    throw new DeisError('not-found', `The registry at ${this.address} lacks ${digest} of ${name}.`);
  }

  /** A small blob that is JSON: an image's config. Undefined when it is none. */
  async readJson(name: string, digest: string, signal: AbortSignal): Promise<unknown> {
    const { body } = await this.readBlob(name, digest, signal);
    const url = this.#url(`/v2/${name}/blobs/${digest}`);
    const bytes = await wholeBody({ status: 200, headers: body.headers, body }, url);
    try {
      return JSON.parse(bytes.toString()) as unknown;
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /**
   * The registry itself checks that the bytes have this digest, and keeps nothing when they do not. A layer of the stack is lent
   * from the stack's repository: then `open` is not called, and nothing is sent.
   */
  async writeBlob(
    name: string,
    digest: string,
    open: () => Promise<{ body: Readable; size: number }>,
    signal: AbortSignal,
  ): Promise<void> {
    const begin = this.#url(`/v2/${name}/blobs/uploads/`);
    begin.search = new URLSearchParams({ mount: digest, from: STACK_REPOSITORY }).toString();
    const begun = await this.#expect({ method: 'POST', url: begin }, [201, 202], signal);
    if (begun.status === 201) return;
    const blob = await open();
    const upload = new URL(begun.headers.location ?? '', begin);
    upload.searchParams.set('digest', digest);
    const headers = {
      'content-type': 'application/octet-stream',
      'content-length': String(blob.size),
    };
    await this.#expect({ method: 'PUT', url: upload, headers, body: blob.body }, [201], signal);
  }

  /** Under its digest, or under a tag. */
  async writeManifest(
    name: string,
    reference: string,
    { type, bytes }: Manifest,
    signal: AbortSignal,
  ): Promise<void> {
    const url = this.#url(`/v2/${name}/manifests/${reference}`);
    const headers = { 'content-type': type, 'content-length': String(bytes.length) };
    const request = { method: 'PUT', url, headers, body: bytes, silence: PUSHED_MS } as const;
    await this.#expect(request, [201], signal);
  }

  /** One that is not there is fine. */
  async removeManifest(name: string, digest: string, signal: AbortSignal): Promise<void> {
    const url = this.#url(`/v2/${name}/manifests/${digest}`);
    const response = await this.#call({ method: 'DELETE', url }, signal);
    const bytes = await wholeBody(response, url);
    if (![202, 404].includes(response.status)) throw refused(url, response.status, bytes);
  }

  async #has(path: string, signal: AbortSignal): Promise<boolean> {
    const url = this.#url(path);
    const headers = { accept: MANIFEST_TYPES.join(', ') };
    const response = await this.#call({ method: 'HEAD', url, headers }, signal);
    response.body.resume();
    if (response.status === 200) return true;
    if (response.status === 404) return false;
    throw refused(url, response.status, Buffer.alloc(0));
  }

  async #expect(
    request: RegistryRequest,
    statuses: readonly number[],
    signal: AbortSignal,
  ): Promise<RegistryResponse> {
    const response = await this.#call(request, signal);
    const bytes = await wholeBody(response, request.url);
    if (!statuses.includes(response.status)) throw refused(request.url, response.status, bytes);
    return response;
  }

  #call(request: RegistryRequest, signal: AbortSignal): Promise<RegistryResponse> {
    const headers = { ...request.headers, ...this.#headers };
    return registryCall({ ...request, headers, tls: this.#tls }, signal);
  }

  #url(path: string): URL {
    return replicaUrl(this.address, path, this.#tls);
  }
}

/** 404 is an answer and never comes here. */
function refused(url: URL, status: number, body: Buffer): DeisError {
  const said = body.toString().slice(0, 200);
  return new DeisError(
    'unavailable',
    `The image registry at ${url.host} answered ${status}: ${said}`,
  );
}
