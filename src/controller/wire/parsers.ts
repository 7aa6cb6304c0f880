// Request bodies as clients of Deis v1 send them: empty JSON means {}, and login also takes forms (reference §1.1).

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { detail } from './errors.ts';

/** Levels of lists and objects in a body. What walks through a value by calling itself must not run out of stack. */
const MOST_LEVELS = 64;
const FORMS = ['application/x-www-form-urlencoded', 'multipart/form-data'];

/** Replaces Fastify's own parsers, which refuse empty JSON bodies. */
export function installParsers(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, parseJson);
  server.addContentTypeParser(FORMS, { parseAs: 'buffer' }, parseForm);
  server.addContentTypeParser('*', { parseAs: 'buffer' }, refuseUnknown);
}

/** Undefined for an empty body. */
async function parseJson(_request: FastifyRequest, bytes: Buffer): Promise<unknown> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (text.trim() === '') return undefined;
    const body = JSON.parse(text) as unknown;
    if (isDeep(body)) throw new Error('It is nested too deeply');
    return body;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    // What was sent may hold config values: the parser's own words quote it, so only their beginning is told.
    throw detail(
      400,
      `JSON parse error - ${why.split(',')[0]!.replace(/ in JSON.*| .*is not valid JSON.*/s, '')}`,
    );
  }
}

/** Level by level, without calling itself. */
function isDeep(body: unknown): boolean {
  let level: unknown[] = [body];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MOST_LEVELS) return true;
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
  }
  return false;
}

async function parseForm(request: FastifyRequest, bytes: Buffer): Promise<unknown> {
  const type = request.headers['content-type'] ?? '';
  try {
    const form = await new Response(new Uint8Array(bytes), {
      headers: { 'content-type': type },
    }).formData();
    return Object.fromEntries([...form].filter(([, value]) => typeof value === 'string'));
  } catch (error) {
    if (error instanceof TypeError) throw detail(400, 'The form could not be read.');
    throw error;
  }
}

async function refuseUnknown(request: FastifyRequest, bytes: Buffer): Promise<unknown> {
  if (bytes.length === 0) return undefined;
  const type = (request.headers['content-type'] ?? '').slice(0, 100);
  throw detail(415, `Unsupported media type "${type}" in request.`);
}
