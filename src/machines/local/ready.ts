// Waiting until a machine is of use: its store is healthy, its Engine answers, its daemon runs.
import { existsSync } from 'node:fs';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { runInside } from '../../adapters/nspawn.ts';
import { DeisError } from '../../model/errors.ts';

export interface OperatorTls {
  ca: string;
  cert: string;
  key: string;
}

/** Asks every 100 ms until `answers` says yes. Throws DeisError 'timeout' after `seconds`, with `hint`. */
export async function waitFor(
  what: string,
  hint: string,
  seconds: number,
  answers: (signal: AbortSignal) => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await answers(signal))) {
    if (performance.now() > end) {
      throw new DeisError('timeout', `${what} did not get ready within ${seconds} s.`, hint);
    }
    await sleep(100, undefined, { signal });
  }
}

/** True when the member at `url` says that it is healthy, which it is only while the cluster has a leader. */
export async function etcdIsHealthy(
  url: string,
  tls: OperatorTls,
  signal: AbortSignal,
): Promise<boolean> {
  const body = await answer((done) =>
    httpsRequest(`${url}/health`, { ...tls, agent: false, timeout: 2000, signal }, done),
  );
  return body.includes('"true"');
}

/** True when the Engine of the machine with this init answers over its socket. */
export async function dockerAnswers(init: number, signal: AbortSignal): Promise<boolean> {
  const socketPath = `/proc/${init}/root/run/docker.sock`;
  if (!existsSync(socketPath)) return false;
  const options = { socketPath, path: '/_ping', agent: false, timeout: 2000, signal };
  return (await answer((done) => httpRequest(options, done))) === 'OK';
}

/** True when systemd says that the unit is active. */
export async function unitIsActive(
  init: number,
  unit: string,
  signal: AbortSignal,
): Promise<boolean> {
  return (await runInside(init, ['systemctl', 'is-active', '--quiet', unit], signal)).code === 0;
}

/** The body of a 200 answer; '' for any other answer, no answer, and a timeout. */
function answer(
  open: (done: (response: IncomingMessage) => void) => ClientRequest,
): Promise<string> {
  return new Promise((resolve) => {
    const request = open((response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve(response.statusCode === 200 ? body : ''));
      response.on('error', () => resolve(''));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(''));
    request.end();
  });
}
