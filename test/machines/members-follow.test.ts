// The store follows its machines, on real members of etcd: one becomes three, and then another one alone; whoever uses the store reads,
// writes and watches on all the time.

import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { etcdStore } from '../../src/adapters/etcd.ts';
import { storeMembers } from '../../src/adapters/etcd-membership.ts';
import { createAuthority, issueCertificate } from '../../src/adapters/pki.ts';
import { type FollowNeeds, followMachines } from '../../src/machines/members/follow.ts';
import { validity } from '../../src/machines/identity.ts';
import { SILENT } from '../../src/machines/progress.ts';
import { startEtcd } from '../adapters/etcd-program.ts';
import { quiet } from '../adapters/quiet-log.ts';

const forever = new AbortController().signal;
/** Addresses of loopback that nobody else listens on. */
const ips = [1, 2, 3].map((number) => `127.77.${process.pid % 250}.${number}`);
const [one, two, three] = ips as [string, string, string];
const nameOf = (ip: string): string => `m${ip.split('.').at(-1)}`;

interface Lab {
  needs: (...stay: string[]) => FollowNeeds;
  begin: () => void;
  told: string[][];
  steps: string[];
  tls: { ca: string; cert: string; key: string };
  close: () => Promise<void>;
}

async function lab(): Promise<Lab> {
  const folder = await mkdtemp(join(tmpdir(), 'deis-members-'));
  const { notBefore, notAfter } = validity(new Date());
  const authority = await createAuthority('tests', notBefore, notAfter);
  const hosts = [...ips, 'localhost'];
  const pair = await issueCertificate(authority, {
    commonName: 'etcd',
    hosts,
    notBefore,
    notAfter,
  });
  const tls = { ca: authority.cert, ...pair };
  const at = (name: string): string => join(folder, name);
  for (const [name, pem] of Object.entries(tls)) await writeFile(at(name), pem);
  const processes = new Map<string, ChildProcess>();
  const told: string[][] = [];
  const steps: string[] = [];

  const boot = (ip: string, initial: string, state: 'new' | 'existing'): void => {
    if (processes.has(ip)) return;
    const member = {
      name: nameOf(ip),
      data: at(`data-${ip}`),
      client: `https://${ip}:2379`,
      peer: `https://${ip}:2380`,
      initialCluster: initial,
      state,
      certificates: folder,
    };
    processes.set(ip, startEtcd(member));
  };
  const end = async (ip: string): Promise<void> => {
    const child = processes.get(ip);
    processes.delete(ip);
    if (child && child.exitCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    }
    await rm(at(`data-${ip}`), { recursive: true, force: true });
  };

  return {
    told,
    steps,
    tls,
    begin: () => boot(one, `${nameOf(one)}=https://${one}:2380`, 'new'),
    needs: (...stay) => ({
      way: { endpoints: told.at(-1) ?? [`https://${one}:2379`], tls },
      carriers: stay.map((ip) => ({ id: ip, ip, able: true })),
      nameOf,
      hostAt: (ip) => ({
        start: (initial) => Promise.resolve(boot(ip, initial, 'existing')),
        stop: () => end(ip),
      }),
      told: (endpoints) => Promise.resolve(void told.push([...endpoints])),
      progress: {
        ...SILENT,
        step: (title, work) => {
          steps.push(title);
          return work();
        },
      },
    }),
    async close() {
      for (const ip of ips) await end(ip);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const hasEtcd = (process.env['PATH'] ?? '').split(':').some((dir) => existsSync(join(dir, 'etcd')));

t.test('one, three, and another one alone', { skip: !hasEtcd, timeout: 120_000 }, async (t) => {
  const { begin, needs, told, steps, tls, close } = await lab();
  t.teardown(close);
  begin();
  const store = etcdStore({ endpoints: [`https://${one}:2379`], tls, log: quiet });
  t.teardown(() => store.close());
  const put = async (value: string): Promise<void> => {
    const writes = [{ kind: 'put' as const, key: '/here', value }];
    await store.commit({ conditions: [], writes }, forever);
  };
  for (;;) {
    const isUp = await put('0').then(
      () => true,
      () => false,
    );
    if (isUp) break;
  }
  const seen: string[] = [];
  const observer = {
    snapshot: ({ entries }: { entries: { value: string }[] }) =>
      void seen.push(...entries.map(({ value }) => value)),
    changes: (changes: readonly { kind: string; entry?: { value: string } }[]) =>
      void seen.push(...changes.flatMap(({ entry }) => (entry ? [entry.value] : []))),
    interrupted: () => undefined,
  };
  void store.watch('/here', observer, forever);
  const follow = async (...stay: string[]): Promise<void> => {
    const plan = needs(...stay);
    await followMachines(
      {
        ...plan,
        told: async (endpoints) => {
          await plan.told(endpoints);
          store.follow!(endpoints);
        },
      },
      forever,
    );
  };

  await follow(one, two, three);
  t.strictSame(
    told.at(-1)!.toSorted(),
    ips.map((ip) => `https://${ip}:2379`),
  );
  const members = await storeMembers(needs().way, forever);
  t.equal(members.filter(({ learner, healthy }) => healthy && !learner).length, 3);
  t.equal(members.filter(({ leads }) => leads).length, 1);
  await put('1');

  await follow(two, three);
  t.equal(told.at(-1)!.length, 1);
  t.not(told.at(-1)![0], `https://${one}:2379`, 'the first member of all is gone');
  await put('2');
  t.equal((await store.get('/here', forever))!.value, '2');
  while (seen.at(-1) !== '2') await new Promise((resolve) => setTimeout(resolve, 10));
  t.strictSame(new Set(seen), new Set(['0', '1', '2']), 'the watch went along');
  t.match(steps.at(-1), /No store on m\d any more: there are too many/);
  const before = steps.length;
  await follow(two, three);
  t.equal(steps.length, before, 'nothing more to do');
});
