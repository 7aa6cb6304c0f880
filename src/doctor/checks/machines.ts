// The ground everything stands on: machines have power, a cable, a way to each other, and agree on the time.

import { type Chart, enumerate, hostOf, portOf } from '../chart.ts';
import { isHeard, type MachineFact } from '../facts.ts';
import { type Finding, finding } from '../finding.ts';

/** Certificates, logs and people tolerate less than this, s. */
const CLOCK_GIVE_MS = 5000;

export function checkMachines(chart: Chart): Finding[] {
  const silent = chart.facts.machines.filter((machine) => !chart.isHeard(machine));
  return silent.map((machine) => gone(chart, machine));
}

function gone(chart: Chart, { name, ip, power }: MachineFact): Finding {
  const others = chart.heard.filter(({ examination }) => examination !== undefined);
  const because = [`nothing at ${ip} answers from here`];
  if (others.length > 0) {
    because.push(`nor from ${enumerate(others.map((other) => other.name))}`);
  }
  const shared = { subject: name, because, machines: [name] };
  if (power === 'off') {
    return finding({
      ...shared,
      fault: 'machine-off',
      says: `${name} has no power`,
      remedy: { says: 'Switch it on.', commands: [chart.local(`boot ${name}`)] },
    });
  }
  if (power === 'cut') {
    return finding({
      ...shared,
      fault: 'machine-cut',
      says: `${name} runs and is cut off: its cable is out`,
      remedy: { says: 'Put its cable in again.', commands: [chart.local(`heal ${name}`)] },
    });
  }
  return finding({
    ...shared,
    fault: 'machine-cut',
    says: `${name} is cut off, or has no power`,
    remedy: {
      says: 'Look at its power, its cable and its console; its units are moved elsewhere meanwhile.',
      commands: chart.isLocal
        ? [chart.local(`heal ${name}`), chart.local(`boot ${name}`)]
        : [`ping -c 3 ${ip}`],
    },
  });
}

/** What one machine cannot reach although others can, or although it listens. */
export function checkFirewalls(chart: Chart): Finding[] {
  const blocked = new Map<string, { from: string; to: string; ports: Set<number> }>();
  for (const { name: from, examination } of chart.facts.machines) {
    for (const { address, reach } of examination?.reach ?? []) {
      const to = chart.machineAt(hostOf(address));
      if (reach === 'open' || !to || !chart.heard.includes(to)) continue;
      if (!isOpenToOthers(chart, from, to, address)) continue;
      const key = `${from} ${to.name}`;
      const known = blocked.get(key) ?? { from, to: to.name, ports: new Set() };
      known.ports.add(portOf(address));
      blocked.set(key, known);
    }
  }
  return [...cutFromAll(chart, blocked), ...pairs(chart, blocked)];
}

type Blocked = Map<string, { from: string; to: string; ports: Set<number> }>;

function isOpenToOthers(chart: Chart, from: string, to: MachineFact, address: string): boolean {
  const isIt = (row: { address: string; reach: string }) =>
    row.address === address && row.reach === 'open';
  if (to.tried.some(isIt)) return true;
  if (to.examination?.listeners.some(({ port }) => port === portOf(address))) return true;
  return chart.facts.machines.some(
    ({ name, examination }) => name !== from && examination?.reach.some(isIt),
  );
}

/** A machine that none of at least two others reaches, though we do. Its pairs are taken out of `blocked`. */
function cutFromAll(chart: Chart, blocked: Blocked): Finding[] {
  return chart.heard.flatMap(({ name, ip }) => {
    const others = chart.heard.filter((other) => other.name !== name && other.examination);
    const deaf = others.filter(({ examination }) => {
      const rows = examination!.reach.filter(({ address }) => hostOf(address) === ip);
      return rows.length > 0 && rows.every(({ reach }) => !isHeard(reach));
    });
    if (others.length < 2 || deaf.length < others.length) return [];
    for (const [key, { from, to }] of blocked) {
      if (from === name || to === name) blocked.delete(key);
    }
    return finding({
      fault: 'machine-cut',
      subject: name,
      says: `${name} is cut off from the other machines, though we reach it`,
      because: [`nothing at ${ip} answers ${enumerate(deaf.map((other) => other.name))}`],
      remedy: {
        says: 'Look at its cable in the network of the machines, and at the rules of its firewall.',
        commands: [chart.on(name, 'iptables-save'), chart.on(name, 'ip address')],
      },
      machines: [name],
      settling: true,
    });
  });
}

/** Both directions between two machines are one fault. */
function pairs(chart: Chart, blocked: Blocked): Finding[] {
  const seen = new Set<string>();
  return [...blocked.values()].flatMap(({ from, to, ports }) => {
    const pair = [from, to].toSorted().join(' and ');
    if (seen.has(pair)) return [];
    seen.add(pair);
    const back = blocked.get(`${to} ${from}`);
    const listed = (set: Set<number>): string => [...set].toSorted((a, b) => a - b).join(', ');
    const fromIp = chart.machine(from)?.ip ?? from;
    const toIp = chart.machine(to)?.ip ?? to;
    const find = (other: string): string =>
      `iptables-save | grep -e ${other} -e DROP -e REJECT | grep -v DEIS`;
    return finding({
      fault: 'firewall',
      subject: pair,
      says: `a firewall stands between ${from} and ${to}`,
      because: [
        `${from} cannot reach ${to} on ${listed(ports)}, which others can`,
        ...(back ? [`${to} cannot reach ${from} on ${listed(back.ports)}`] : []),
      ],
      remedy: {
        says: `Machines must reach each other on all ports of the platform: let ${fromIp} into ${to}, and ${toIp} into ${from}.`,
        commands: [
          chart.on(to, letIn(fromIp)),
          chart.on(from, letIn(toIp)),
          chart.on(to, find(fromIp)),
        ],
      },
      machines: [from, to],
      settling: true,
    });
  });
}

function letIn(ip: string): string {
  return `iptables -I INPUT -s ${ip} -j ACCEPT; iptables -I OUTPUT -d ${ip} -j ACCEPT`;
}

/** Against what most clocks say, ours among them. */
export function checkClocks(chart: Chart): Finding[] {
  const read = chart.facts.machines.flatMap(({ name, clock }) => (clock ? { name, clock } : []));
  if (read.length === 0) return [];
  const all = [0, ...read.map(({ clock }) => clock.ahead)].toSorted((a, b) => a - b);
  const right = read.length === 1 ? 0 : all[Math.floor((all.length - 1) / 2)]!;
  const findings = read.flatMap(({ name, clock }) => {
    const off = clock.ahead - right;
    if (Math.abs(off) - clock.give <= CLOCK_GIVE_MS) return [];
    return finding({
      fault: 'clock-off',
      subject: name,
      says: `the clock of ${name} is ${duration(Math.abs(off))} ${off > 0 ? 'ahead' : 'behind'}`,
      because: [`compared with ${read.length === 1 ? 'the clock here' : 'most clocks'}`],
      remedy: {
        says: 'Set it, and have it kept by NTP; programs that began with the wrong time begin anew.',
        commands: [
          chart.on(
            name,
            'timedatectl set-ntp true; chronyc makestep || systemctl restart systemd-timesyncd; systemctl restart deisd',
          ),
        ],
      },
      machines: [name],
    });
  });
  const give = Math.max(...read.map(({ clock }) => clock.give));
  if (Math.abs(right) - give <= CLOCK_GIVE_MS) return findings;
  const ours = finding({
    fault: 'clock-off',
    subject: 'here',
    says: `the clock of this computer is ${duration(Math.abs(right))} ${right > 0 ? 'behind' : 'ahead'}`,
    because: ['most machines agree with each other'],
    remedy: { says: 'Set the clock of this computer.', commands: ['timedatectl set-ntp true'] },
  });
  return [ours, ...findings];
}

export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}
