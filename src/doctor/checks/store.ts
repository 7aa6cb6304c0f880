// The store: which members of etcd are there, and whether they are a majority.

import { type Chart, enumerate } from '../chart.ts';
import type { MemberFact } from '../facts.ts';
import { type Finding, finding } from '../finding.ts';

const WELL = new Set<MemberFact['state']>(['leading', 'following']);

const WORDS: Record<MemberFact['state'], string> = {
  leading: 'leads',
  following: 'follows',
  leaderless: 'answers and knows no leader',
  silent: 'takes connections and answers nothing: it is frozen, or starved',
  down: 'does not run: nothing listens there',
  unreachable: 'cannot be reached',
  refuses: 'refuses us',
};

export function checkStore(chart: Chart): Finding[] {
  const { members } = chart.facts;
  const sick = members.filter(({ state }) => !WELL.has(state));
  const majority = Math.floor(members.length / 2) + 1;
  const hasQuorum = members.length - sick.length >= majority;
  if (hasQuorum || members.length === 0) return sick.map((member) => memberDown(chart, member));
  return [noQuorum(chart, sick, majority)];
}

function memberDown(chart: Chart, member: MemberFact): Finding {
  const name = nameOf(chart, member);
  const start = startOf(chart, member);
  return finding({
    fault: 'member-down',
    subject: name,
    says: `the etcd member on ${name} ${WORDS[member.state]}`,
    because: [...evidence(chart, member)],
    remedy: {
      says: 'Start it; the others carry on until one more is missing.',
      commands: [...start, chart.on(name, 'journalctl -u etcd -n 20')],
    },
    machines: [name],
    units: ['etcd.service'],
    settling: member.state === 'leaderless' || member.state === 'silent',
  });
}

function noQuorum(chart: Chart, sick: readonly MemberFact[], majority: number): Finding {
  const { members } = chart.facts;
  const names = sick.map((member) => nameOf(chart, member));
  const startable = sick.filter(({ state }) => state !== 'leaderless');
  return finding({
    fault: 'no-quorum',
    subject: 'etcd',
    says: `etcd has no quorum: ${members.length - sick.length} of ${members.length} members are well, ${majority} are needed`,
    because: sick.map((member) => {
      const why = evidence(chart, member).join('; ');
      return `${nameOf(chart, member)} ${WORDS[member.state]}${why === '' ? '' : ` (${why})`}`;
    }),
    remedy: {
      says: 'What runs goes on running, and nothing can be changed. Start the members that are missing.',
      commands: startable.flatMap((member) => startOf(chart, member)),
    },
    machines: names,
    units: ['etcd.service'],
    settling: startable.length === 0,
  });
}

function startOf(chart: Chart, member: MemberFact): string[] {
  const name = nameOf(chart, member);
  const etcd = chart.machine(name)?.examination?.services['etcd.service'];
  if (etcd?.load === 'masked') {
    return [chart.on(name, 'systemctl unmask etcd; systemctl start etcd')];
  }
  const verb = member.state === 'down' ? 'start' : 'restart';
  return [chart.on(name, `systemctl ${verb} etcd`)];
}

function evidence(chart: Chart, member: MemberFact): string[] {
  const etcd = chart.machine(nameOf(chart, member))?.examination?.services['etcd.service'];
  const said = member.problem === undefined ? [] : [`${member.endpoint}: ${member.problem}`];
  if (!etcd) return said;
  const { active, sub, result } = etcd;
  const why = result === 'success' ? '' : `, ${result}`;
  return [...said, `etcd.service is ${active}/${sub}${why}`];
}

function nameOf(chart: Chart, { ip, endpoint }: MemberFact): string {
  return chart.machineAt(ip)?.name ?? enumerate([endpoint]);
}
