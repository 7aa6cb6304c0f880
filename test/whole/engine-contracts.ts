// The contracts that the fakes of the container engine keep, over the Docker Engine of a machine.

import t from 'tap';
import { DockerStreams } from '../../src/adapters/docker-streams.ts';
import { dockerWaste } from '../../src/adapters/docker-waste.ts';
import type { ContainerEngine } from '../../src/ports/container-engine.ts';
import { containerEngineContract } from '../ports/container-engine.contract.ts';
import { engineWasteContract } from '../ports/engine-waste.contract.ts';
import { oneOffEngineContract } from '../ports/one-off-engine.contract.ts';

export interface RealEngine {
  engine: ContainerEngine;
  socket: string;
  /** Where this process sees the root of the machine. */
  root: string;
  /** Has a shell, `cat` and `sleep`; `/tmp/image.tar` on the machine holds its files, `/tmp/contract.tar` the image. */
  image: string;
  /** Runs a script on the machine. */
  sh: (script: string) => Promise<string>;
}

/** Three subtests of this file. */
export function engineContracts({ engine, socket, root, image, sh }: RealEngine): void {
  void t.test('Docker keeps the contract', (t) =>
    containerEngineContract(t, {
      engine,
      image,
      archive: `${root}/tmp/contract.tar`,
      run: async (name, labels) => {
        const flags = Object.entries(labels).map(([label, value]) => `--label ${label}=${value}`);
        await sh(`docker run -d --name ${name} ${flags.join(' ')} ${image} /bin/sleep 1000`);
      },
    }),
  );

  void t.test('what lies in Docker keeps the contract', (t) =>
    engineWasteContract(t, {
      waste: dockerWaste(socket),
      image: async (reference) => void (await sh(`docker import /tmp/image.tar ${reference}`)),
      tag: async (reference, more) => void (await sh(`docker tag ${reference} ${more}`)),
      container: async (name, reference, running) => {
        const way = running ? 'run -d' : 'create';
        await sh(
          `docker ${way} --name ${name} --label deis.waste=yes ${reference} /bin/sleep 1000`,
        );
      },
      kill: async (name) => void (await sh(`docker kill ${name}; docker wait ${name}`)),
    }),
  );

  void t.test('one-off containers keep the contract', async (t) => {
    await oneOffEngineContract(t, new DockerStreams(socket), {
      Image: image,
      Cmd: ['/bin/sh', '-c', 'cat; printf bye >&2; exit 5'],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      OpenStdin: true,
      StdinOnce: true,
    });
    await sh('docker rm -f $(docker ps -aq --filter name=one-off-contract)');
  });
}
