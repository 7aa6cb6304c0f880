// A command in a running container over Docker's socket: its exit code and the end of its output.

import { type IncomingMessage, request } from 'node:http';
import { DeisError } from '../model/errors.ts';
import type { ContainerExec, Ended } from '../ports/container-exec.ts';

const SOCKET = '/var/run/docker.sock';
/** Of its output. */
const KEPT_BYTES = 4096;
/** A frame of Docker's: stream, three zeros, length. */
const HEADER_BYTES = 8;
const QUICK_MS = 5000;

export function dockerExec(socketPath = SOCKET): ContainerExec {
  return async (container, command, signal) => {
    const asked = { Cmd: command, AttachStdout: true, AttachStderr: true };
    const made = await ask(socketPath, 'POST', `/containers/${container}/exec`, asked, signal);
    const { Id: id } = JSON.parse(await textOf(made)) as { Id: string };
    try {
      const start = { Detach: false, Tty: false };
      const output = await ask(socketPath, 'POST', `/exec/${id}/start`, start, signal);
      const text = await framesOf(output);
      const { exitCode } = await look(socketPath, id);
      return { exitCode, output: text } satisfies Ended;
    } catch (error) {
      if (signal.aborted) await kill(socketPath, id);
      throw error;
    }
  };
}

/** The Engine has no word for it: the command is a process of this machine. */
async function kill(socketPath: string, id: string): Promise<void> {
  const { pid, running } = await look(socketPath, id);
  if (!running || pid <= 0) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function look(
  socketPath: string,
  id: string,
): Promise<{ exitCode: number; pid: number; running: boolean }> {
  const limit = AbortSignal.timeout(QUICK_MS);
  const answer = await ask(socketPath, 'GET', `/exec/${id}/json`, undefined, limit);
  const found = JSON.parse(await textOf(answer)) as {
    ExitCode: number | null;
    Pid: number;
    Running: boolean;
  };
  return { exitCode: found.ExitCode ?? -1, pid: found.Pid, running: found.Running };
}

function ask(
  socketPath: string,
  method: string,
  path: string,
  body: object | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { 'content-type': 'application/json' };
  const asked = request({ socketPath, method, path, headers, signal, agent: false }, (answer) => {
    if ((answer.statusCode ?? 500) < 300) resolve(answer);
    else {
      textOf(answer).then((text) => reject(refusal(text)), reject);
    }
  });
  asked.once('error', reject);
  asked.end(body && JSON.stringify(body));
  return promise;
}

function refusal(text: string): DeisError {
  return new DeisError('unavailable', `The check could not be run: ${text.trim().slice(0, 300)}`);
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  answer.setEncoding('utf8');
  for await (const chunk of answer) text += String(chunk);
  return text;
}

/** The end of what both streams said, in the order in which it was written. */
async function framesOf(answer: IncomingMessage): Promise<string> {
  let rest = Buffer.alloc(0);
  let said = Buffer.alloc(0);
  for await (const chunk of answer) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    while (rest.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + rest.readUInt32BE(4);
      if (rest.length < end) break;
      said = Buffer.concat([said, rest.subarray(HEADER_BYTES, end)]).subarray(-KEPT_BYTES);
      rest = rest.subarray(end);
    }
  }
  return said.toString('utf8');
}
