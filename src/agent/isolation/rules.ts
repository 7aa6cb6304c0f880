// What containers of apps and builds may reach on machines: the routers' doors and name servers, nothing else. The world outside
// the machines is open to them, but for what a cloud tells a machine about itself. Pure.

import type { FencePlan } from '../../ports/packet-fence.ts';

/** Docker's own bridge carries apps, the other one builds (builder/build/network.ts). */
export const BRIDGES = ['docker0', 'deis-build'] as const;

/** The routers' doors on every machine: http, https, git over SSH. */
const DOORS = '-p tcp -m multiport --dports 80,443,2222 -j RETURN';
/** A machine may be the name server that its containers were told. */
const NAMES = ['-p udp --dport 53 -j RETURN', '-p tcp --dport 53 -j RETURN'];

/**
 * Where a cloud answers with a machine's user data, which holds keys of the cluster (docs/coreos.md), and with credentials of the machine:
 * AWS, GCE, OpenStack, DigitalOcean, Hetzner, Oracle; Azure; Alibaba. Some are name servers too.
 */
const CLOUDS = ['169.254.0.0/16', '168.63.129.16/32', '100.100.100.200/32'];
const CLOUD6 = 'fd00:ec2::254/128';

/**
 * `machines`: addresses of all machines of the cluster. `spans`: address ranges of the bridges, `172.29.0.1/16`: containers reach each
 * other through routers only. Answers to whoever asked a container always pass.
 */
export function fencePlan(machines: readonly string[], spans: readonly string[]): FencePlan {
  const targets = [
    '-m addrtype --dst-type LOCAL',
    ...[...new Set(machines)].toSorted().map((ip) => `-d ${ip}/32`),
  ];
  return {
    bridges: BRIDGES,
    rules: [
      '-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN',
      ...targets.flatMap((target) => [
        ...[DOORS, ...NAMES].map((rule) => `${target} ${rule}`),
        `${target} -j DROP`,
      ]),
      ...CLOUDS.flatMap((cloud) => [
        ...NAMES.map((rule) => `-d ${cloud} ${rule}`),
        `-d ${cloud} -j DROP`,
      ]),
      ...[...new Set(spans)].toSorted().map((span) => `-d ${span} -j DROP`),
    ],
    rules6: [
      '-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN',
      `-d ${CLOUD6} -j DROP`,
      ...['tcp', 'udp'].map((protocol) => `-p ${protocol} -m addrtype --dst-type LOCAL -j DROP`),
    ],
  };
}
