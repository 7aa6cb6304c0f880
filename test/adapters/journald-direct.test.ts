import { constants as files, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Send, openJournal, writeWith } from '../../src/adapters/journald-direct.ts';
import { findAddon } from '../../src/adapters/journald-worker.ts';

/** A door at which somebody answers, or only listens. */
async function doorOf(t: Test, words?: string): Promise<string> {
  // A socket's path is short.
  const folder = await mkdtemp(join(tmpdir(), 'deis-door-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'door');
  const server = createServer((socket) => {
    socket.once('data', () => words !== undefined && socket.end(words));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => server.close());
  return path;
}

/** Flags of this process's sockets by file descriptor. */
function sockets(): Map<string, number> {
  const all = new Map<string, number>();
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      if (!readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')) continue;
      const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'));
      all.set(fd, Number.parseInt(flags![1]!, 8));
    } catch {
      continue; // the folder's own is gone again
    }
  }
  return all;
}

void t.test('a full queue is waited for, in order; a refusal is not', async (t) => {
  const { EAGAIN, EINVAL } = constants.errno;
  const answers = [0, -EAGAIN, -EAGAIN, -EINVAL, 0];
  const sent: string[] = [];
  const send: Send = (_, message) => {
    sent.push(message!);
    return answers[sent.length - 1]!;
  };
  const batch: [number, string][] = [
    [6, 'a'],
    [6, 'b'],
    [6, 'c'],
  ];
  await writeWith(send, 1).write(batch);
  t.strictSame(sent, ['a', 'b', 'b', 'b', 'c']);
});

void t.test('closed, it does not wait for a queue that stays full', async (t) => {
  let calls = 0;
  const journal = writeWith(() => {
    calls += 1;
    void journal.close();
    return -constants.errno.EAGAIN;
  }, 1);
  await journal.write([[6, 'a']]);
  t.equal(calls, 1);
});

void t.test('a journal that does not answer is left to the thread', async (t) => {
  t.equal(await openJournal(findAddon() ?? '/nowhere', '/nowhere/door'), undefined, 'nobody');
  t.equal(await openJournal(findAddon() ?? '/nowhere', await doorOf(t)), undefined, 'silence');
  t.equal(await openJournal('/nowhere/add-on.node', await doorOf(t, '{}\0')), undefined, 'add-on');
});

const addon = findAddon();
void t.test('the socket never blocks', { skip: addon === undefined }, async (t) => {
  const door = await doorOf(t, '{}\0');
  const before = sockets();
  const journal = await openJournal(addon, door);
  t.ok(journal);
  const opened = [...sockets()].filter(([fd]) => !before.has(fd));
  t.ok(opened.length > 0);
  t.match(
    opened.filter(([, flags]) => (flags & files.O_NONBLOCK) !== 0),
    [[String]],
  );
  await journal?.write([[6, 'MESSAGE=a line', 'SYSLOG_IDENTIFIER=deis-test']]);
  await journal?.close();
});
