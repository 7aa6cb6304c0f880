// Accidents of a router: a worker that is killed, disks that are full, more clients than there are places. What ran on the worker is
// lost, nothing else.

import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { askControl } from '../../src/adapters/nginx-control.ts';
import { parseState } from '../../src/adapters/nginx-lines.ts';
import { masterOf, sessionMembers } from '../../src/adapters/nginx-process.ts';
import { get, until } from './http.ts';
import { makeBench, NO_ROUTES, startUpstream } from './nginx-bench.ts';

const bench = await makeBench((what) => t.teardown(what));
const app = await startUpstream('app', (what) => t.teardown(what));
const other = await startUpstream('other', (what) => t.teardown(what));
const routes = {
  ...NO_ROUTES,
  hosts: { 'a.test': 'a', 'b.test': 'b' },
  groups: { a: [app.address], b: [other.address] },
};
const { nginx, http, prefix, signal } = bench;
symlinkSync('/dev/full', nginx.layout.accessLog); // each write ends with ENOSPC
await nginx.start(bench.file(), routes, () => t.fail('died'), signal);

const running = async (): Promise<number> => (await nginx.state(signal)).busy.get(app.address) ?? 0;

void t.test('a worker is killed', async (t) => {
  const master = masterOf(nginx.layout.pid, prefix)!;
  const before = sessionMembers(master);
  const asked = Array.from({ length: 30 }, () =>
    get(http, 'a.test', { path: '/slow' }).then(
      ({ status }) => String(status),
      ({ code }: { code?: string }) => String(code),
    ),
  );
  await until(async () => (await running()) === asked.length);
  const { text } = await askControl(nginx.layout.control, 'GET', '/state', '', signal);
  const busy = parseState(text).busy.toSorted((a, b) => b.running - a.running)[0]!;
  process.kill(Number(busy.worker.split('-')[0]), 'SIGKILL');
  await until(() => sessionMembers(master).filter((pid) => !before.includes(pid)).length === 1);
  const left = asked.length - busy.running;
  await until(async () => (await running()) === left);
  app.release();
  const ends = await Promise.all(asked);
  t.equal(ends.filter((end) => end === '200').length, left, 'what ran on others is answered');
  t.equal(ends.filter((end) => end === 'ECONNRESET').length, asked.length - left);
  t.equal(await running(), 0, 'and nothing holds up a drain');
  await nginx.commit({ ...routes, groups: { ...routes.groups, a: [other.address] } }, signal);
  const after = await Promise.all(Array.from({ length: 40 }, () => get(http, 'a.test')));
  t.ok(
    after.every(({ text }) => text === 'other'),
    'the new worker knows the newest routes',
  );
  await nginx.reload(bench.file({ gzip: 'off' }), signal);
  t.equal((await get(http, 'a.test')).status, 200);
});

void t.test('no room for the log, for bodies, for files', async (t) => {
  await nginx.commit(routes, signal);
  const many = await Promise.all(Array.from({ length: 100 }, () => get(http, 'a.test')));
  t.ok(
    many.every(({ status }) => status === 200),
    'nobody waits for the log',
  );
  rmSync(join(prefix, 'temp'), { recursive: true });
  writeFileSync(join(prefix, 'temp'), ''); // a file in its place: nothing can be kept there
  const seen = app.seen;
  const large = { method: 'POST', body: 'x'.repeat(500_000) };
  t.match(await get(http, 'a.test', large), { status: 500, text: /could not take this request/ });
  t.equal(app.seen, seen, 'half a body goes to nobody');
  t.equal(await running(), 0);
  const small = { method: 'POST', body: 'x'.repeat(5000) };
  t.equal((await get(http, 'a.test', small)).status, 200, 'what fits into memory goes on');
  await nginx.commit({ ...routes, groups: { ...routes.groups, a: [other.address] } }, signal);
  t.equal((await get(http, 'a.test')).text, 'other', 'and routes change');
  rmSync(join(prefix, 'temp'));
  mkdirSync(join(prefix, 'temp'));
  await nginx.reload(bench.file(), signal);
  t.equal((await get(http, 'a.test', large)).status, 200, 'there is room again');
});

void t.test('more clients than places', async (t) => {
  const few = await makeBench((what) => t.teardown(what));
  const places = 2 * 128;
  const file = few.file({ maxWorkerConnections: '128' });
  await few.nginx.start(file, routes, () => t.fail('died'), few.signal);
  const open: Socket[] = [];
  t.teardown(() => open.forEach((socket) => socket.destroy()));
  const come = async (count: number, words: string): Promise<void> => {
    const some = Array.from({ length: count }, () => connect(few.http, '127.0.0.1'));
    for (const socket of some) socket.on('error', () => undefined).write(words);
    open.push(...some);
    await until(() => some.every((socket) => !socket.connecting));
  };
  const status = (): Promise<number | undefined> =>
    get(few.http, 'a.test').then(
      (answer) => answer.status,
      () => undefined, // no place
    );
  await come(3 * places, '');
  t.equal(await status(), 200, 'those that say nothing give way');
  await few.nginx.commit(routes, few.signal);
  open.splice(0).forEach((socket) => socket.destroy());
  for (let wave = 0; wave < 20; wave += 1) await come(places / 8, 'GET / HTTP/1.1\r\nHost: a.te');
  open.splice(0).forEach((socket) => socket.destroy());
  await until(async () => (await status()) === 200);
  await few.nginx.reload(few.file(), few.signal);
  t.equal(await status(), 200, 'when those that say half a request have gone, all is as before');
});
