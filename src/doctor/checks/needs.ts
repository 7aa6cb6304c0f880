// What a machine needs before anything of the platform can run on it: Docker, names, the platform's ports.

import type { ExaminedListener } from '../../model/examination.ts';
import type { Chart } from '../chart.ts';
import { type Finding, finding } from '../finding.ts';

export function checkEngines(chart: Chart): Finding[] {
  return chart.examined().flatMap(({ name, engine, services }) => {
    if (engine.answers) return [];
    const docker = services['docker.service'];
    const masked = docker?.load === 'masked';
    const runs = docker?.active === 'active';
    const start = runs
      ? 'systemctl restart docker'
      : masked
        ? 'systemctl unmask docker.socket docker; systemctl start docker.socket docker'
        : 'systemctl start docker.socket docker';
    return finding({
      fault: 'docker-down',
      subject: name,
      says: runs ? `Docker on ${name} does not answer` : `Docker on ${name} does not run`,
      because: [
        `docker.service is ${docker ? `${docker.active}/${docker.sub}` : 'unknown'}; ${engine.problem ?? 'no answer'}`,
      ],
      remedy: {
        says: 'Start it; containers that run go on running meanwhile.',
        commands: [chart.on(name, start), chart.on(name, 'journalctl -u docker -n 20')],
      },
      machines: [name],
      units: ['docker.service'],
      settling: docker?.active === 'activating' || docker?.active === 'deactivating',
    });
  });
}

export function checkNames(chart: Chart): Finding[] {
  const all = chart.examined();
  const works = all
    .flatMap(({ nameServers }) => nameServers)
    .find(({ answers, address }) => answers && !address.startsWith('127.'))?.address;
  return all.flatMap(({ name, nameServers }) => {
    if (nameServers.length === 0 || nameServers.some(({ answers }) => answers)) return [];
    const set = `echo nameserver ${works ?? 'ADDRESS'} >/etc/resolv.conf`;
    return finding({
      fault: 'dns-broken',
      subject: name,
      says: `${name} cannot look up names`,
      because: nameServers.map(
        ({ address, problem }) => `name server ${address}: ${problem ?? 'no answer'}`,
      ),
      remedy: {
        says: 'Name a server in /etc/resolv.conf that answers.',
        commands: [...(chart.isLocal ? [chart.local('up')] : []), chart.on(name, set)],
      },
      machines: [name],
      settling: true,
    });
  });
}

/** Ports with one owner on every machine, and those of components where these are placed. */
const OWNERS: { port: number; service: string }[] = [
  { port: 7600, service: 'deisd.service' },
  { port: 5555, service: 'deisd.service' },
  { port: 2379, service: 'etcd.service' },
  { port: 2380, service: 'etcd.service' },
];
const COMPONENT_PORTS: Record<string, number[]> = {
  router: [80, 443, 2222, 9090],
  controller: [8000],
  registry: [5000],
  builder: [2223],
  logger: [8088],
};

export function checkPorts(chart: Chart): Finding[] {
  return chart.examined().flatMap(({ name, listeners, containers, services, engine }) => {
    const ours = new Set(containers.map(({ id }) => id));
    // Without the Engine nobody knows whose a container is.
    const isOurs = (id: string): boolean => !engine.answers || ours.has(id);
    const hostFaults = OWNERS.flatMap(({ port, service }) => {
      if (services[service]?.load !== 'loaded') return [];
      const thief = listeners.find((one) => one.port === port && one.service !== service);
      return thief ? taken(chart, name, thief, service, [service]) : [];
    });
    const placed = chart.launched().filter((unit) => chart.placesOf(unit.name).includes(name));
    const componentFaults = placed.flatMap(({ name: unit }) => {
      const component = /^deis-([a-z]+)/.exec(unit)?.[1] ?? '';
      const ports = COMPONENT_PORTS[component] ?? [];
      const thief = listeners.find(
        ({ port, container }) =>
          ports.includes(port) && (container === undefined || !isOurs(container)),
      );
      return thief ? taken(chart, name, thief, unit, [unit]) : [];
    });
    return [...hostFaults, ...componentFaults];
  });
}

function taken(
  chart: Chart,
  machine: string,
  { port, pid, command, service, container }: ExaminedListener,
  owner: string,
  units: string[],
): Finding {
  const end = service
    ? `systemctl stop ${service}`
    : container === undefined
      ? `kill ${pid}`
      : `docker stop ${container.slice(0, 12)}`;
  const who =
    service ?? (container === undefined ? command : `container ${container.slice(0, 12)}`);
  return finding({
    fault: 'port-taken',
    subject: `${machine} ${port}`,
    says: `port ${port} of ${machine}, which ${owner} needs, is taken by ${who}`,
    because: [`process ${pid} (${command}) listens there`],
    remedy: {
      says: 'End it, or have it listen elsewhere.',
      commands: [chart.on(machine, end)],
    },
    machines: [machine],
    units,
    settling: true,
  });
}
