// A controller as a process of its own, for whoever measures it: its store is a real etcd, its cluster a pretended one, with
// an app of twenty containers among thirty others. Forked; says where it listens, then its memory for each message.

import { scryptPasswords } from '../../../src/adapters/scrypt.ts';
import { quiet } from '../../adapters/quiet-log.ts';
import { setUp } from '../api.ts';
import { etcdForTests } from '../on-etcd.ts';

const CONTAINERS = 20;
const APPS = 30;

const ends: (() => unknown)[] = [];
const etcd = await etcdForTests();
// Passwords as dear as in earnest: signing in is measured too.
const how = { passwords: scryptPasswords(), log: quiet };
const { first, admin, adminToken } = await setUp(
  { teardown: (end: () => unknown) => void ends.push(end) },
  how,
  etcd.store,
);
await Promise.all(
  Array.from({ length: APPS }, (_, index) => admin('POST', '/v1/apps/', { id: `app-${index}` })),
);
await admin('POST', '/v1/apps/', { id: 'blog' });
await admin('POST', '/v1/apps/blog/builds/', { image: 'blog', procfile: { web: 'run' } });
await admin('POST', '/v1/apps/blog/scale/', { web: CONTAINERS });

// Who logs in again and again; old tokens of a user go in time, and ada's is in use.
await first.call('POST', '/v1/auth/register/', { username: 'bob', password: 'secret' });

process.on('message', () => {
  globalThis.gc?.();
  process.send?.({ memory: process.memoryUsage() });
});
process.on('disconnect', () => {
  void Promise.all(ends.map((end) => end()))
    .then(() => etcd.stop())
    .finally(() => process.exit(0));
});
process.send?.({ port: first.port, token: adminToken });
