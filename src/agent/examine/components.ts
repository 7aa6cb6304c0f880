// Asks each component that runs on this machine what its users would ask it. To add a component: a row in QUESTIONS.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { processOf } from '../../adapters/engine-glance.ts';
import type { ClientTls } from '../../adapters/machine-client.ts';
import { quickGet } from '../../adapters/quick-get.ts';
import { greetingOf } from '../../adapters/tcp-reach.ts';
import type { ExaminedComponent, ExaminedContainer } from '../../model/examination.ts';
import { parsePlatformUnitName } from '../../model/ids.ts';

interface Asked {
  ip: string;
  container: string;
  tls: ClientTls;
}

interface Question {
  asked: string;
  /** Resolves when the answer is good, rejects with the reason otherwise. */
  ask: (about: Asked, signal: AbortSignal) => Promise<void>;
}

/** Longer than a busy machine takes, much shorter than people wait. */
const PATIENCE_MS = 3000;

const QUESTIONS: Record<string, Question[]> = {
  router: [
    { asked: 'its agent', ask: mustNotBeStopped },
    {
      asked: 'GET /health-check on :9090',
      ask: (_, signal) => mustAnswer('http://127.0.0.1:9090/health-check', signal),
    },
    {
      asked: 'GET / on :80',
      ask: ({ ip }, signal) => mustAnswer(`http://${ip}/`, signal, () => true),
    },
  ],
  controller: [
    {
      asked: 'GET /healthz on :8000',
      ask: ({ ip }, signal) => mustAnswer(`http://${ip}:8000/healthz`, signal),
    },
  ],
  registry: [
    {
      asked: 'GET /deis/health on :5000',
      ask: ({ ip }, signal) => mustAnswer(`http://${ip}:5000/deis/health`, signal),
    },
  ],
  builder: [
    { asked: 'its greeting on :2223', ask: mustGreet },
    { asked: "Docker's socket inside", ask: mustReachEngine },
  ],
  logger: [
    {
      asked: 'its door on :8088',
      ask: ({ ip, tls }, signal) =>
        mustAnswer(`https://${ip}:8088/v1/drains?app=doctor`, signal, () => true, tls),
    },
  ],
};

/** Asks those whose container runs here. */
export async function askComponents(
  containers: readonly ExaminedContainer[],
  { ip, tls }: { ip: string; tls: ClientTls },
  signal: AbortSignal,
): Promise<ExaminedComponent[]> {
  const all = containers.flatMap(({ unit, id, state }) => {
    const component = parsePlatformUnitName(unit)?.component;
    if (component === undefined || state === 'exited' || state === 'created') return [];
    return (QUESTIONS[component] ?? []).map(async ({ asked, ask }): Promise<ExaminedComponent> => {
      const about = { component, unit, asked };
      if (state === 'paused') return { ...about, problem: 'its container is paused' };
      try {
        await ask({ ip, container: id, tls }, signal);
        return about;
      } catch (error) {
        signal.throwIfAborted();
        const stopped = await stoppedProcess(id, signal);
        return { ...about, problem: (error as Error).message, ...stopped };
      }
    });
  });
  return Promise.all(all);
}

/** A process that somebody stopped (SIGSTOP) takes connections and never answers. */
async function stoppedProcess(
  container: string,
  signal: AbortSignal,
): Promise<{ stoppedProcess?: number }> {
  try {
    const pid = await processOf(container, signal);
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return /\) T /.test(stat) ? { stoppedProcess: pid } : {};
  } catch {
    signal.throwIfAborted();
    return {}; // it ended, or the Engine does not say: what it answered stands
  }
}

async function mustAnswer(
  url: string,
  signal: AbortSignal,
  isGood = (status: number): boolean => status >= 200 && status < 400,
  tls?: ClientTls,
): Promise<void> {
  const asked = { url, ms: PATIENCE_MS, ...(tls && { tls }) };
  const { status, headers } = await quickGet(asked, signal);
  const reason = headers['deis-reason'];
  if (isGood(status)) return;
  throw new Error(`it answered ${status}${typeof reason === 'string' ? `: ${reason}` : ''}`);
}

/** The router's agent answers nobody by itself: nginx does. */
async function mustNotBeStopped({ container }: Asked, signal: AbortSignal): Promise<void> {
  const { stoppedProcess: pid } = await stoppedProcess(container, signal);
  if (pid !== undefined) throw new Error('its process is stopped');
}

async function mustGreet({ ip }: Asked, signal: AbortSignal): Promise<void> {
  const { reach, greeting } = await greetingOf(`${ip}:2223`, PATIENCE_MS, signal);
  if (greeting.startsWith('SSH-2.0')) return;
  throw new Error(reach === 'open' ? 'it does not speak SSH' : reach);
}

/** Through the container's own root: a socket that was made anew on the host is not the one that was mounted. */
async function mustReachEngine({ container }: Asked, signal: AbortSignal): Promise<void> {
  const root = `/proc/${await processOf(container, signal)}/root`;
  // Where /var/run is a link, it would lead out of the container.
  const mounted = ['/run/docker.sock', '/var/run/docker.sock'].map((path) => `${root}${path}`);
  const socketPath = mounted.find((path) => existsSync(path));
  if (socketPath === undefined) throw new Error('it is not there');
  const url = 'http://engine/_ping';
  const { status } = await quickGet({ url, socketPath, ms: PATIENCE_MS }, signal);
  if (status !== 200) throw new Error(`it answered ${status}`);
}
