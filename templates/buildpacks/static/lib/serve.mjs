// Serves the files below STATIC_ROOT on PORT: index.html of directories, 404.html for what is not there, ranges, validation by
// ETag. Dot files are not served. Ends when told to, after the requests that run.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

const root = resolve(process.env.STATIC_ROOT ?? '.');
const TYPES = {
  '.avif': 'image/avif',
  '.css': 'text/css; charset=utf-8',
  '.gif': 'image/gif',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.mp4': 'video/mp4',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webm': 'video/webm',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml',
};

/** The path of a request below the root; undefined for one that leads elsewhere or to a dot file. */
function pathOf(url) {
  let path;
  try {
    path = decodeURIComponent(new URL(url, 'http://site').pathname);
  } catch {
    return undefined;
  }
  if (path.includes('\0') || /\/\.(?!well-known\/)/.test(path)) return undefined;
  const full = join(root, path);
  return full === root || full.startsWith(root + sep) ? full : undefined;
}

/** The file meant by a path, tried in order: itself, index.html in it, with .html. */
async function fileFor(path) {
  for (const candidate of [path, join(path, 'index.html'), `${path}.html`]) {
    const found = await stat(candidate).catch(() => undefined);
    if (found?.isFile()) return { file: candidate, size: found.size, changed: found.mtime };
    if (found?.isDirectory() && candidate !== path) return undefined;
  }
  return undefined;
}

async function send(request, response, found, status) {
  const { file, size, changed } = found;
  const etag = `"${size.toString(16)}-${changed.getTime().toString(16)}"`;
  response.setHeader(
    'content-type',
    TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream',
  );
  response.setHeader('etag', etag);
  response.setHeader('accept-ranges', 'bytes');
  if (status === 200 && request.headers['if-none-match'] === etag) {
    response.writeHead(304).end();
    return;
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = range ? Number(range[1]) : 0;
  const end = range && range[2] !== '' ? Math.min(Number(range[2]), size - 1) : size - 1;
  const isPart = range && status === 200 && start <= end;
  if (isPart) response.setHeader('content-range', `bytes ${start}-${end}/${size}`);
  response.setHeader('content-length', isPart ? end - start + 1 : size);
  response.writeHead(isPart ? 206 : status);
  if (request.method === 'HEAD' || size === 0) response.end();
  else await pipeline(createReadStream(file, isPart ? { start, end } : {}), response);
}

async function serve(request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  const path = pathOf(request.url);
  const found = path && (await fileFor(path));
  if (found) return send(request, response, found, 200);
  const missing = await fileFor(join(root, '404.html'));
  if (missing) return send(request, response, missing, 404);
  response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found\n');
}

const server = createServer((request, response) => {
  serve(request, response).catch((error) => {
    // A visitor who left is no error of ours.
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') console.error(error.message);
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end();
  });
});
server.listen(Number(process.env.PORT ?? 5000), () => console.log(`Serving ${root}`));
process.on('SIGTERM', () => {
  server.close();
  server.closeIdleConnections();
});
