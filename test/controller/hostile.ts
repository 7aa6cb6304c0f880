// Requests that nobody sane would send, made by fast-check: any route, any body. What must hold of every answer is here too.

import { createHash } from 'node:crypto';
import http from 'node:http';
import * as fc from 'fast-check';
import type { User } from '../../src/model/app.ts';
import { ROUTES } from '../../src/controller/routes.ts';
import { urlOf } from '../../src/controller/route.ts';
import { keys } from '../../src/registry/keys.ts';
import { put } from '../../src/registry/registry.ts';
import { type Reply, type Setup, as, send } from './api.ts';

export interface Hostile {
  method: string;
  path: string;
  body: Buffer;
  type: string;
  headers: Record<string, string>;
}

/** A user whose token cannot be taken away for long. */
const TOKEN = 'f'.repeat(40);
const APP = 'prey';

const NAMES = [
  'username password new_password email all owner id public image procfile sha dockerfile values',
  'memory cpu tags web cmd version domain certificate key common_name command receive_user host',
  'receive_repo fingerprint ssh_connection ssh_original_command HEALTHCHECK_URL PORT length',
  '__proto__ constructor prototype toString hasOwnProperty',
].flatMap((line) => line.split(' '));
/** Words of one line, then those with white space and stranger things in them. */
const WORDS = [
  '../../etc/passwd %2e%2e ${x} {{x}} -1 0 1e999 512M 99999999999999999999G web=1 null true [] {}',
  `{"a": [[[[ fuzz ${APP} ${APP}.git a.example.com *.example.com v1 __proto__`,
]
  .flatMap((line) => line.split(' '))
  .concat(
    ['', ' ', '\0', 'a\0b', '\ud800', '💥'.repeat(50), 'x'.repeat(300), 'x'.repeat(200_000)],
    ['\r\nX: y', "'; DROP TABLE", 'ssh-rsa AAAA', 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB'],
    ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
  );
const NUMBERS = [-1, -0, 0, 1, 2, 1.5, 501, 1024, 1025, 2 ** 31, 2 ** 53, 1e21, 1e308, -1e308];

const word = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
);
const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...NAMES) },
  { weight: 1, arbitrary: word },
);
const leaf = fc.oneof(word, fc.constantFrom(...NUMBERS), fc.constantFrom(null, true, false));
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    // Pairs, because an object literal would swallow `__proto__`.
    fc.array(fc.tuple(name, tie('value')), { maxLength: 5 }).map((pairs) => new Pairs(pairs)),
  ),
}));

/** An object as JSON text, with any keys, also twice the same. */
class Pairs {
  readonly pairs: [string, unknown][];
  constructor(pairs: [string, unknown][]) {
    this.pairs = pairs;
  }
}

function json(some: unknown): string {
  if (some instanceof Pairs) {
    return `{${some.pairs.map(([key, inner]) => `${JSON.stringify(key)}:${json(inner)}`).join()}}`;
  }
  if (Array.isArray(some)) return `[${some.map(json).join()}]`;
  return JSON.stringify(some) ?? 'null';
}

const object = fc.array(fc.tuple(name, value), { maxLength: 6 }).map((pairs) => new Pairs(pairs));

const body: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 12, arbitrary: object.map((some) => Buffer.from(json(some))) },
  { weight: 3, arbitrary: value.map((some) => Buffer.from(json(some))) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  // Bad UTF-8 inside good JSON.
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(...NAMES)
      .map((key) =>
        Buffer.concat([
          Buffer.from(`{"${key}":"`),
          Buffer.from([0xc3, 0x28, 0xff]),
          Buffer.from('"}'),
        ]),
      ),
  },
  { weight: 1, arbitrary: deep() },
  { weight: 1, arbitrary: object.map((some) => Buffer.from(json(some).slice(0, -1))) },
  { weight: 1, arbitrary: fc.constantFrom(1000, 3_000_000, 4_300_000).map(huge) },
);

function deep(): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fc.constantFrom('[', '{"values":', '{"__proto__":'), fc.constantFrom(50, 5000, 200_000))
    .map(([open, depth]) => {
      const close = open === '[' ? ']' : '}';
      return Buffer.from(`${open.repeat(depth)}1${close.repeat(depth)}`);
    });
}

function huge(length: number): Buffer {
  return Buffer.from(`{"values":{"A":"${'x'.repeat(length)}"},"id":"${'y'.repeat(100)}"}`);
}

/** Streams do not end by themselves. */
const TARGETS = ROUTES.filter(({ doc }) => doc?.produces === undefined);

const part = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('web', '1', 'v1', '99', 'fuzz', '*', '__proto__') },
  { weight: 1, arbitrary: fc.constantFrom(...WORDS.filter((text) => text.length < 400)) },
);

export const hostile: fc.Arbitrary<Hostile> = fc
  .record({
    route: fc.constantFrom(...TARGETS),
    parts: fc.array(part, { minLength: 3, maxLength: 3 }),
    known: fc.boolean(),
    query: fc.option(fc.tuple(fc.constantFrom('page', 'page_size', 'log_lines', 'topics'), word)),
    body,
    type: fc.constantFrom(
      ...Array.from({ length: 8 }, () => 'application/json'),
      'application/json; charset=utf-8',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=b',
      'multipart/form-data',
      'text/plain',
      'nonsense',
    ),
    who: fc.constantFrom('user', 'user', 'user', 'user', 'nobody', 'builder'),
    requestId: fc.option(fc.constantFrom('x'.repeat(2000), 'sound-id-1', 'a b')),
  })
  .map(({ route, parts, known, query, who, requestId, ...rest }) => ({
    ...rest,
    method: route.method,
    path: pathOf(urlOf(route), known, parts) + queryOf(query),
    headers: {
      ...(who === 'user' ? { authorization: `token ${TOKEN}` } : {}),
      ...(who === 'builder' ? { 'x-deis-builder-auth': 'builder-key' } : {}),
      ...(requestId === null ? {} : { 'x-request-id': requestId }),
    },
  }));

function pathOf(url: string, known: boolean, parts: readonly string[]): string {
  let next = 0;
  return url.replaceAll(/:id\b|:\w+|\*/g, (parameter) =>
    parameter === ':id' && known ? APP : encoded(parts[next++ % parts.length]!),
  );
}

function queryOf(query: [string, string] | null): string {
  return query ? `?${query[0]}=${encoded(query[1])}` : '';
}

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).slice(0, 1000);
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
/** Larger bodies are refused before they have arrived: the answer may be lost on the way. */
const LARGEST_BYTES = 4 * 1024 * 1024;

/** What is wrong with the answer; undefined when it is as every answer must be. */
export async function provoke(port: number, request: Hostile): Promise<string | undefined> {
  const { method, path, type, headers, body: sent } = request;
  const given = { 'content-type': type, ...headers };
  const asked = `${method} ${path.slice(0, 200)}`;
  let reply: Reply;
  try {
    reply = await send(agent, port, method, path, sent, given);
  } catch (error) {
    return sent.length > LARGEST_BYTES ? undefined : `${asked} has no answer: ${String(error)}`;
  }
  const told = `${asked} → ${reply.status} ${reply.text.slice(0, 300)}`;
  if (reply.status === 500 || reply.status < 200) return told;
  if (!reply.headers['deis_api_version']) return `${told} has no version header`;
  if (reply.status < 400) return undefined;
  const flat = Object.values((reply.json ?? { broken: 1 }) as object).every(
    (some) => isText(some) || (Array.isArray(some) && some.every(isText)),
  );
  return flat ? undefined : `${told} is not flat`;
}

const isText = (some: unknown): boolean => typeof some === 'string';

/** Puts back what earlier requests may have taken away: the user, its token, its app, the builder's key. */
export async function restore({ cluster, first }: Setup, signal: AbortSignal): Promise<void> {
  const { registry } = cluster;
  const at = new Date(0).toISOString();
  const user: User = {
    username: 'fuzz',
    email: '',
    firstName: '',
    lastName: '',
    password: '',
    isSuperuser: true,
    isActive: true,
    dateJoined: at,
    lastLogin: null,
  };
  const sha256 = createHash('sha256').update(TOKEN).digest('hex');
  await registry.commit(
    [],
    [
      put(keys.users, ['fuzz'], user),
      put(keys.tokens, [sha256], { username: 'fuzz', created: at }),
      put(keys.settings, ['controller', 'builderKey'], 'builder-key'),
    ],
    signal,
  );
  if (await registry.get(keys.apps, [APP], signal)) return;
  const call = as(first, TOKEN);
  await call('POST', '/v1/apps/', { id: APP });
  await call('POST', `/v1/apps/${APP}/builds/`, { image: APP, procfile: { web: 'run' } });
}

export interface Round {
  seed: number;
  cases: number;
}

/** Sends so many hostile requests; throws what fast-check found, shrunk, with its seed, and the beginning of its body. */
export async function besiege(setup: Setup, { seed, cases }: Round): Promise<void> {
  const signal = AbortSignal.timeout(3_600_000);
  let sent = 0;
  const property = fc.asyncProperty(hostile, async (request) => {
    if (sent++ % RESTORE_EVERY === 0) await restore(setup, signal);
    const wrong = await provoke(setup.first.port, request);
    if (wrong !== undefined) throw new Error(wrong);
  });
  const details = await fc.check(property, { seed, numRuns: cases });
  if (!details.failed) return;
  const [request] = details.counterexample ?? [];
  const body = request?.body.subarray(0, 500).toString('latin1');
  const found = String(details.errorInstance).slice(0, 1000);
  const where = `seed ${details.seed}, path ${details.counterexamplePath}`;
  throw new Error(`${where}: ${found}\n${JSON.stringify({ ...request, body })}`);
}

const RESTORE_EVERY = 10;
