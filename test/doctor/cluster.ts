// A healthy cluster of three machines as facts; tests break one thing in a copy of it.

import type { MachineFact, Facts, Records } from '../../src/doctor/facts.ts';
import type { ExaminedService, Examination } from '../../src/model/examination.ts';
import type { UnitState, WantedUnit } from '../../src/model/unit.ts';

export const NOW = Date.parse('2026-11-22T12:00:00Z');
export const NAMES = ['one', 'two', 'three'] as const;
const ipOf = (name: string): string => `10.0.0.${NAMES.indexOf(name as 'one') + 1}`;
export const idOf = (name: string): string => `${NAMES.indexOf(name as 'one') + 1}`.repeat(32);

export const SERVICE: ExaminedService = {
  load: 'loaded',
  active: 'active',
  sub: 'running',
  result: 'success',
  status: 0,
  restarts: 0,
  says: '',
};

const STATE: UnitState = {
  load: 'loaded',
  active: 'active',
  sub: 'running',
  phase: 'running',
  health: 'healthy',
  revision: 10,
  hash: '',
  restarts: 0,
  crashes: 0,
  since: NOW - 3_600_000,
};

/** Which unit runs where, and where it is published. */
const RUNS: [unit: string, machine: string, app?: string, port?: number][] = [
  ['deis-registry@1.service', 'one', 'deis-registry', 5000],
  ['deis-registry@2.service', 'two', 'deis-registry', 5000],
  ['deis-logger.service', 'one', 'deis-logger', 8088],
  ['deis-router@1.service', 'one'],
  ['deis-router@2.service', 'two'],
  ['deis-controller@1.service', 'three', 'deis', 8000],
  ['deis-builder@1.service', 'two', 'deis-builder', 2223],
  ['hello_v2.web.1.service', 'one', 'hello', 20001],
  ['hello_v2.web.2.service', 'two', 'hello', 20001],
  ['loop.service', 'three'],
];

export function examinationOf(name: string, targets: readonly string[] = []): Examination {
  const units = RUNS.filter(([, machine]) => machine === name).map(([unit]) => unit);
  const services = ['etcd.service', 'docker.service', 'deisd.service', ...units];
  return {
    name,
    id: idOf(name),
    ip: ipOf(name),
    at: NOW,
    disks: [
      {
        path: '/',
        holds: ['/', '/var/log/journal'],
        size: 100e9,
        free: 50e9,
        inodes: 1e6,
        inodesFree: 9e5,
      },
    ],
    services: Object.fromEntries(services.map((service) => [service, SERVICE])),
    engine: { answers: true },
    containers: units.map((unit, index) => ({ id: `${index}`.repeat(64), unit, state: 'running' })),
    listeners: [
      { port: 7600, pid: 10, command: 'node', service: 'deisd.service' },
      { port: 2379, pid: 11, command: 'etcd', service: 'etcd.service' },
      {
        port: 80,
        pid: 12,
        command: 'nginx',
        container: `${units.findIndex((unit) => unit.includes('router'))}`.repeat(64),
      },
    ],
    nameServers: [{ address: '10.9.9.9', answers: true }],
    reach: targets.map((address) => ({ address, reach: 'open' })),
    certificates: ['deisd', 'router', 'etcd'].map((component) => ({
      name: component,
      path: `/etc/deis/tls/${component}.crt`,
      begins: '2026-01-01T00:00:00.000Z',
      expires: '2036-01-01T00:00:00.000Z',
    })),
    components: units
      .filter((unit) => unit.startsWith('deis-'))
      .map((unit) => ({ component: /^deis-([a-z]+)/.exec(unit)![1]!, unit, asked: 'its door' })),
    router: {
      groups: {
        hello: ['10.0.0.1:20001', '10.0.0.2:20001'],
        deis: ['10.0.0.3:8000'],
      },
      builders: ['10.0.0.2:2223'],
    },
    gaps: [],
  };
}

function wantedUnit(name: string): WantedUnit {
  const kind = name.startsWith('deis-') ? 'platform' : name.startsWith('hello') ? 'app' : 'foreign';
  const check = { initialDelay: 0, timeout: 1, interval: 1, failures: 2 };
  return {
    name,
    kind,
    desired: 'launched',
    options: [],
    restarts: 0,
    ...(kind === 'app' && {
      process: {
        app: 'hello',
        release: 2,
        type: 'web',
        num: 1,
        image: '127.0.0.1:5555/hello@sha256:0',
        command: null,
        config: 'c',
        routed: true,
        port: null,
        check,
        stopTimeout: 10,
        drainTimeout: 30,
      },
    }),
  };
}

function records(): Records {
  return {
    machines: NAMES.map((name) => ({
      id: idOf(name),
      name,
      ip: ipOf(name),
      metadata: {},
      capacity: { memory: 1, cpus: 1 },
      api: `${ipOf(name)}:7600`,
      bootId: '',
      versions: { deisd: '', systemd: 252, engine: '' },
    })),
    alive: NAMES.map(idOf),
    lost: {},
    orders: {},
    wanted: RUNS.map(([unit]) => wantedUnit(unit)),
    states: RUNS.map(([unit, machine]) => ({ machine: idOf(machine), unit, state: { ...STATE } })),
    placements: RUNS.map(([unit, machine]) => ({
      machine: idOf(machine),
      unit,
      placement: {
        want: 'run',
        revision: 10,
        kind: wantedUnit(unit).kind,
        retiring: false,
        reason: '',
      },
    })),
    unschedulable: {},
    leader: idOf('one'),
    routersAlive: [idOf('one'), idOf('two')],
    applied: Object.fromEntries(
      ['one', 'two'].map((name) => [
        idOf(name),
        { endpoints: 90, files: 90, refused: {}, busy: {} },
      ]),
    ),
    upstreams: RUNS.flatMap(([unit, machine, app, port], index) =>
      app === undefined
        ? []
        : { app, unit, address: `${ipOf(machine)}:${port}`, revision: 20 + index },
    ),
    apps: ['hello'],
    deployments: [],
    domains: [],
    certificates: [],
    domain: 'example.com',
    subdomain: 'deis',
    malformed: [],
  };
}

function machine(name: string): MachineFact {
  const others = NAMES.filter((other) => other !== name).map(ipOf);
  const targets = others.flatMap((ip) => [`${ip}:7600`, `${ip}:2379`]);
  return {
    name,
    ip: ipOf(name),
    id: idOf(name),
    door: { kind: 'answers' },
    tried: [22, 7600, 2379].map((port) => ({ address: `${ipOf(name)}:${port}`, reach: 'open' })),
    examination: examinationOf(name, targets),
    examinedBy: 'deisd',
    clock: { ahead: 20, give: 30 },
  };
}

/** The healthy cluster, new each time: break what you like in it. */
export function cluster(): Facts & { records: Records } {
  return {
    at: NOW,
    way: { kind: 'local', cluster: 'deis' },
    operator: {
      name: 'operator',
      path: 'operator.crt',
      begins: '2026-01-01T00:00:00.000Z',
      expires: '2036-01-01T00:00:00.000Z',
    },
    members: NAMES.map((name, index) => ({
      endpoint: `https://${ipOf(name)}:2379`,
      ip: ipOf(name),
      state: index === 0 ? 'leading' : 'following',
      index: 100,
    })),
    records: records(),
    machines: NAMES.map(machine),
  };
}

export function the(
  facts: Facts,
  name: (typeof NAMES)[number],
): MachineFact & { examination: Examination } {
  return facts.machines.find((one) => one.name === name) as MachineFact & {
    examination: Examination;
  };
}

export function stateOf(facts: Facts & { records: Records }, unit: string): UnitState {
  return facts.records.states.find((row) => row.unit === unit)!.state;
}
