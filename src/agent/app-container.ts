// The container of one app process. Pure.

import type { AppProcess } from '../model/app.ts';
import type { ContainerSpec } from '../model/container-spec.ts';
import { containerName } from '../model/ids.ts';

export interface AppContainerInput {
  /** Full unit name. */
  unit: string;
  process: AppProcess;
  /** Exact reference. */
  image: string;
  /** Config values: any bytes. */
  values: Record<string, string>;
  /** Only for routed processes. */
  port?: { container: number; host: number };
}

/** DEIS_APP and DEIS_RELEASE are ours (as in Deis v1); PORT is where a routed process must listen, unless config says so itself. */
export function appContainer(input: AppContainerInput): ContainerSpec {
  const { unit, process, image, values, port } = input;
  return {
    unit,
    name: containerName(process),
    image,
    command: process.command,
    ...(process.entrypoint && { entrypoint: process.entrypoint }),
    environment: {
      ...(port && { PORT: String(port.container) }),
      ...values,
      DEIS_APP: process.app,
      DEIS_RELEASE: `v${process.release}`,
    },
    app: process.app,
    process: `${process.type}.${process.num}`,
    release: process.release,
    network: 'bridge',
    ports: port ? [{ hostIp: '', ...port }] : [],
    volumes: [],
    capabilities: [],
    ...(process.memory !== undefined && { memory: process.memory }),
    ...(process.cpuShares !== undefined && { cpuShares: process.cpuShares }),
    stopTimeout: process.stopTimeout,
  };
}
