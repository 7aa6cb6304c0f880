// The Engine's classic builder knows no limit on processes: each container of a build gets one as it starts, when it joins the
// build's network. What it may do in the moment before is bounded by the slice that all builds of a machine share.

import type Docker from 'dockerode';
import { z } from 'zod';
import { asking } from './docker-builds.ts';
import { dockerError, engineAway, isStatus } from './docker-errors.ts';
import { linesOf } from './json-lines.ts';

const connected = z.object({
  Actor: z.object({ Attributes: z.object({ container: z.string() }) }),
});

/** Installed on every machine, with a limit on tasks: templates/machine/deis-builds.slice.hbs. */
const BUILDS = 'deis-builds.slice';

/** The cgroup of builds; undefined where the Engine does not leave cgroups to systemd, which alone knows slices. */
export async function sliceOfBuilds(
  docker: Docker,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { CgroupDriver } = (await asking('tell of itself', signal, () => docker.info())) as {
    CgroupDriver?: string;
  };
  return CgroupDriver === 'systemd' ? BUILDS : undefined;
}

/**
 * Resolves when the network is watched; `ended` resolves when the signal has aborted. A container that could not be limited, or
 * an Engine that says nothing more, is told to `fail`: such a build must not go on.
 */
export async function limitProcesses(
  docker: Docker,
  { network, most }: { network: string; most: number },
  fail: (problem: Error) => void,
  signal: AbortSignal,
): Promise<{ ended: Promise<void> }> {
  const filters = JSON.stringify({ type: ['network'], event: ['connect'], network: [network] });
  const events = await asking('watch the build', signal, () =>
    docker.getEvents({ filters, abortSignal: signal }),
  );
  const watch = async (): Promise<void> => {
    try {
      for await (const line of linesOf(events as unknown as AsyncIterable<Uint8Array>)) {
        const { container } = connected.parse(JSON.parse(line)).Actor.Attributes;
        await limit(docker, container, most);
      }
      if (!signal.aborted) fail(engineAway('it tells nothing more of its containers'));
    } catch (error) {
      if (!signal.aborted) fail(dockerError(error, 'limit the processes of a build'));
    }
  };
  return { ended: watch() };
}

/** A step that is over already needs no limit. */
async function limit(docker: Docker, id: string, most: number): Promise<void> {
  const container = docker.getContainer(id);
  try {
    await container.update({ PidsLimit: most });
  } catch (error) {
    if (await isOver(container)) return;
    throw error;
  }
}

async function isOver(container: Docker.Container): Promise<boolean> {
  try {
    return !(await container.inspect()).State.Running;
  } catch (error) {
    if (isStatus(error, 404)) return true;
    throw error;
  }
}
