// A leader whose process is frozen and continued: whatever it still had in mind, the store refuses.

import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { withEtcd } from '../adapters/etcd-cluster.ts';
import type { CandidateNews } from './candidate.ts';

t.setTimeout(60_000);

await withEtcd(t, 1, (cluster) => {
  void t.test('late writes of a frozen leader have no effect', async (t) => {
    const children: ChildProcess[] = [];
    t.teardown(() => {
      for (const child of children) child.kill('SIGKILL');
    });
    const start = (candidate: string) => {
      const child = fork(new URL('candidate.ts', import.meta.url), { execArgv: [] });
      children.push(child);
      const news: CandidateNews[] = [];
      child.on('message', (message) => news.push(message as CandidateNews));
      child.send({ candidate, endpoints: cluster.endpoints, tls: cluster.tls });
      const hear = async (kind: CandidateNews['kind']): Promise<CandidateNews> => {
        for (;;) {
          const found = news.find((message) => message.kind === kind);
          if (found) return found;
          await delay(20);
        }
      };
      return { child, hear };
    };

    const first = start('first');
    await first.hear('elected');
    const second = start('second');
    await delay(500);
    first.child.kill('SIGSTOP');
    const began = performance.now();
    const elected = await second.hear('elected');
    t.ok(performance.now() - began < 5000, 'another one leads when the lease has ended');
    await delay(500);
    first.child.kill('SIGCONT');
    const refused = await first.hear('refused');
    t.match(refused, { count: 1 });
    await delay(500);

    const { entries } = await cluster.store().list('/jobs/', new AbortController().signal);
    const revision = elected.kind === 'elected' ? elected.revision : 0;
    const late = entries.filter((entry) => entry.value === 'first' && entry.modRevision > revision);
    t.same(late, []);
    t.ok(entries.some((entry) => entry.value === 'second'));
  });
});
