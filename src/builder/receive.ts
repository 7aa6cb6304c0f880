// `git push`: one at a time for each app, whole or not at all.

import { DeisError, isDeisError } from '../model/errors.ts';
import type { Incoming } from '../ports/git.ts';
import type { SshCommand } from '../ports/ssh.ts';
import { acquireLock, type HeldLock } from '../registry/lock.ts';
import { pushLock } from '../registry/pushes.ts';
import { deploy, type Push, type Revocable } from './deploy.ts';
import { type PushLimits, readLimits } from './limits.ts';
import { fingerprint } from './login.ts';
import type { BuilderNeeds } from './needs.ts';
import { bringUp, readPushed, writePushed } from './refs.ts';
import { roomsOf } from './rooms.ts';
import { chooseUpdate } from './updates.ts';

/** Seconds after which another builder may go on where one was killed. */
const LOCK_TTL = 10;
/** Longer than a dead builder's lock, shorter than anybody's patience, ms. */
const LOCK_PATIENCE_MS = 12_000;
const PARTING_MS = 5000;

/** The app that is pushed to, which the caller may use. */
export interface Target {
  app: string;
  uuid: string;
  values: Record<string, string>;
}

/** Answers git's exit status. Throws DeisError as long as git has said nothing. `end` aborts when the builder must go at once. */
export async function receive(
  needs: BuilderNeeds,
  asked: SshCommand,
  target: Target,
  end: AbortSignal,
): Promise<number> {
  const limits = await readLimits(needs.registry, asked.gone);
  const lock = await lockFor(needs, target.app, AbortSignal.any([asked.gone, end]));
  try {
    return await receiveAlone(needs, asked, { target, limits, lock }, end);
  } finally {
    await lock.release();
  }
}

/** Pushes of this builder, by app: its locks in the store do not keep it from itself. */
const running = new Set<string>();

async function lockFor(
  { registry, clock, log, machine }: BuilderNeeds,
  app: string,
  signal: AbortSignal,
): Promise<HeldLock> {
  if (running.has(app)) throw ongoing(app);
  running.add(app);
  try {
    const options = { registry, clock, log, holder: `builder ${machine.id}`, ttl: LOCK_TTL };
    const lock = await acquireLock(
      { ...options, name: pushLock(app), patience: LOCK_PATIENCE_MS },
      signal,
    );
    return {
      ...lock,
      async release() {
        running.delete(app);
        await lock.release();
      },
    };
  } catch (error) {
    running.delete(app);
    throw isDeisError(error, 'timeout') ? ongoing(app) : error;
  }
}

function ongoing(app: string): DeisError {
  return new DeisError('conflict', `Another git push to ${app} is ongoing.`, 'Wait for its end.');
}

interface Alone {
  target: Target;
  limits: PushLimits;
  lock: HeldLock;
}

async function receiveAlone(
  needs: BuilderNeeds,
  asked: SshCommand,
  { target, limits, lock }: Alone,
  end: AbortSignal,
): Promise<number> {
  const { git, registry, clock, log, state } = needs;
  const { app, uuid } = target;
  const rooms = roomsOf(state, app, uuid);
  const push: Push = {
    ...target,
    user: asked.user,
    fingerprint: fingerprint(asked.key),
    connection: asked.connection,
    command: asked.command,
    rooms,
    limits,
  };
  const called = callOff([asked.gone, lock.lost, AbortSignal.timeout(limits.pushTimeout)], end);
  const signal = called.revocable.signal;
  await git.prepare(rooms.repository, signal);
  const pushed = await readPushed(registry, app, uuid, signal);
  const shown = await bringUp(git, rooms.repository, pushed.refs, signal);
  const transfer = { ...asked, protocol: asked.environment['GIT_PROTOCOL'] };
  const status = await git.receive(
    rooms.repository,
    transfer,
    limits.maxPushSize,
    (incoming, show) => decide(needs, push, { incoming, show }, called.revocable),
    called.git,
  );
  const after = await git.refs(rooms.repository, end);
  if (isSame(shown, after)) return status;
  const at = new Date(clock.now()).toISOString();
  const record = { app, uuid, before: pushed.refs, shown, after, at };
  const conditions = { modRevision: pushed.modRevision, fence: lock.fence };
  const parting = AbortSignal.timeout(PARTING_MS);
  const written = await writePushed(registry, record, conditions, parting);
  if (!written) log.warn('refs of a push not written', { app });
  await git.tidy(rooms.repository, end);
  return status;
}

async function decide(
  needs: BuilderNeeds,
  push: Push,
  { incoming, show }: { incoming: Incoming; show: (bytes: Buffer) => void },
  revocable: Revocable,
): Promise<boolean> {
  const refuse = (reason: string): boolean => {
    show(Buffer.from(`\n !     ${reason}\n\n`));
    return false;
  };
  const choice = chooseUpdate(incoming.updates);
  if (choice.kind === 'nothing') return true;
  if (choice.kind === 'refused') return refuse(choice.reason);
  const { after, ref } = choice.update;
  const commit = await incoming.commit(after, revocable.signal);
  if (commit === undefined) return refuse(`${ref} is not a commit.`);
  return deploy(needs, push, { incoming, commit, show }, revocable);
}

/** `git` aborts with `reasons` until the launch, and with `end` always. */
function callOff(
  reasons: AbortSignal[],
  end: AbortSignal,
): { git: AbortSignal; revocable: Revocable } {
  const early = AbortSignal.any([...reasons, end]);
  const cut = new AbortController();
  let launched = false;
  early.addEventListener('abort', () => {
    if (!launched) cut.abort(early.reason);
  });
  if (early.aborted) cut.abort(early.reason);
  const signal = cut.signal;
  const launch = (): AbortSignal => {
    signal.throwIfAborted();
    launched = true;
    return end;
  };
  return { git: AbortSignal.any([signal, end]), revocable: { signal, launch } };
}

function isSame(one: Record<string, string>, other: Record<string, string>): boolean {
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
  );
}
