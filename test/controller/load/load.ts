// Clients for a controller that is measured: so many at once, each asks again as soon as it has its answer.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { join } from 'node:path';
import { type Reply, send } from '../api.ts';

export interface Measured {
  port: number;
  token: string;
  /** Bytes, after a collection. */
  memory(): Promise<NodeJS.MemoryUsage>;
  stop(): Promise<void>;
}

export async function measuredController(): Promise<Measured> {
  const child: ChildProcess = fork(join(import.meta.dirname, 'server.ts'), {
    execArgv: ['--expose-gc', ...process.execArgv],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const answer = async (): Promise<object> => {
    const gone = once(child, 'exit').then(([code]) => {
      throw new Error(`the controller ended with ${String(code)}`);
    });
    const [said] = (await Promise.race([once(child, 'message'), gone])) as [object];
    return said;
  };
  const { port, token } = (await answer()) as { port: number; token: string };
  return {
    port,
    token,
    async memory() {
      const said = answer();
      child.send('memory');
      return ((await said) as { memory: NodeJS.MemoryUsage }).memory;
    },
    async stop() {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}

export interface Load {
  clients: number;
  seconds: number;
  /** `turn` counts the requests of all clients. */
  request(turn: number): { method: string; path: string; body?: unknown };
  /** The good status. */
  status: number;
}

export interface Figures {
  perSecond: number;
  /** ms */
  p50: number;
  p99: number;
  /** Answers 409 and 503, which a box that is too busy gives: none of the others. */
  refused: number;
}

export async function load({ port, token }: Measured, how: Load): Promise<Figures> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: how.clients });
  const times: number[] = [];
  const began = performance.now();
  const end = began + how.seconds * 1000;
  let turn = 0;
  let refused = 0;
  const client = async (): Promise<void> => {
    while (performance.now() < end) {
      const { method, path, body } = how.request(turn++);
      const asked = performance.now();
      const headers = { authorization: `token ${token}` };
      const reply: Reply = await send(agent, port, method, path, body, headers);
      if (reply.status === how.status) times.push(performance.now() - asked);
      else if (reply.status === 409 || reply.status === 503) refused += 1;
      else throw new Error(`${path}: ${reply.status} ${reply.text}`);
    }
  };
  await Promise.all(Array.from({ length: how.clients }, client));
  const seconds = (performance.now() - began) / 1000;
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? 0;
  return { perSecond: times.length / seconds, p50: at(0.5), p99: at(0.99), refused };
}
