// Asks a router whether it wants new connections: `GET /health-check` on its health port.
import { request } from 'node:http';
import type { Sighting } from './router-pool.ts';

/** `timeout` in milliseconds, for connection and answer together. */
export function probeRouter(
  address: string,
  port: number,
  timeout: number,
  signal: AbortSignal,
): Promise<Sighting> {
  return new Promise((resolve) => {
    const late = AbortSignal.timeout(timeout);
    const asked = request(
      {
        host: address,
        port,
        path: '/health-check',
        agent: false,
        signal: AbortSignal.any([late, signal]),
      },
      (response) => {
        response.resume();
        const isOther = response.headers['x-deis-formation'] !== undefined;
        resolve(isOther ? 'other' : response.statusCode === 200 ? 'ready' : 'leaving');
      },
    );
    asked.on('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET' ? 'closed' : 'silent');
    });
    asked.end();
  });
}
