// What a request to a replica wants (distribution's HTTP API v2); pure.

export type Asked =
  | { kind: 'health' | 'garbage' | 'read' | 'write' | 'unknown' }
  /** Whether a layer is there: asked in the middle of a push. */
  | { kind: 'check' }
  /** The end of a layer's upload. */
  | { kind: 'layer'; repository: string; digest: string }
  /** The end of a push: `reference` is a tag or a digest. */
  | { kind: 'image'; repository: string; reference: string };

const UPLOAD = /^\/v2\/(.+)\/blobs\/uploads\/[^/]*$/;
const MANIFEST = /^\/v2\/(.+)\/manifests\/([^/]+)$/;
const BLOB = /^\/v2\/.+\/blobs\/sha256:[0-9a-f]{64}$/;

export function classify(method: string, target: string): Asked {
  const { pathname, searchParams } = new URL(target, 'http://replica');
  if (pathname === '/deis/health') return { kind: 'health' };
  if (pathname === '/deis/garbage') return { kind: 'garbage' };
  if (pathname !== '/v2' && !pathname.startsWith('/v2/')) return { kind: 'unknown' };
  if (method === 'HEAD' && BLOB.test(pathname)) return { kind: 'check' };
  if (method === 'GET' || method === 'HEAD') return { kind: 'read' };
  const [, uploaded] = UPLOAD.exec(pathname) ?? [];
  const digest = searchParams.get('digest') ?? searchParams.get('mount');
  // A POST with `mount` or `digest` may end the upload that it begins.
  if (uploaded !== undefined && digest !== null && method !== 'PATCH') {
    return { kind: 'layer', repository: uploaded, digest };
  }
  const [, repository, reference] = MANIFEST.exec(pathname) ?? [];
  if (method === 'PUT' && repository !== undefined && reference !== undefined) {
    return { kind: 'image', repository, reference };
  }
  return { kind: 'write' };
}
