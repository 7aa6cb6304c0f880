// The fence around containers: doors and name servers of machines are open, nothing else of them, and no neighbour.
import t from 'tap';
import { fencePlan } from '../../../src/agent/isolation/rules.ts';

void t.test('answers pass first, then each machine opens its doors and closes the rest', (t) => {
  const { rules, bridges } = fencePlan(['10.0.0.2', '10.0.0.1', '10.0.0.2'], ['172.29.0.1/16']);
  t.same(bridges, ['docker0', 'deis-build']);
  const of = (target: string) => [
    `${target} -p tcp -m multiport --dports 80,443,2222 -j RETURN`,
    `${target} -p udp --dport 53 -j RETURN`,
    `${target} -p tcp --dport 53 -j RETURN`,
    `${target} -j DROP`,
  ];
  t.same(rules, [
    '-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN',
    ...of('-m addrtype --dst-type LOCAL'),
    ...of('-d 10.0.0.1/32'),
    ...of('-d 10.0.0.2/32'),
    ...['169.254.0.0/16', '168.63.129.16/32', '100.100.100.200/32'].flatMap((cloud) => [
      `-d ${cloud} -p udp --dport 53 -j RETURN`,
      `-d ${cloud} -p tcp --dport 53 -j RETURN`,
      `-d ${cloud} -j DROP`,
    ]),
    '-d 172.29.0.1/16 -j DROP',
  ]);
  t.end();
});
