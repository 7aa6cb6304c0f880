// What containers of apps and builds may reach on machines: the routers' doors and name servers, nothing else. The world outside
// the machines is open to them. Pure.

import type { FencePlan } from '../../ports/packet-fence.ts';

/** Docker's own bridge carries apps, the other one builds (builder/build/network.ts). */
export const BRIDGES = ['docker0', 'deis-build'] as const;

/** The routers' doors on every machine: http, https, git over SSH. */
const DOORS = '-p tcp -m multiport --dports 80,443,2222 -j RETURN';
/** A machine may be the name server that its containers were told. */
const NAMES = ['-p udp --dport 53 -j RETURN', '-p tcp --dport 53 -j RETURN'];

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
      ...[...new Set(spans)].toSorted().map((span) => `-d ${span} -j DROP`),
    ],
    rules6: [
      '-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN',
      ...['tcp', 'udp'].map((protocol) => `-p ${protocol} -m addrtype --dst-type LOCAL -j DROP`),
    ],
  };
}
