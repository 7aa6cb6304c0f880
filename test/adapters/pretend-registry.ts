// A registry in memory: as much of the Docker Registry HTTP API v2 as the real one is used for, with its checks.

import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PretendRegistry {
  address: string;
  blobs: Map<string, Buffer>;
  /** By `name/tag` and `name/digest`. */
  manifests: Map<string, { type: string; bytes: Buffer }>;
  /** Gives other bytes than asked for. */
  corrupt: boolean;
  /** Digests that it has in the stack's repository. */
  lent: Set<string>;
  close(): Promise<void>;
}

export const digestOf = (bytes: Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export async function pretendRegistry(): Promise<PretendRegistry> {
  const blobs = new Map<string, Buffer>();
  const manifests: PretendRegistry['manifests'] = new Map();
  const registry: PretendRegistry = {
    address: '',
    blobs,
    manifests,
    corrupt: false,
    lent: new Set(),
    close: async () => {},
  };

  const answer = (
    request: http.IncomingMessage,
    body: Buffer,
  ): [number, Record<string, string>, Buffer?] => {
    const url = new URL(request.url!, 'http://x');
    const [, name, kind, id] =
      /^\/v2\/(.+)\/(manifests|blobs|blobs\/uploads)\/([^/]*)$/.exec(url.pathname) ?? [];
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (kind === 'manifests' && reads) {
      const found = manifests.get(`${name}/${id}`);
      return found ? [200, { 'content-type': found.type }, found.bytes] : [404, {}];
    }
    if (kind === 'manifests' && request.method === 'DELETE')
      return [manifests.delete(`${name}/${id}`) ? 202 : 404, {}];
    if (kind === 'manifests') {
      const parts = JSON.parse(body.toString());
      const needed = [parts.config, ...(parts.layers ?? [])].filter(Boolean);
      if (needed.some((part: { digest: string }) => !blobs.has(part.digest)))
        return [400, {}, Buffer.from('BLOB_UNKNOWN')];
      const manifest = { type: request.headers['content-type']!, bytes: body };
      manifests.set(`${name}/${id}`, manifest).set(`${name}/${digestOf(body)}`, manifest);
      return [201, {}];
    }
    if (kind === 'blobs' && reads) {
      const found = blobs.get(id!);
      return found ? [200, {}, registry.corrupt ? Buffer.from(found).reverse() : found] : [404, {}];
    }
    const mounted = url.searchParams.get('mount') ?? '';
    if (request.method === 'POST' && registry.lent.has(mounted)) return [201, {}];
    if (request.method === 'POST')
      return [202, { location: `/v2/${name}/blobs/uploads/u1?_state=s` }];
    const digest = url.searchParams.get('digest')!;
    if (url.searchParams.get('_state') !== 's' || digestOf(body) !== digest)
      return [400, {}, Buffer.from('DIGEST_INVALID')];
    blobs.set(digest, body);
    return [201, {}];
  };

  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [status, headers, body] = answer(request, Buffer.concat(chunks));
      response.writeHead(status, { ...headers, 'content-length': String(body?.length ?? 0) });
      response.end(request.method === 'HEAD' ? undefined : body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  registry.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  registry.close = () =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return registry;
}

/** Pushes an image of one layer; answers its digest. */
export function pushImage(
  to: PretendRegistry,
  name: string,
  tag: string,
  content: string,
  created: string,
): string {
  const layer = Buffer.from(content);
  const config = Buffer.from(JSON.stringify({ created, content }));
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      config: { digest: digestOf(config), size: config.length },
      layers: [{ digest: digestOf(layer), size: layer.length }],
    }),
  );
  for (const blob of [layer, config]) to.blobs.set(digestOf(blob), blob);
  const manifest = { type: 'application/vnd.docker.distribution.manifest.v2+json', bytes };
  to.manifests.set(`${name}/${tag}`, manifest).set(`${name}/${digestOf(bytes)}`, manifest);
  return digestOf(bytes);
}
