// Clients for a controller that is measured: so many at once, each asks again as soon as it has its answer.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Reply, send } from '../api.ts';

export interface Measured {
  port: number;
  /** Of ada, who is superuser and owns all apps. */
  token: string;
  /** Bytes, after a collection. */
  memory(): Promise<NodeJS.MemoryUsage>;
  stop(): Promise<void>;
}

const CONTAINERS = 20;
const APPS = 30;

/** A controller alone in its process, with the app `blog` of twenty containers among thirty others, and the users ada and bob. */
export async function measuredController(): Promise<Measured> {
  const cluster = part('cluster.ts');
  const controller = part('server.ts');
  controller.child.send(await cluster.says());
  const { port } = (await controller.says()) as { port: number };
  const measured: Measured = {
    port,
    token: '',
    async memory() {
      const said = controller.says();
      controller.child.send('memory');
      return ((await said) as { memory: NodeJS.MemoryUsage }).memory;
    },
    async stop() {
      await controller.end();
      await cluster.end();
    },
  };
  return { ...measured, token: await furnish(port) };
}

/** A process beside this one. */
function part(file: string): {
  child: ChildProcess;
  says: () => Promise<object>;
  end: () => Promise<void>;
} {
  const child = fork(join(import.meta.dirname, file), {
    // As the platform's image starts its programs.
    execArgv: ['--expose-gc', '--max-semi-space-size=8', ...process.execArgv],
    env: { ...process.env, MALLOC_ARENA_MAX: '1' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  return {
    child,
    async says() {
      const heard = new AbortController();
      const { signal } = heard;
      const gone = once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`${file} ended with ${String(code)}`);
      });
      gone.catch(() => undefined);
      const message = once(child, 'message', { signal });
      const [said] = (await Promise.race([message, gone])) as [object];
      heard.abort();
      return said;
    },
    async end() {
      if (child.exitCode !== null) return;
      const gone = once(child, 'exit');
      if (child.connected) child.disconnect();
      await gone;
    },
  };
}

/** Users, apps and containers; answers ada's token. */
async function furnish(port: number): Promise<string> {
  const agent = new http.Agent();
  let token = '';
  const post = async (path: string, body: object): Promise<Reply> => {
    const headers = token === '' ? {} : { authorization: `token ${token}` };
    const reply = await send(agent, port, 'POST', path, body, headers);
    if (reply.status >= 400) throw new Error(`${path}: ${reply.status} ${reply.text}`);
    return reply;
  };
  const ada = { username: 'ada', password: 'secret' };
  await post('/v1/auth/register/', ada);
  token = (await post('/v1/auth/login/', ada)).json.token as string;
  for (let app = 0; app < APPS; app += 1) await post('/v1/apps/', { id: `app-${app}` });
  await post('/v1/apps/', { id: 'blog' });
  await post('/v1/apps/blog/builds/', { image: 'blog', procfile: { web: 'run' } });
  await post('/v1/apps/blog/scale/', { web: CONTAINERS });
  // Who logs in again and again; old tokens of a user go in time, and ada's is in use.
  await post('/v1/auth/register/', { username: 'bob', password: 'secret' });
  return token;
}

export interface Load {
  clients: number;
  seconds: number;
  /** `turn` counts the requests of all clients. */
  request(turn: number): { method: string; path: string; body?: unknown };
  /** The good status. */
  status: number;
  /** What a client waits between two requests, ms; absent: it asks again at once. */
  pause?: number;
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
      if (how.pause !== undefined) await delay(how.pause);
    }
  };
  await Promise.all(Array.from({ length: how.clients }, client));
  const seconds = (performance.now() - began) / 1000;
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? 0;
  return { perSecond: times.length / seconds, p50: at(0.5), p99: at(0.99), refused };
}
