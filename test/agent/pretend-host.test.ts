// The pretended host keeps the promises of the ports it stands for.

import t from 'tap';
import { containerEngineContract } from '../ports/container-engine.contract.ts';
import { unitManagerContract } from '../ports/unit-manager.contract.ts';
import { PretendContainers } from './pretend-containers.ts';
import { PretendHost } from './pretend-host.ts';

void t.test('units', (t) => unitManagerContract(t, new PretendHost().units));

void t.test('containers', (t) => {
  const engine = new PretendContainers();
  const image = 'contract:1';
  engine.images.set(image, [8080, 80]);
  const archive = '/images/contract.tar';
  engine.archives.set(archive, [image]);
  return containerEngineContract(t, {
    engine,
    image,
    archive,
    run: async (name, labels) => engine.begin(name, image, labels),
  });
});
