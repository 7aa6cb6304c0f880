// One deisd a machine: it lives, it answers, it has a heartbeat, it believes the store, and one of them leads the scheduling.

import { keys } from '../../registry/keys.ts';
import { type Chart, enumerate } from '../chart.ts';
import type { MachineFact } from '../facts.ts';
import { type Finding, finding } from '../finding.ts';

export function checkDaemons(chart: Chart): Finding[] {
  return chart.heard.flatMap((machine) => daemonOf(chart, machine) ?? []);
}

function daemonOf(chart: Chart, machine: MachineFact): Finding | undefined {
  const { name, ip, door, examination } = machine;
  const service = examination?.services['deisd.service'];
  const state = service ? [`deisd.service is ${service.active}/${service.sub}`] : [];
  const shared = {
    subject: name,
    machines: [name],
    units: ['deisd.service'],
    remedy: {
      says: 'Start it anew; the units of the machine go on running meanwhile.',
      commands: [
        chart.on(
          name,
          service?.load === 'masked'
            ? 'systemctl unmask deisd; systemctl start deisd'
            : 'systemctl restart deisd',
        ),
        chart.on(name, 'journalctl -u deisd -n 20'),
      ],
    },
  };
  switch (door.kind) {
    case 'answers':
      return undefined;
    case 'closed':
      return finding({
        ...shared,
        fault: 'deisd-dead',
        says: `deisd on ${name} does not run`,
        because: [`nothing listens on ${ip}:7600`, ...state],
        settling: service?.active === 'activating' || service?.active === 'deactivating',
      });
    case 'mute':
      return finding({
        ...shared,
        fault: 'deisd-frozen',
        says: `deisd on ${name} is frozen: it takes connections and answers nothing`,
        because: [door.problem ?? 'no answer', ...state],
        settling: true,
      });
    case 'refuses':
      return finding({
        ...shared,
        fault: 'deisd-refuses',
        says: `deisd on ${name} does not talk to us`,
        because: [door.problem ?? 'it refused', ...state],
        ...(isDisbelief(door.problem) && {
          remedy: {
            says: 'It shows a certificate that is not believed here, as after a change that it missed: give it new ones.',
            commands: [chart.deisctl(`certs reissue ${name}`)],
          },
        }),
      });
    case 'unreachable':
      return finding({
        ...shared,
        fault: 'firewall',
        subject: `here and ${name}`,
        says: `${name} lives, and we cannot reach its deisd at ${ip}:7600`,
        because: [door.problem ?? 'no answer'],
        remedy: {
          says: 'Let this computer in there, or ask from a machine of the cluster.',
          commands: [chart.on(name, 'iptables -I INPUT -p tcp --dport 7600 -j ACCEPT')],
        },
        settling: true,
      });
  }
}

export function checkHeartbeats(chart: Chart): Finding[] {
  const { facts, records } = chart;
  if (!facts.records) return [];
  const { stale = false } = facts;
  const silent = chart.heard.filter(({ id, door }) => {
    return id !== undefined && door.kind === 'answers' && !stale && !records.alive.includes(id);
  });
  const heartbeats = silent.map(({ name }) =>
    finding({
      fault: 'heartbeat-missing',
      subject: name,
      says: `${name} has no heartbeat in the store, though its deisd answers`,
      because: ['units on it count as lost once it is declared so'],
      remedy: {
        says: 'Its deisd cannot write to the store: see what it says, then start it anew.',
        commands: [
          chart.on(name, 'journalctl -u deisd -n 20 -p warning'),
          chart.on(name, 'systemctl restart deisd'),
        ],
      },
      machines: [name],
      units: ['deisd.service'],
      settling: true,
    }),
  );
  const distrusting = records.machines.flatMap(({ name, storeProblem }) =>
    storeProblem === undefined
      ? []
      : finding({
          fault: 'store-distrusted',
          subject: name,
          says: `${name} does not obey the store: ${storeProblem}`,
          because: ['its units go on running, and nothing new is taken from the store'],
          remedy: {
            says: 'If this is the right store, say so there; if not, bring the right one back.',
            commands: [chart.on(name, '/opt/deis/bin/deisd accept-store')],
          },
          machines: [name],
          settling: true,
        }),
  );
  return [...heartbeats, ...distrusting];
}

export function checkScheduler(chart: Chart): Finding[] {
  const { facts, records } = chart;
  if (!facts.records || facts.machines.length === 0) return [];
  const { leader } = records;
  if (leader !== undefined && (facts.stale || records.alive.includes(leader))) return [];
  const answering = chart.heard.filter(({ door }) => door.kind === 'answers');
  const names = (answering.length > 0 ? answering : chart.heard).map(({ name }) => name);
  const shared = {
    fault: 'scheduler-leaderless' as const,
    subject: 'scheduler',
    // As long as one of them could lead, the others do not explain it.
    machines: answering.length > 0 ? [] : facts.machines.map(({ name }) => name),
    settling: true,
  } satisfies Partial<Finding>;
  if (leader === undefined) {
    return [
      finding({
        ...shared,
        says: 'nobody leads the scheduling: nothing new is placed and no lost machine is noticed',
        remedy: {
          says: `Any deisd stands for election by itself: start those of ${enumerate(names)} anew.`,
          commands: names.map((name) => chart.on(name, 'systemctl restart deisd')),
        },
      }),
    ];
  }
  const member = facts.members.find(({ state }) => state === 'leading') ?? facts.members[0];
  const at = chart.machineAt(member?.ip ?? '')?.name ?? names[0] ?? '';
  return [
    finding({
      ...shared,
      says: `the scheduling is led by ${chart.nameOf(leader)}, which is no living machine: nothing new is placed`,
      because: [`the leadership says "${leader}", and no heartbeat does`],
      remedy: {
        says: 'Take that leadership away: a living machine follows at once.',
        commands: [chart.on(at, etcdctl(`del ${keys.leaders.key('scheduler')}`))],
      },
    }),
  ];
}

/** On a machine that carries a member. */
export function etcdctl(words: string): string {
  const tls =
    '--cacert /etc/deis/tls/ca.crt --cert /etc/deis/tls/deisd.crt --key /etc/deis/tls/deisd.key';
  return `env ETCDCTL_API=3 etcdctl --endpoints https://127.0.0.1:2379 ${tls} ${words}`;
}

/** In the words of TLS: no authority that we believe signed it, or it believes none that signed ours. */
function isDisbelief(problem = ''): boolean {
  return /self-signed|unable to (verify|get)|unknown ca|bad certificate/i.test(problem);
}
