// The platform's components. To add one: a row here and a file units/deis-<component>[@].service.

export interface Component {
  name: string;
  /** Several instances: units/deis-<name>@.service; `deisctl scale <name>=N` works. */
  scalable: boolean;
  /** Part of `deisctl install platform`, with this many instances. */
  instances: number;
  /** Heading in `deisctl install|start platform`, as in Deis v1. */
  plane: 'Storage subsystem' | 'Logging subsystem' | 'Control plane' | 'Data plane' | 'Router mesh';
}

/** In start order; stop order is the reverse. */
export const COMPONENTS: readonly Component[] = [
  { name: 'registry', scalable: true, instances: 2, plane: 'Storage subsystem' },
  { name: 'logger', scalable: false, instances: 1, plane: 'Logging subsystem' },
  { name: 'router', scalable: true, instances: 1, plane: 'Router mesh' },
  { name: 'controller', scalable: true, instances: 1, plane: 'Control plane' },
  { name: 'builder', scalable: true, instances: 1, plane: 'Control plane' },
];

export function component(name: string): Component | undefined {
  return COMPONENTS.find((candidate) => candidate.name === name);
}
