// The example app: created, deployed and scaled, or brought to the image and numbers it should have.

import { isDeisError } from '../../model/errors.ts';
import type { Controller } from '../client/controller.ts';
import type { ApiApp, ApiBuild } from '../client/types.ts';
import type { ExampleImage } from './example-image.ts';

export async function ensureApp(
  api: Controller,
  id: string,
  image: ExampleImage,
  structure: Record<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const { results: apps } = await api.list<ApiApp>('apps/', 1000, signal);
  if (!apps.some((app) => app.id === id)) await api.post('apps/', { id }, signal);
  const { results: builds } = await api.list<ApiBuild>(`apps/${id}/builds/`, 1, signal);
  if (builds[0]?.image !== image.reference) {
    const build = { image: image.reference, procfile: image.procfile };
    await api.post(`apps/${id}/builds/`, build, signal);
  }
  const { structure: now } = await api.get<ApiApp>(`apps/${id}/`, signal);
  const asWished = Object.entries(structure).every(([type, count]) => now[type] === count);
  if (!asWished) await api.post(`apps/${id}/scale/`, structure, signal);
}

/** Tries again while the platform's parts are still finding each other. */
export async function patiently<T>(
  seconds: number,
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const passing = isDeisError(error, 'unavailable', 'timeout', 'not-found');
      const refused = isDeisError(error, 'refused') && /\b50[0-9]\b/.test(error.message);
      if (!(passing || refused) || performance.now() > end) throw error;
    }
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
