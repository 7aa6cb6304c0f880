// Every fault from facts alone: broken once in a healthy cluster, the doctor names it first, with a remedy; and a healthy cluster,
// also while it starts or deploys, has none.

import t from 'tap';
import { Chart } from '../../src/doctor/chart.ts';
import { confirmed, diagnose } from '../../src/doctor/diagnose.ts';
import type { Facts, Records } from '../../src/doctor/facts.ts';
import { FAULTS, type Fault } from '../../src/doctor/finding.ts';
import type { UnitState } from '../../src/model/unit.ts';
import { cluster, idOf, NOW, SERVICE, stateOf, the } from './cluster.ts';

type Cluster = Facts & { records: Records };

interface Case {
  fault: Fault;
  what: string;
  break: (facts: Cluster) => void;
  /** The first remedy's command. */
  command: RegExp;
  says: RegExp;
}

const silence = (facts: Cluster, name: 'one' | 'two' | 'three'): void => {
  const machine = the(facts, name);
  facts.machines[facts.machines.indexOf(machine)] = {
    name,
    ip: machine.ip,
    id: idOf(name),
    door: { kind: 'unreachable' },
    tried: [{ address: `${machine.ip}:22`, reach: 'unreachable' }],
  };
  for (const { examination } of facts.machines) {
    for (const row of examination?.reach ?? []) {
      if (row.address.startsWith(`${machine.ip}:`)) row.reach = 'silent';
    }
  }
  facts.members.find(({ ip }) => ip === machine.ip)!.state = 'unreachable';
  facts.records.alive = facts.records.alive.filter((id) => id !== idOf(name));
};

const down = (facts: Cluster, unit: string, message?: string): void => {
  Object.assign(stateOf(facts, unit), { phase: 'pending', active: 'inactive', health: 'unknown' });
  if (message !== undefined) stateOf(facts, unit).message = message;
};

const CASES: Case[] = [
  {
    fault: 'member-down',
    what: 'one etcd member down',
    break: (facts) => (facts.members[1]!.state = 'down'),
    says: /etcd member on two does not run/,
    command: /^deisctl local exec two -- systemctl start etcd$/,
  },
  {
    fault: 'no-quorum',
    what: 'no quorum',
    break: (facts) => {
      facts.members[0]!.state = 'down';
      facts.members[1]!.state = 'down';
      facts.members[2]!.state = 'leaderless';
      facts.stale = true;
    },
    says: /no quorum: 0 of 3 members are well, 2 are needed/,
    command: /exec one -- systemctl start etcd$/,
  },
  {
    fault: 'no-quorum',
    what: 'members live and find no majority',
    break: (facts) => {
      for (const member of facts.members) member.state = 'leaderless';
      facts.stale = true;
    },
    says: /no quorum: 0 of 3/,
    command: /^$/,
  },
  {
    fault: 'clock-off',
    what: 'a clock one hour off',
    break: (facts) => (the(facts, 'two').clock = { ahead: 3_600_000, give: 500 }),
    says: /clock of two is 60 min ahead/,
    command: /exec two -- sh -c 'timedatectl/,
  },
  {
    fault: 'disk-full',
    what: 'a disk full',
    break: (facts) => {
      Object.assign(the(facts, 'two').examination.disks[0]!, {
        free: 1e6,
        largest: [{ path: '/var/big', size: 9e9 }],
      });
    },
    says: /a disk of two is full: \//,
    command: /find \/ -xdev/,
  },
  {
    fault: 'inodes-full',
    what: 'inodes used up',
    break: (facts) => (the(facts, 'two').examination.disks[0]!.inodesFree = 10),
    says: /no inodes left/,
    command: /du --inodes/,
  },
  {
    fault: 'log-disk-full',
    what: 'the log disk full',
    break: (facts) => {
      the(facts, 'one').examination.disks.push({
        path: '/var/log/journal',
        holds: ['/var/log/journal'],
        size: 1e9,
        free: 0,
        inodes: 0,
        inodesFree: 0,
      });
    },
    says: /the log disk of one is full/,
    command: /journalctl --rotate --vacuum-size=64M/,
  },
  {
    fault: 'docker-down',
    what: 'Docker down, and what ran on it',
    break: (facts) => {
      const { examination } = the(facts, 'two');
      examination.engine = { answers: false, problem: 'its service is inactive' };
      examination.services['docker.service'] = { ...SERVICE, active: 'inactive', sub: 'dead' };
      examination.containers = [];
      examination.components = [];
      down(facts, 'deis-builder@1.service');
    },
    says: /Docker on two does not run/,
    command: /exec two -- systemctl start docker.socket docker$/,
  },
  {
    fault: 'deisd-dead',
    what: 'deisd dead',
    break: (facts) => {
      the(facts, 'two').door = { kind: 'closed' };
      the(facts, 'two').examination.services['deisd.service'] = { ...SERVICE, active: 'failed' };
      facts.records.alive = facts.records.alive.filter((id) => id !== idOf('two'));
    },
    says: /deisd on two does not run/,
    command: /exec two -- systemctl restart deisd$/,
  },
  {
    fault: 'deisd-frozen',
    what: 'deisd frozen',
    break: (facts) => (the(facts, 'two').door = { kind: 'mute', problem: 'silent for 4000 ms' }),
    says: /deisd on two is frozen/,
    command: /exec two -- systemctl restart deisd$/,
  },
  {
    fault: 'scheduler-leaderless',
    what: 'the scheduling led by nobody',
    break: (facts) => delete facts.records.leader,
    says: /nobody leads/,
    command: /systemctl restart deisd/,
  },
  {
    fault: 'scheduler-leaderless',
    what: 'the scheduling led by a ghost, and a dead deisd elsewhere is no excuse',
    break: (facts) => (facts.records.leader = 'ghost'),
    says: /led by ghost/,
    command: /etcdctl .* del \/deis\/cluster\/leaders\/scheduler$/,
  },
  {
    fault: 'unit-crashes',
    what: 'a unit that crash-loops',
    break: (facts) => {
      Object.assign(stateOf(facts, 'loop.service'), {
        phase: 'starting',
        active: 'activating',
        sub: 'auto-restart',
        crashes: 7,
        exitCode: 3,
      });
    },
    says: /loop on three ends again and again: 7 times/,
    command: /^deisctl journal loop$/,
  },
  {
    fault: 'unit-unplaceable',
    what: 'a unit nothing can place',
    break: (facts) => {
      facts.records.unschedulable['loop.service'] = {
        reason: 'no machine may run it: it has no disk=ssd (3 of 3)',
        machines: { one: 'it has no disk=ssd' },
      };
    },
    says: /loop has no place: no machine may run it/,
    command: /^deisctl destroy loop.service$/,
  },
  {
    fault: 'unit-unplaceable',
    what: 'all machines cordoned',
    break: (facts) => {
      facts.records.orders[idOf('one')] = { cordon: true, drain: false };
      facts.records.unschedulable['hello_v2.web.1.service'] = {
        reason: 'no machine may run it',
        machines: { one: 'cordoned', two: 'full' },
      };
    },
    says: /hello_v2.web.1 has no place/,
    command: /^deisctl uncordon one$/,
  },
  {
    fault: 'image-missing',
    what: 'an image missing, and the app that needs it',
    break: (facts) => {
      const message =
        'The image 127.0.0.1:5555/hello@sha256:0 could not be pulled: manifest unknown';
      down(facts, 'hello_v2.web.1.service', message);
      down(facts, 'hello_v2.web.2.service', message);
    },
    says: /image of hello_v2.web.1, hello_v2.web.2 is missing on one and two/,
    command: /^deis releases:rollback v1 -a hello$/,
  },
  {
    fault: 'port-taken',
    what: 'a port taken',
    break: (facts) => {
      const { listeners } = the(facts, 'three').examination;
      listeners.push({ port: 8000, pid: 77, command: 'python3' });
      Object.assign(stateOf(facts, 'deis-controller@1.service'), { health: 'unhealthy' });
    },
    says: /port 8000 of three, which deis-controller@1.service needs, is taken by python3/,
    command: /exec three -- kill 77$/,
  },
  {
    fault: 'certificate-expired',
    what: 'a certificate expired, and the daemon that shows it',
    break: (facts) => {
      the(facts, 'two').examination.certificates[0]!.expires = '2026-11-20T12:00:00.000Z';
      the(facts, 'two').door = { kind: 'refuses', problem: 'certificate has expired' };
    },
    says: /certificate of deisd on two expired 2 days ago/,
    command: /^deisctl local up$/,
  },
  {
    fault: 'certificate-expired',
    what: 'a certificate expired far from the computer that made the cluster',
    break: (facts) => {
      facts.way = { kind: 'ssh', user: 'core', isRoot: false };
      the(facts, 'two').examination.certificates[1]!.expires = '2026-11-20T12:00:00.000Z';
    },
    says: /certificate of router on two expired 2 days ago/,
    command: /^deisctl certs reissue two$/,
  },
  {
    fault: 'deisd-refuses',
    what: 'a machine that missed a change of the authority',
    break: (facts) => {
      const problem = 'self-signed certificate in certificate chain';
      the(facts, 'two').door = { kind: 'refuses', problem };
    },
    says: /deisd on two does not talk to us/,
    command: /^deisctl certs reissue two$/,
  },
  {
    fault: 'certificate-ending',
    what: 'certificates that end before long',
    break: (facts) => {
      the(facts, 'two').examination.certificates[0]!.expires = '2026-12-01T12:00:00.000Z';
      the(facts, 'one').examination.certificates[1]!.expires = '2026-11-30T12:00:00.000Z';
    },
    says: /certificate of router on one ends in 8 days, and 1 more soon/,
    command: /^deisctl certs rotate$/,
  },
  {
    fault: 'certificate-expired',
    what: "an app's certificate expired",
    break: (facts) => {
      const expires = '2026-11-20T12:00:00.000Z';
      facts.records.certificates.push({ name: 'www.example.org', expires });
    },
    says: /certificate www.example.org expired/,
    command: /^deis certs:remove www.example.org$/,
  },
  {
    fault: 'key-unfit',
    what: 'a key that does not fit',
    break: (facts) => {
      const problem = 'the key does not belong to the certificate';
      the(facts, 'one').examination.certificates[1]!.keyProblem = problem;
    },
    says: /certificate of router on one is of no use: the key does not belong/,
    command: /^deisctl local up$/,
  },
  {
    fault: 'domain-twice',
    what: 'a domain claimed twice',
    break: (facts) => {
      facts.records.apps.push('other');
      facts.records.domains.push(
        {
          domain: 'www.example.org',
          app: 'hello',
          key: '/deis/domains/www.example.org',
          revision: 5,
        },
        {
          domain: 'WWW.example.org.',
          app: 'other',
          key: '/deis/domains/WWW.example.org.',
          revision: 6,
        },
      );
    },
    says: /www.example.org is claimed twice: by hello and other/,
    command: /etcdctl .* del \/deis\/domains\/WWW.example.org.$/,
  },
  {
    fault: 'domain-twice',
    what: "a domain that is another app's own host",
    break: (facts) => {
      facts.records.apps.push('other');
      const key = '/deis/domains/hello.example.com';
      facts.records.domains.push({ domain: 'hello.example.com', app: 'other', key, revision: 6 });
      const reason = 'domain hello.example.com belongs to the platform';
      facts.records.applied[idOf('one')]!.refused['other'] = reason;
    },
    says: /hello.example.com is claimed twice: by hello and other/,
    command: /^deis domains:remove hello.example.com -a other$/,
  },
  {
    fault: 'dns-broken',
    what: 'DNS of a machine broken',
    break: (facts) => {
      const { nameServers } = the(facts, 'two').examination;
      nameServers[0] = { address: '192.0.2.1', answers: false, problem: 'no answer' };
    },
    says: /two cannot look up names/,
    command: /^deisctl local up$/,
  },
  {
    fault: 'firewall',
    what: 'a firewall between two machines',
    break: (facts) => {
      for (const row of the(facts, 'one').examination.reach) {
        if (row.address.startsWith('10.0.0.2:')) row.reach = 'silent';
      }
    },
    says: /firewall stands between one and two/,
    command: /exec two -- sh -c 'iptables -I INPUT -s 10.0.0.1 -j ACCEPT/,
  },
  {
    fault: 'machine-cut',
    what: 'a machine cut off, with its member and its units',
    break: (facts) => {
      silence(facts, 'two');
      facts.machines[1]!.power = 'cut';
      down(facts, 'deis-builder@1.service');
    },
    says: /two runs and is cut off/,
    command: /^deisctl local heal two$/,
  },
  {
    fault: 'machine-off',
    what: 'a machine without power',
    break: (facts) => {
      silence(facts, 'two');
      facts.machines[1]!.power = 'off';
    },
    says: /two has no power/,
    command: /^deisctl local boot two$/,
  },
  {
    fault: 'router-stale',
    what: 'a router with stale endpoints',
    break: (facts) => {
      the(facts, 'two').examination.router!.groups['hello'] = ['10.0.0.1:20001'];
      facts.records.applied[idOf('two')]!.endpoints = 21;
    },
    says: /router on two does not follow the store/,
    command: /^deisctl restart router@2$/,
  },
  {
    fault: 'router-refused',
    what: 'a router whose files are refused',
    break: (facts) => {
      const reason = '"zz" is not a size';
      facts.records.applied[idOf('two')]!.refused = { '*settings bodySize': reason };
    },
    says: /leave something out: the setting bodySize/,
    command: /^deisctl config router rm bodySize$/,
  },
  {
    fault: 'nginx-dead',
    what: 'nginx dead',
    break: (facts) => {
      const { components } = the(facts, 'two').examination;
      const router = components.find(({ component }) => component === 'router')!;
      Object.assign(router, { asked: 'GET / on :80', problem: 'refused' });
    },
    says: /nginx of router@2 on two does not serve/,
    command: /^deisctl restart router@2$/,
  },
  {
    fault: 'controller-away',
    what: 'controller away',
    break: (facts) => down(facts, 'deis-controller@1.service'),
    says: /controller@1 is away/,
    command: /^deisctl restart controller@1$/,
  },
  {
    fault: 'registry-away',
    what: 'registry replica away',
    break: (facts) => {
      facts.records.wanted.find(({ name }) => name === 'deis-registry@2.service')!.desired =
        'inactive';
    },
    says: /registry@2 is away/,
    command: /^deisctl start registry@2$/,
  },
  {
    fault: 'builder-without-socket',
    what: 'builder without socket',
    break: (facts) => {
      const { components } = the(facts, 'two').examination;
      const builder = components.find(({ component }) => component === 'builder')!;
      Object.assign(builder, { asked: "Docker's socket inside", problem: 'refused' });
    },
    says: /builder@1 on two cannot reach Docker's socket/,
    command: /^deisctl restart builder@1$/,
  },
  {
    fault: 'logger-away',
    what: 'logger away, its process stopped',
    break: (facts) => {
      const { components } = the(facts, 'one').examination;
      const logger = components.find(({ component }) => component === 'logger')!;
      Object.assign(logger, { problem: 'silent for 3000 ms', stoppedProcess: 55 });
    },
    says: /logger on one runs and does not answer/,
    command: /exec one -- kill -CONT 55$/,
  },
  {
    fault: 'app-unhealthy',
    what: 'an app without healthy container',
    break: (facts) => {
      for (const unit of ['hello_v2.web.1.service', 'hello_v2.web.2.service']) {
        Object.assign(stateOf(facts, unit), { health: 'unhealthy', message: 'health check: 500' });
      }
    },
    says: /app hello has no healthy container/,
    command: /^deis ps:restart -a hello$/,
  },
];

for (const { fault, what, break: breakIt, says, command } of CASES) {
  t.test(`${fault}: ${what}`, async (t) => {
    const facts = cluster();
    breakIt(facts);
    const roots = diagnose(facts).findings.filter(({ cause }) => cause === undefined);
    const [first] = roots;
    t.equal(first?.fault, fault);
    t.match(first?.says, says);
    t.match(first?.remedy.commands[0] ?? '', command);
    t.not(first?.remedy.says, '');
    t.same(
      roots.slice(1).map((one) => one.says),
      [],
    );
  });
}

t.test('a healthy cluster has no finding', async (t) => {
  t.same(diagnose(cluster()), { findings: [], notes: [] });
});

t.test('what starts is no fault but a note', async (t) => {
  const facts = cluster();
  for (const row of facts.records.states) {
    Object.assign(row.state, { phase: 'pulling', health: 'unknown', since: NOW - 5000 });
  }
  const { findings, notes } = diagnose(facts);
  t.same(
    findings.filter(({ cause }) => cause === undefined).map(({ says }) => says),
    [],
  );
  t.match(notes[0], /^on their way up: registry@1/);
});

t.test('a component that was told to restart goes down first', async (t) => {
  const router = (phase: UnitState['phase'], since: number): Facts => {
    const facts = cluster();
    Object.assign(stateOf(facts, 'deis-router@1.service'), { phase, since });
    return facts;
  };
  for (const phase of ['draining', 'stopping'] as const) {
    const { findings, notes } = diagnose(router(phase, NOW - 20_000));
    t.same(findings, [], phase);
    t.same(notes, ['on their way up: router@1'], phase);
    const [late] = diagnose(router(phase, NOW - 600_000)).findings;
    t.equal(late?.fault, 'router-away', `${phase} without end`);
  }
});

t.test('a rolling deployment is no fault', async (t) => {
  const facts = cluster();
  const old = facts.records.wanted.find(({ name }) => name === 'hello_v2.web.1.service')!;
  facts.records.wanted.push({ ...old, name: 'hello_v3.web.1.service' });
  facts.records.states.push({
    machine: idOf('three'),
    unit: 'hello_v3.web.1.service',
    state: { ...stateOf(facts, 'loop.service'), phase: 'starting', health: 'unknown', since: NOW },
  });
  Object.assign(stateOf(facts, 'hello_v2.web.2.service'), { phase: 'draining' });
  t.same(diagnose(facts).findings, []);
});

t.test('what may pass is believed when it is seen twice', async (t) => {
  const first = cluster();
  delete first.records.leader;
  t.equal(diagnose(first).findings.length, 1);
  t.same(confirmed(first, cluster()).findings, [], 'it passed');
  t.equal(confirmed(cluster(), first).findings.length, 0, 'it has just begun');
  t.equal(confirmed(first, first).findings.length, 1, 'it stays');
});

t.test('no facts but the machines: the store cannot be read', async (t) => {
  const { records: _, ...facts } = cluster();
  for (const member of facts.members) member.state = 'down';
  const { findings, notes } = diagnose(facts);
  t.same(
    findings.map(({ fault }) => fault),
    ['no-quorum'],
  );
  t.match(notes.join('\n'), /the store cannot be read/);
});

t.test('remedies of another way', async (t) => {
  const facts = cluster();
  facts.members[1]!.state = 'down';
  const first = (way: Facts['way'], stale = false): string | undefined =>
    diagnose({ ...facts, way, stale }).findings[0]?.remedy.commands[0];
  const root = { kind: 'ssh', user: 'root', isRoot: true } as const;
  const core = { kind: 'ssh', user: 'core', isRoot: false } as const;
  t.equal(first(root), 'deisctl ssh two systemctl start etcd');
  t.equal(first(core), 'deisctl ssh two sudo systemctl start etcd');
  // deisctl cannot look machines up.
  t.equal(first(root, true), 'ssh root@10.0.0.2 systemctl start etcd');
  t.equal(first(core, true), 'ssh core@10.0.0.2 sudo systemctl start etcd');
  const jump = { address: 'core@10.0.0.1', host: '10.0.0.1' };
  const through = 'ssh -J core@10.0.0.1 core@10.0.0.2 sudo systemctl start etcd';
  t.equal(first({ ...core, jump }, true), through);
  const near = { address: 'core@10.0.0.2', host: '10.0.0.2' };
  t.equal(first({ ...core, jump: near }, true), 'ssh core@10.0.0.2 sudo systemctl start etcd');
  t.equal(
    new Chart({ ...facts, way: core }).on('two', 'a; b'),
    "deisctl ssh two sudo sh -c \\''a; b'\\'",
    'a line for a shell reaches that of root whole',
  );
  facts.way = { kind: 'local', cluster: 'x' };
  const [local] = diagnose(facts).findings;
  t.equal(local?.remedy.commands[0], 'deisctl local exec --name=x two -- systemctl start etcd');
});

t.test('every fault has a case or a reason', async (t) => {
  const covered = new Set<string>(CASES.map(({ fault }) => fault));
  const left = FAULTS.filter((fault) => !covered.has(fault));
  t.same(left, [
    'heartbeat-missing',
    'store-distrusted',
    'unit-failed',
    'router-away',
    'builder-away',
  ]);
});
