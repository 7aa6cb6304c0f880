// A process that stands for election and works without looking whether it still leads: started by leadership-frozen.test.ts.

import { setTimeout as delay } from 'node:timers/promises';
import { etcdStore } from '../../src/adapters/etcd.ts';
import type { EtcdTls } from '../../src/adapters/etcd-member.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { isDeisError } from '../../src/model/errors.ts';
import { lead } from '../../src/registry/leadership.ts';
import { Registry } from '../../src/registry/registry.ts';
import { quiet } from '../adapters/quiet-log.ts';

export interface CandidateOrders {
  candidate: string;
  endpoints: string[];
  tls: EtcdTls;
}

/** What it tells: at election, and after each write that was refused. */
export type CandidateNews =
  { kind: 'elected'; revision: number } | { kind: 'refused'; count: number };

const forever = new AbortController().signal;
const tell = (news: CandidateNews): boolean | undefined => process.send?.(news);

async function stand({ candidate, endpoints, tls }: CandidateOrders): Promise<void> {
  const store = etcdStore({ endpoints, tls, log: quiet });
  await lead(
    {
      registry: new Registry(store),
      role: 'frozen',
      candidate,
      ttl: 3,
      clock: systemClock,
      log: quiet,
    },
    async (term) => {
      tell({ kind: 'elected', revision: term.createRevision });
      for (let count = 0; term.refused < 3; count += 1) {
        const key = `/jobs/${String(count).padStart(6, '0')}-${candidate}`;
        try {
          await term.commit([], [{ kind: 'put', key, value: candidate }], forever);
        } catch (error) {
          // The write that was under way when we were frozen; the next one is on its way soon enough.
          if (!isDeisError(error, 'unavailable')) throw error;
        }
        if (term.refused > 0) tell({ kind: 'refused', count: term.refused });
        await delay(10);
      }
    },
    forever,
  );
}

process.once('message', (orders: CandidateOrders) => void stand(orders));
