// One probe of one container, on its own address: Docker's own port forwarding would accept for a container that does not.

import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { DeisError } from '../model/errors.ts';
import type { ContainerExec } from '../ports/container-exec.ts';
import type { Verdict } from './health.ts';

/** `path` given: HTTP GET, which must be answered with 200..399; else a TCP connection is enough. */
export interface ProbeTarget {
  host: string;
  port: number;
  path?: string;
  /** Run in this container; must end with 0. */
  inside?: { container: string; command: readonly string[] };
}

/** Never throws for a sick target; `timeout` in ms. An abort of the signal is the one thing that rejects. */
export type Probe = (target: ProbeTarget, timeout: number, signal: AbortSignal) => Promise<Verdict>;

/** With checks that are commands in the container. */
export function probeWith(exec: ContainerExec): Probe {
  return (target, timeout, signal) => ask(target, exec, timeout, signal);
}

export const probe: Probe = probeWith(dockerless);

function dockerless(): Promise<never> {
  return Promise.reject(new DeisError('unsupported', 'no command can be run in a container here'));
}

async function ask(
  target: ProbeTarget,
  exec: ContainerExec,
  timeout: number,
  signal: AbortSignal,
): Promise<Verdict> {
  signal.throwIfAborted();
  const limit = AbortSignal.timeout(timeout);
  const ended = AbortSignal.any([signal, limit]);
  try {
    if (target.inside) await command(target.inside, exec, ended);
    else await (target.path === undefined ? tcp(target, ended) : http(target, target.path, ended));
    return { kind: 'passed' };
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) return failed(`no answer within ${timeout} ms`);
    return failed(reasonOf(error), codeOf(error) === 'ECONNREFUSED');
  }
}

async function command(
  { container, command: argv }: NonNullable<ProbeTarget['inside']>,
  exec: ContainerExec,
  signal: AbortSignal,
): Promise<void> {
  const { exitCode, output } = await exec(container, argv, signal);
  if (exitCode === 0) return;
  const said = output.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
  const words = `${argv.join(' ').slice(0, 100)} ended with ${exitCode}`;
  throw new DeisError('unavailable', said === '' ? words : `${words}: ${said}`);
}

function tcp({ host, port }: ProbeTarget, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const stop = (): void => void socket.destroy(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    socket.once('connect', () => {
      resolve();
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => signal.removeEventListener('abort', stop));
  });
}

function http({ host, port }: ProbeTarget, path: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'user-agent': 'deis-health-check', connection: 'close' };
    const asked = request({ host, port, path, headers, signal, agent: false }, (answer) => {
      const status = answer.statusCode ?? 0;
      answer.once('error', reject);
      answer.destroy();
      if (status >= 200 && status < 400) resolve();
      else reject(new DeisError('unavailable', `GET ${path} answered ${status}${said(answer)}`));
    });
    asked.once('error', reject);
    asked.end();
  });
}

/** Parts of the platform say why they are not well. */
function said({ headers }: IncomingMessage): string {
  const reason = headers['deis-reason'];
  return typeof reason === 'string' ? `: ${reason.slice(0, 200)}` : '';
}

function failed(reason: string, refused = false): Verdict {
  return { kind: 'failed', reason, refused };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

const REASONS = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection reset'],
  ['EHOSTUNREACH', 'its address cannot be reached'],
  ['ENETUNREACH', 'its address cannot be reached'],
]);

function reasonOf(error: unknown): string {
  const known = REASONS.get(codeOf(error) ?? '');
  return known ?? (error instanceof Error ? error.message : String(error));
}
