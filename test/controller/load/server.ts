// A controller alone in a process, for whoever measures it. Forked; is told where its store is, says where it listens, then
// its memory for each message.

import { etcdStore } from '../../../src/adapters/etcd.ts';
import { scryptPasswords } from '../../../src/adapters/scrypt.ts';
import { quiet } from '../../adapters/quiet-log.ts';
import { pretendLogs, startController } from '../api.ts';
import { type TestEtcd, asMemoryStore } from '../on-etcd.ts';

type Address = TestEtcd['address'];

const address = await new Promise<Address>((resolve) => {
  process.once('message', (said) => resolve(said as Address));
});
const store = asMemoryStore(() => etcdStore({ ...address, log: quiet }));
// Passwords as dear as in earnest: signing in is measured too.
const controller = await startController(store, pretendLogs([]), quiet, {
  passwords: scryptPasswords(),
});

// To see that the measurement finds a leak: 200 KB a second, as if a kilobyte of most answers were kept.
const kept: Buffer[] = [];
if (process.env['DEIS_PLANTED_LEAK']) {
  setInterval(() => kept.push(Buffer.alloc(10 * 1024, kept.length)), 50).unref();
}

process.on('message', () => {
  // What was freed by the first round's finalizers goes with the second.
  globalThis.gc?.();
  setImmediate(() => {
    globalThis.gc?.();
    process.send?.({ memory: process.memoryUsage() });
  });
});
process.on('disconnect', () => {
  void controller.stop().finally(() => process.exit(0));
});
process.send?.({ port: controller.port });
