// Requests of tests: one connection each, or a steady stream over keep-alive connections that counts what failed.

import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

export interface Answer {
  status: number;
  text: string;
  headers: Record<string, unknown>;
}

export interface Asked {
  path?: string;
  method?: string;
  agent?: Agent;
  body?: string;
  headers?: Record<string, string>;
}

export function get(port: number, host: string, asked: Asked = {}): Promise<Answer> {
  const { path = '/', method = 'GET', agent, body = '', headers = {} } = asked;
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        port,
        host: '127.0.0.1',
        path,
        method,
        agent: agent ?? false,
        timeout: 10_000,
        headers: { host, 'content-length': body.length, ...headers },
      },
      (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
        answer.on('error', reject);
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers }),
        );
      },
    );
    sent.on('error', reject).on('timeout', () => sent.destroy(new Error('timeout')));
    sent.end(body);
  });
}

export async function until(what: () => Promise<boolean> | boolean, ms = 8000): Promise<void> {
  for (const end = Date.now() + ms; !(await what()); await delay(20)) {
    if (Date.now() > end) throw new Error('it did not become true in time');
  }
}

export interface Stream {
  sent: number;
  failures: string[];
  /** Sends no more; resolves when all are answered. */
  end: () => Promise<void>;
}

/** `rate` requests per second over `connections` keep-alive connections, no retries. */
export function stream(
  port: () => number,
  host: string,
  rate: number,
  connections: number,
): Stream {
  const agents = Array.from(
    { length: connections },
    () => new Agent({ keepAlive: true, maxSockets: 1 }),
  );
  const open = new Set<Promise<void>>();
  const failures: string[] = [];
  const told: Stream = { sent: 0, failures, end: () => Promise.resolve() };
  const timer = setInterval(() => {
    const agent = agents[told.sent % connections]!;
    told.sent += 1;
    const one = get(port(), host, { agent }).then(
      ({ status }) => {
        if (status !== 200) failures.push(String(status));
      },
      (error: Error) => void failures.push(error.message),
    );
    open.add(one);
    void one.then(() => open.delete(one));
  }, 1000 / rate);
  told.end = async () => {
    clearInterval(timer);
    await Promise.all(open);
    for (const agent of agents) agent.destroy();
  };
  return told;
}
