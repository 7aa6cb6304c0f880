// A process that slept while it waited for etcd: its patience was not used up by the member. Whoever wakes asks once more, and so
// learns whether what it had sent came too late.

import t from 'tap';
import { EtcdMembers } from '../../src/adapters/etcd-members.ts';

const { signal } = new AbortController();
const answer = { header: { cluster_id: '1', member_id: '1', revision: '7', raft_term: '1' } };

/** As SIGSTOP and SIGCONT do it: nothing of this process runs meanwhile. */
const sleepFor = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

void t.test('who slept asks again, and knows that the first try is in doubt', async (t) => {
  const members = new EtcdMembers(['http://127.0.0.1:1'], undefined);
  t.teardown(() => members.close());
  const doubts: boolean[] = [];
  const got = await members.call(
    'commit',
    (_client, _options, doubtful) => {
      doubts.push(doubtful);
      if (doubts.length > 1) return Promise.resolve(answer);
      sleepFor(3100);
      return Promise.reject(new Error('deadline exceeded'));
    },
    signal,
  );
  t.equal(got, answer);
  t.strictSame(doubts, [false, true]);
});

void t.test('a member that is silent for as long uses up the patience', async (t) => {
  const members = new EtcdMembers(['http://127.0.0.1:1'], undefined);
  t.teardown(() => members.close());
  const began = performance.now();
  const silent = (_client: unknown, { deadline }: { deadline: number }) =>
    new Promise<typeof answer>((_, reject) => {
      setTimeout(() => reject(new Error('deadline exceeded')), deadline - Date.now());
    });
  await t.rejects(members.call('commit', silent, signal), { code: 'unavailable' });
  t.ok(performance.now() - began < 4000, 'and no more');
});
