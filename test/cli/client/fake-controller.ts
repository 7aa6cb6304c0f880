// A controller that knows one user and what the tests ask of it, written from the reference of the API, not from our server.

import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export const TOKEN = '0123456789abcdef0123456789abcdef01234567';

export interface Call {
  line: string;
  body: unknown;
  authorization: string | undefined;
}

export interface Reply {
  status: number;
  reason?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface FakeController {
  url: string;
  calls: Call[];
  /** Answers by `METHOD /v1/path?query`; what is not here gets 404. */
  replies: Map<string, Reply | ((body: unknown) => Reply)>;
  server: Server;
}

const LOGIN = 'POST /v1/auth/login/';

export async function fakeController(): Promise<FakeController> {
  const fake: Omit<FakeController, 'url' | 'server'> = { calls: [], replies: new Map() };
  fake.replies.set('GET /v1/', {
    status: 401,
    reason: 'UNAUTHORIZED',
    body: { detail: 'Authentication credentials were not provided.' },
  });
  fake.replies.set(LOGIN, (body) =>
    (body as { password?: string }).password === 'secret'
      ? { status: 200, body: { token: TOKEN } }
      : {
          status: 400,
          reason: 'BAD REQUEST',
          body: { non_field_errors: ['Unable to log in with provided credentials.'] },
        },
  );
  const server = createServer((request, response) => {
    void answer(fake, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { ...fake, server, url: `http://deis.paas.localhost:${port}` };
}

async function answer(
  fake: Pick<FakeController, 'calls' | 'replies'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  const line = `${request.method} ${request.url}`;
  fake.calls.push({ line, body, authorization: request.headers.authorization });
  const planned = fake.replies.get(line) ?? {
    status: 404,
    reason: 'NOT FOUND',
    body: { detail: 'Not found' },
  };
  const reply = typeof planned === 'function' ? planned(body) : planned;
  if (reply.reason !== undefined) response.statusMessage = reply.reason;
  response.writeHead(reply.status, {
    DEIS_API_VERSION: '1.7',
    DEIS_PLATFORM_VERSION: '1.13.4',
    'Content-Type': 'application/json',
    ...reply.headers,
  });
  const { body: content = '' } = reply;
  response.end(typeof content === 'string' ? content : JSON.stringify(content));
}

export function page(results: readonly unknown[], count = results.length): Reply {
  return { status: 200, body: { count, next: null, previous: null, results } };
}
