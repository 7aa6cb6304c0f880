// What a request to the registry door wants (distribution's HTTP API v2).

/**
 * `read`: whoever has it may answer. `begin`: a push begins, at any replica. `check`, `write`: belong to the replica that the
 * repository's push began at: does it have this layer already, and the rest of the push.
 */
export interface ImageRequest {
  kind: 'read' | 'check' | 'begin' | 'write';
  /** `team/api`; empty for requests about no repository. */
  repository: string;
  upload?: string;
}

const PATH = /^\/v2\/(.+)\/(manifests|blobs|tags)\/([^?]*)/;
const UPLOAD = /\/blobs\/uploads\/([0-9a-f-]{36})/;

export function classify(method: string, url: string): ImageRequest {
  const upload = uploadOf(url);
  const [, name = '', part] = PATH.exec(url) ?? [];
  const repository = name.replace(/\/blobs\/uploads.*$/, '');
  const about = { repository, ...(upload === undefined ? {} : { upload }) };
  if (method === 'POST') return { kind: 'begin', ...about };
  if (method === 'HEAD' && part === 'blobs') return { kind: 'check', ...about };
  if ((method === 'GET' || method === 'HEAD') && upload === undefined)
    return { kind: 'read', ...about };
  return { kind: 'write', ...about };
}

/** The id of the upload that a URL or a Location header is about. */
export function uploadOf(url: string): string | undefined {
  return UPLOAD.exec(url)?.[1];
}
