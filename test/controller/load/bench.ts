// What the controller does with fifty clients at once: the three requests that people make most.

import { type Figures, type Measured, load, measuredController } from './load.ts';

export const REQUESTS = {
  apps: { method: 'GET', path: '/v1/apps/' },
  containers: { method: 'GET', path: '/v1/apps/blog/containers/' },
  login: {
    method: 'POST',
    path: '/v1/auth/login/',
    body: { username: 'ada', password: 'secret' },
  },
} as const;

const CLIENTS = 50;
const RUNS = 5;
const SECONDS = 3;

/** Of each run; the first, which warms up, is left out. */
export async function controllerFigures(what: keyof typeof REQUESTS): Promise<Figures[]> {
  const controller: Measured = await measuredController();
  const figures: Figures[] = [];
  try {
    for (let run = 0; run <= RUNS; run += 1) {
      const request = (): (typeof REQUESTS)[typeof what] => REQUESTS[what];
      const one = await load(controller, {
        clients: CLIENTS,
        seconds: SECONDS,
        status: 200,
        request,
      });
      if (run > 0) figures.push(one);
    }
  } finally {
    await controller.stop();
  }
  return figures;
}
