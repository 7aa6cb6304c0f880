// Two apps of examples/live: one that is changed all the time and ends at once when it is told to, one that nobody touches.

import { ensureExampleImage } from '../../src/cli/quick-start/example-image.ts';
import type { TestPlatform } from './platform.ts';

export async function deployLive(
  on: TestPlatform,
  structures: Record<string, Record<string, number>>,
): Promise<void> {
  const { root, name, context, signal } = on;
  const image = await ensureExampleImage(root, name, context.machines[0]!.name, 'live', signal);
  await Promise.all(
    Object.entries(structures).map(async ([app, structure]) => {
      const known = await on.deis('apps:info', '-a', app);
      if (known.code !== 0) {
        await on.mustDeis('apps:create', app, '--no-remote');
        const line = `web: ${image.procfile['web']}`;
        await on.mustDeis('builds:create', image.reference, '-a', app, '-p', line);
      }
      const counts = Object.entries(structure).map(([type, count]) => `${type}=${count}`);
      await on.mustDeis('ps:scale', ...counts, '-a', app);
    }),
  );
}
