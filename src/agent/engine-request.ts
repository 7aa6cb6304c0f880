// A container spec in the words of the Engine's API (POST /containers/create, API 1.41 and later).

import { type ContainerSpec, LABELS } from '../model/container-spec.ts';

/** Labels that the journald driver adds to every line, as DEIS_APP, DEIS_PROCESS, … */
const JOURNAL_LABELS = [LABELS.app, LABELS.process, LABELS.release, LABELS.unit].join(',');

/** Keys in one fixed order: the spec's digest is taken over this text. Environment sorted by name. */
export function engineRequest(spec: ContainerSpec, digest: string): object {
  return {
    Image: spec.image,
    ...(spec.entrypoint ? { Entrypoint: spec.entrypoint } : {}),
    ...(spec.command ? { Cmd: spec.command } : {}),
    Env: Object.keys(spec.environment)
      .toSorted()
      .map((name) => `${name}=${spec.environment[name]}`),
    Labels: labelsOf(spec, digest),
    ExposedPorts: Object.fromEntries(spec.ports.map(({ container }) => [`${container}/tcp`, {}])),
    StopTimeout: spec.stopTimeout,
    HostConfig: {
      NetworkMode: spec.network,
      PortBindings: portBindings(spec),
      Binds: spec.volumes.map(
        ({ source, target, readOnly }) => `${source}:${target}:${readOnly ? 'ro' : 'rw'}`,
      ),
      CapAdd: spec.capabilities,
      SecurityOpt: ['no-new-privileges'],
      Memory: spec.memory ?? 0,
      CpuShares: spec.cpuShares ?? 0,
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'journald', Config: { labels: JOURNAL_LABELS, tag: spec.name } },
    },
  };
}

function labelsOf(spec: ContainerSpec, digest: string): Record<string, string> {
  return {
    [LABELS.managed]: 'true',
    [LABELS.unit]: spec.unit,
    ...(spec.app === '' ? {} : appLabels(spec)),
    [LABELS.digest]: digest,
  };
}

function appLabels({ app, process, release }: ContainerSpec): Record<string, string> {
  return {
    [LABELS.app]: app,
    [LABELS.process]: process,
    [LABELS.release]: String(release),
  };
}

function portBindings({ ports }: ContainerSpec): Record<string, object[]> {
  const bindings: Record<string, object[]> = {};
  for (const { hostIp, host, container } of ports) {
    (bindings[`${container}/tcp`] ??= []).push({ HostIp: hostIp, HostPort: String(host) });
  }
  return bindings;
}
