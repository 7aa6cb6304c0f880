// Writes to the journal without a thread, which would cost 10 MB: the add-on's socket is made one that never blocks. Whether it is one
// is asked of the kernel; where it cannot be made so, the thread does the work (journald-worker.ts).

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants as files, existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { JournalEntry } from './journald-log.ts';
import { type JournalWorker, findAddon } from './journald-worker.ts';

/** Where journald answers questions (systemd 246 and newer). */
const DOOR = '/run/systemd/journal/io.systemd.journal';
const QUESTION = '{"method":"org.varlink.service.GetInfo"}\0';
const PATIENCE_MS = 1000;
/** Between two attempts while journald's queue is full. */
const PAUSE_MS = 50;
/** What the add-on answers then (sd_journal_sendv(3)). */
const FULL = -constants.errno.EAGAIN;

/** Answers 0, or an error's number below it. */
export type Send = (...entry: JournalEntry) => number;

/** Undefined when it could ever block: journald does not answer now, the add-on does not load, or its socket cannot be changed. */
export async function openJournal(
  addon = findAddon(),
  door = DOOR,
): Promise<JournalWorker | undefined> {
  if (addon === undefined || !(await answers(door))) return undefined;
  const send = load(addon);
  if (!send) return undefined;
  const before = sockets();
  // journald answered a moment ago: this one line does not wait. It makes the add-on open its socket.
  send(7, 'MESSAGE=writes to the journal', 'SYSLOG_IDENTIFIER=deisd');
  const opened = [...sockets()].filter((fd) => !before.has(fd));
  if (opened.length !== 1 || !(await neverBlocks(opened[0]!))) return undefined;
  return writeWith(send);
}

/** Entries that do not fit into journald's queue wait; those that it refuses are lost, as with sd_journal_send(3). */
export function writeWith(send: Send, pause = PAUSE_MS): JournalWorker {
  let closed = false;
  return {
    async write(batch) {
      for (const entry of batch) {
        while (!closed && send(...entry) === FULL) await delay(pause);
      }
    },
    close() {
      closed = true;
      return Promise.resolve();
    },
  };
}

/** Whether somebody answers at the socket. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (good: boolean): void => {
      socket.destroy();
      resolve(good);
    };
    socket.setTimeout(PATIENCE_MS, () => end(false));
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
    socket.on('data', () => end(true));
    socket.write(QUESTION);
  });
}

function load(addon: string): Send | undefined {
  try {
    return (createRequire(import.meta.url)(addon) as { send: Send }).send;
  } catch {
    return undefined; // no libsystemd on this host, or another Node
  }
}

/** File descriptors of this process that are sockets. */
function sockets(): Set<number> {
  const all = readdirSync('/proc/self/fd').filter((fd) => {
    const link = `/proc/self/fd/${fd}`;
    // The folder's own is gone again.
    return existsSync(`/proc/self/fdinfo/${fd}`) && readlinkSync(link).startsWith('socket:');
  });
  return new Set(all.map(Number));
}

/** The flag belongs to the socket, whoever sets it: Node cannot, but a child that is given it as its standard output can. */
async function neverBlocks(fd: number): Promise<boolean> {
  const child = spawn('dd', ['if=/dev/null', 'oflag=nonblock', 'count=0'], {
    stdio: ['ignore', fd, 'ignore'],
    timeout: PATIENCE_MS,
  });
  // However it ended, and if it never began: the kernel knows.
  await once(child, 'close').catch(() => undefined);
  const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
  return (Number.parseInt(flags ?? '0', 8) & files.O_NONBLOCK) !== 0;
}
