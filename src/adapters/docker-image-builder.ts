// The image builder over Docker's socket: see ports/image-builder.ts for every promise made here.

import Docker from 'dockerode';
import type {
  ImageBuilder,
  ImageOrder,
  Show,
  TarBytes,
  WorkshopEnd,
  WorkshopOrder,
} from '../ports/image-builder.ts';
import { asking, buildImage, imageId, loadImages, pushImage } from './docker-builds.ts';
import { isStatus } from './docker-errors.ts';
import { limitProcesses, sliceOfBuilds } from './docker-process-limit.ts';
import {
  bringFiles,
  closeWorkshop,
  fetchFiles,
  openWorkshop,
  sweepWorkshops,
  work,
} from './docker-workshop.ts';

const SOCKET = '/var/run/docker.sock';

export class DockerImageBuilder implements ImageBuilder {
  readonly #docker: Docker;

  constructor(socketPath = SOCKET) {
    this.#docker = new Docker({ socketPath });
  }

  async ensureNetwork(
    name: string,
    bridge: string,
    labels: Record<string, string>,
    signal: AbortSignal,
  ): Promise<void> {
    await asking(`make the network ${name}`, signal, async () => {
      const known = await this.#docker.listNetworks({ filters: { name: [`^${name}$`] } });
      if (known.length > 0) return;
      const options = {
        'com.docker.network.bridge.name': bridge,
        'com.docker.network.bridge.enable_icc': 'false',
      };
      try {
        const request = { Name: name, Driver: 'bridge', Options: options, Labels: labels };
        await this.#docker.createNetwork({ ...request, CheckDuplicate: true, abortSignal: signal });
      } catch (error) {
        // Another build made it at the same moment.
        if (!isStatus(error, 409)) throw error;
      }
    });
  }

  async build(order: ImageOrder, show: Show, signal: AbortSignal): Promise<string> {
    const { network, limits } = order;
    const slice = await sliceOfBuilds(this.#docker, signal);
    const end = new AbortController();
    const until = AbortSignal.any([signal, end.signal]);
    const bounds = { network, most: limits.processes };
    const fail = (problem: Error): void => end.abort(problem);
    const watching = await limitProcesses(this.#docker, bounds, fail, until);
    try {
      return await buildImage(this.#docker, order, { slice, show }, until);
    } finally {
      end.abort(new Error('the build is over'));
      await watching.ended;
    }
  }

  push(reference: string, signal: AbortSignal): Promise<string> {
    return pushImage(this.#docker, reference, signal);
  }

  imageId(reference: string, signal: AbortSignal): Promise<string | undefined> {
    return imageId(this.#docker, reference, signal);
  }

  load(archive: string, signal: AbortSignal): Promise<void> {
    return loadImages(this.#docker, archive, signal);
  }

  async tag(image: string, reference: string, signal: AbortSignal): Promise<void> {
    const colon = reference.lastIndexOf(':');
    const [repo, tag] = [reference.slice(0, colon), reference.slice(colon + 1)];
    await asking(`name ${image} ${reference}`, signal, () =>
      this.#docker.getImage(image).tag({ repo, tag, abortSignal: signal }),
    );
  }

  async openWorkshop(order: WorkshopOrder, signal: AbortSignal): Promise<string> {
    const slice = await sliceOfBuilds(this.#docker, signal);
    return openWorkshop(this.#docker, order, slice, signal);
  }

  bring(workshop: string, path: string, files: TarBytes, signal: AbortSignal): Promise<void> {
    return bringFiles(this.#docker, workshop, path, files, signal);
  }

  work(workshop: string, show: Show, signal: AbortSignal): Promise<WorkshopEnd> {
    return work(this.#docker, workshop, show, signal);
  }

  fetch(workshop: string, path: string, signal: AbortSignal): Promise<TarBytes | undefined> {
    return fetchFiles(this.#docker, workshop, path, signal);
  }

  async closeWorkshop(workshop: string): Promise<void> {
    await closeWorkshop(this.#docker, workshop);
  }

  sweepWorkshops(label: string, signal: AbortSignal): Promise<void> {
    return sweepWorkshops(this.#docker, label, signal);
  }
}
