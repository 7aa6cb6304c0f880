// What lies in the Docker Engine, over its socket.

import Docker from 'dockerode';
import type { EngineWaste } from '../ports/engine-waste.ts';
import { dockerError, engineAway, isStatus } from './docker-errors.ts';
import { untilAborted } from './until-aborted.ts';

const SOCKET = '/var/run/docker.sock';
const PATIENCE_MS = 120_000;
const NAMELESS = /^<none>/;

export function dockerWaste(socketPath = SOCKET): EngineWaste {
  const docker = new Docker({ socketPath });
  const ask = async <T>(doing: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    signal.throwIfAborted();
    const limit = AbortSignal.timeout(PATIENCE_MS);
    try {
      return await untilAborted(work(), AbortSignal.any([signal, limit]));
    } catch (error) {
      signal.throwIfAborted();
      if (limit.aborted) throw engineAway(`no answer within ${PATIENCE_MS} ms`, error);
      throw dockerError(error, doing);
    }
  };
  return {
    async root(signal) {
      const info = (await ask('tell of itself', () => docker.info(), signal)) as {
        DockerRootDir: string;
      };
      return info.DockerRootDir;
    },

    async images(signal) {
      const images = await ask('list images', () => docker.listImages(), signal);
      return images.map((image) => ({
        id: image.Id,
        references: [...(image.RepoTags ?? []), ...(image.RepoDigests ?? [])].filter(
          (reference) => !NAMELESS.test(reference),
        ),
        labels: image.Labels ?? {},
        size: image.Size,
        created: image.Created * 1000,
      }));
    },

    async containers(signal) {
      const list = () => docker.listContainers({ all: true });
      return (await ask('list containers', list, signal)).map((container) => ({
        id: container.Id,
        name: (container.Names[0] ?? container.Id).replace(/^\//, ''),
        imageId: container.ImageID,
        labels: container.Labels,
        running: ['running', 'paused', 'restarting'].includes(container.State),
        created: container.Created * 1000,
      }));
    },

    async removeImage(reference, signal) {
      const remove = async (): Promise<boolean> => {
        try {
          await docker.getImage(reference).remove({ force: false });
          return true;
        } catch (error) {
          if (isStatus(error, 409)) return false;
          if (!isStatus(error, 404)) throw error;
          return true;
        }
      };
      return ask(`remove ${reference}`, remove, signal);
    },

    async removeContainer(id, signal) {
      const remove = async (): Promise<void> => {
        try {
          await docker.getContainer(id).remove({ force: false, v: true });
        } catch (error) {
          if (!isStatus(error, 404) && !isStatus(error, 409)) throw error;
        }
      };
      await ask(`remove ${id}`, remove, signal);
    },
  };
}
