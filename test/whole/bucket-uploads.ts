// What s3rver leaves out of the S3 protocol and distribution needs: uploads in parts that can be listed, looked at, given up, and
// filled from other objects (ListMultipartUploads, ListParts, AbortMultipartUpload, UploadPartCopy of the S3 API reference).

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Exchange, S3Store } from 's3rver';

/** Answers what it knows and hands on the rest. */
export function uploadsOf(
  store: S3Store,
): (exchange: Exchange, next: () => Promise<void>) => Promise<void> {
  store.putPart = (bucket, uploadId, part, content) =>
    keepPart(join(uploads(store, bucket), uploadId, String(part)), content);
  return async (exchange, next) => {
    const [, bucket = '', ...rest] = decodeURIComponent(exchange.path).split('/');
    const key = rest.join('/');
    const { uploadId, partNumber, prefix } = exchange.query;
    const source = exchange.headers['x-amz-copy-source'];
    const folder = uploads(store, bucket);
    const { method } = exchange;
    if (method === 'GET' && key === '' && 'uploads' in exchange.query) {
      answer(exchange, await listUploads(folder, bucket, prefix ?? ''));
    } else if (method === 'GET' && uploadId !== undefined) {
      answer(exchange, await listParts(join(folder, uploadId), { bucket, key, uploadId }));
    } else if (method === 'DELETE' && uploadId !== undefined) {
      await rm(join(folder, uploadId), { recursive: true, force: true });
      exchange.status = 204;
    } else if (method === 'PUT' && uploadId !== undefined && source !== undefined) {
      const from = sourceOf(store, source, exchange.headers['x-amz-copy-source-range']);
      const { md5 } = await keepPart(join(folder, uploadId, partNumber ?? '1'), from);
      const now = new Date().toISOString();
      const said = `<ETag>"${md5}"</ETag><LastModified>${now}</LastModified>`;
      answer(exchange, `<CopyPartResult>${said}</CopyPartResult>`);
    } else await next();
  };
}

const uploads = (store: S3Store, bucket: string): string =>
  store.getResourcePath(bucket, undefined, 'uploads');

function answer(exchange: Exchange, xml: string): void {
  exchange.status = 200;
  exchange.type = 'application/xml';
  exchange.body = `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`;
}

function sourceOf(store: S3Store, source: string, range: string | undefined): Readable {
  const [bucket = '', ...key] = decodeURIComponent(source).replace(/^\//, '').split('/');
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
  const part = start === undefined ? {} : { start: Number(start), end: Number(end) };
  return createReadStream(store.getResourcePath(bucket, key.join('/'), 'object'), part);
}

async function keepPart(path: string, content: Readable): Promise<{ size: number; md5: string }> {
  await mkdir(dirname(path), { recursive: true });
  const sum = createHash('md5');
  let size = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sum.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline(content, count, createWriteStream(path));
  const md5 = sum.digest('hex');
  await writeFile(`${path}.md5`, md5);
  return { size, md5 };
}

async function listUploads(folder: string, bucket: string, prefix: string): Promise<string> {
  const ids = await readdir(folder).catch(() => []);
  const rows = await Promise.all(
    ids.map(async (id) => {
      const key = await readFile(join(folder, id, 'key'), 'utf8').catch(() => '');
      if (key === '' || !key.startsWith(prefix)) return '';
      return `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`;
    }),
  );
  const about = `<Bucket>${bucket}</Bucket><IsTruncated>false</IsTruncated>`;
  return `<ListMultipartUploadsResult>${about}${rows.join('')}</ListMultipartUploadsResult>`;
}

async function listParts(
  folder: string,
  { bucket, key, uploadId }: { bucket: string; key: string; uploadId: string },
): Promise<string> {
  const numbers = (await readdir(folder)).filter((name) => /^\d+$/.test(name)).map(Number);
  const rows = await Promise.all(
    numbers
      .toSorted((a, b) => a - b)
      .map(async (number) => {
        const { size } = await stat(join(folder, String(number)));
        const md5 = await readFile(join(folder, `${number}.md5`), 'utf8');
        return `<Part><PartNumber>${number}</PartNumber><ETag>"${md5}"</ETag><Size>${size}</Size></Part>`;
      }),
  );
  const about = `<Bucket>${bucket}</Bucket><Key>${key}</Key><UploadId>${uploadId}</UploadId>`;
  return `<ListPartsResult>${about}<IsTruncated>false</IsTruncated>${rows.join('')}</ListPartsResult>`;
}
