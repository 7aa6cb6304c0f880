// The Engine's classic builder knows no limit on processes: each container of a build gets one the moment it joins the
// build's network.

import type Docker from 'dockerode';
import { z } from 'zod';
import { linesOf } from './json-lines.ts';

const connected = z.object({
  Actor: z.object({ Attributes: z.object({ container: z.string() }) }),
});

/** Until the signal aborts. Never rejects: an Engine that goes away ends the build itself. */
export async function limitProcesses(
  docker: Docker,
  network: string,
  most: number,
  signal: AbortSignal,
): Promise<void> {
  const filters = JSON.stringify({ type: ['network'], event: ['connect'], network: [network] });
  try {
    const events = await docker.getEvents({ filters, abortSignal: signal });
    for await (const line of linesOf(events as unknown as AsyncIterable<Uint8Array>)) {
      const { container } = connected.parse(JSON.parse(line)).Actor.Attributes;
      // A step that is over already, and an Engine without this controller, need no limit.
      await docker
        .getContainer(container)
        .update({ PidsLimit: most })
        .catch(() => undefined);
    }
  } catch {
    return;
  }
}
