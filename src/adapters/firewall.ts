// Packet rules of one cluster, through iptables. Every rule carries the cluster's mark, so that removing touches nothing else.
import { run, succeeds } from './process.ts';

export interface Rule {
  table: 'filter' | 'nat';
  chain: string;
  /** Match and target, without table, chain and comment. */
  spec: readonly string[];
}

const WAIT = ['-w', '10'];
const marked = (rule: Rule, mark: string) => [
  rule.chain,
  ...rule.spec,
  '-m',
  'comment',
  '--comment',
  mark,
];

/** Puts each missing rule at the head of its chain. */
export async function ensureRules(
  rules: readonly Rule[],
  mark: string,
  signal: AbortSignal,
): Promise<void> {
  for (const rule of rules) {
    const at = [...WAIT, '-t', rule.table];
    if (await succeeds('iptables', [...at, '-C', ...marked(rule, mark)], signal)) continue;
    await run('iptables', [...at, '-I', ...marked(rule, mark)], {}, signal);
  }
}

/** Removes each of these rules, however often it is there. */
export async function removeRules(
  rules: readonly Rule[],
  mark: string,
  signal: AbortSignal,
): Promise<void> {
  for (const rule of rules) {
    const at = [...WAIT, '-t', rule.table];
    while (await succeeds('iptables', [...at, '-C', ...marked(rule, mark)], signal)) {
      await run('iptables', [...at, '-D', ...marked(rule, mark)], {}, signal);
    }
  }
}
