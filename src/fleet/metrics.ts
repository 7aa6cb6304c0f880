// /metrics: fleet's own figures of its engine, told of the scheduler in this process. Text format 0.0.4 of Prometheus.

import type { Handler } from './call.ts';

const TYPE = 'text/plain; version=0.0.4';

export const metrics: Handler = async (_call, { meter }) => {
  const { leadingSince, looks, failedLooks, decisions, staleDecisions } = meter;
  const body = [
    ...metric('gauge', 'leader_start_time', LEADER, [['', (leadingSince ?? 0) / 1000]]),
    ...metric('counter', 'reconcile_count_total', 'Counter of reconcile rounds.', [['', looks]]),
    ...metric('counter', 'reconcile_failure_count_total', FAILED, [['', failedLooks]]),
    ...metric('counter', 'task_count_total', 'Counter of scheduler tasks.', labelled(decisions)),
    ...metric('counter', 'task_failure_count_total', STALE, labelled(staleDecisions)),
  ];
  return { status: 200, type: TYPE, body: `${body.join('\n')}\n` };
};

const LEADER = 'Start time of becoming an engine leader since epoch in seconds.';
const FAILED = 'Counter of reconcile rounds that failed.';
const STALE = 'Counter of scheduler tasks that were decided anew.';

function metric(
  type: 'gauge' | 'counter',
  name: string,
  help: string,
  values: [labels: string, value: number][],
): string[] {
  const full = `fleet_engine_${name}`;
  return [
    `# HELP ${full} ${help}`,
    `# TYPE ${full} ${type}`,
    ...values.map(([labels, value]) => `${full}${labels} ${value}`),
  ];
}

function labelled(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].map(([kind, count]) => [`{type="${kind}"}`, count]);
}
