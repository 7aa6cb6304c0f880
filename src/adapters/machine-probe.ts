// Probes a machine's deisd by GET /healthz over mutual TLS.

import { request } from 'node:https';
import type { MachineProbe } from '../ports/probe.ts';

/** PEM texts. */
export interface ProbeTls {
  ca: string | Buffer;
  cert: string | Buffer;
  key: string | Buffer;
}

const TIMEOUT_MS = 1000;

/** Each probe is a connection of its own: a kept one could be half dead and tell of the past. */
export function machineProbe(tls: ProbeTls, timeoutMs = TIMEOUT_MS): MachineProbe {
  return {
    answers({ api }, signal) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      let url: URL;
      try {
        url = new URL(`https://${api}/healthz`);
      } catch {
        return Promise.resolve(false); // no address, so nobody can answer
      }
      const probe = request(url, { ...tls, agent: false, signal: limit }, (response) => {
        response.on('error', () => resolve(true)); // it did answer, whatever became of the rest
        response.resume();
        resolve(true);
      });
      probe.on('error', () => resolve(false)); // refused, silent, aborted or not of this cluster: all mean "no answer"
      probe.end();
      return promise;
    },
  };
}
