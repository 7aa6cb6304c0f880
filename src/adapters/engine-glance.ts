// A short look at the Docker Engine: does it answer, which containers of ours does it have, where do their processes live.

import type { ExaminedContainer } from '../model/examination.ts';
import { LABELS } from '../model/container-spec.ts';
import { quickGet } from './quick-get.ts';

const SOCKET = '/run/docker.sock';
const PATIENCE_MS = 2500;

export interface EngineGlance {
  engine: { answers: boolean; problem?: string };
  containers: ExaminedContainer[];
}

/** Never throws for a sick Engine. Do not ask when its service is down: the socket would start it. */
export async function glanceAtEngine(
  signal: AbortSignal,
  socketPath = SOCKET,
): Promise<EngineGlance> {
  const filters = encodeURIComponent(JSON.stringify({ label: [LABELS.managed] }));
  try {
    const list = await ask(`/containers/json?all=1&filters=${filters}`, socketPath, signal);
    const rows = list as { Id: string; State: string; Labels: Record<string, string> }[];
    const containers = rows.map(({ Id: id, State: state, Labels: labels }) => {
      return { id, state, unit: labels[LABELS.unit] ?? '' };
    });
    return { engine: { answers: true }, containers };
  } catch (error) {
    signal.throwIfAborted();
    return { engine: { answers: false, problem: (error as Error).message }, containers: [] };
  }
}

/** Process id of a running container's first process, as this host counts. */
export async function processOf(
  container: string,
  signal: AbortSignal,
  socketPath = SOCKET,
): Promise<number> {
  const { State } = (await ask(`/containers/${container}/json`, socketPath, signal)) as {
    State: { Pid: number };
  };
  return State.Pid;
}

async function ask(path: string, socketPath: string, signal: AbortSignal): Promise<unknown> {
  const url = `http://engine${path}`;
  const { status, text } = await quickGet({ url, socketPath, ms: PATIENCE_MS }, signal);
  if (status !== 200) throw new Error(`it answered ${status}: ${text.slice(0, 200).trim()}`);
  return JSON.parse(text);
}
