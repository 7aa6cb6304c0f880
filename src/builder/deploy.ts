// From a pushed commit to a live release, or to the reason why not: what happens while git waits for its hook.

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DeisError, toDeisError } from '../model/errors.ts';
import type { BuildLog } from '../model/push.ts';
import type { Incoming } from '../ports/git.ts';
import { keepLog, LogKeeper, logId } from './kept-log.ts';
import type { PushLimits } from './limits.ts';
import type { BuiltApp } from './build/app-build.ts';
import type { BuilderNeeds } from './needs.ts';
import { PushOutput } from './output.ts';
import { type Rooms, workplaces } from './rooms.ts';

export interface Push {
  user: string;
  app: string;
  /** Of the app. */
  uuid: string;
  fingerprint: string;
  connection: string;
  command: string;
  values: Record<string, string>;
  rooms: Rooms;
  limits: PushLimits;
}

/** How far a push may still be called off. */
export interface Revocable {
  /** Aborts when the pusher went away, the lock was lost, time is over. Without effect once `launch` was called. */
  signal: AbortSignal;
  /** From now on the push is carried through, whoever goes away. Throws when it was called off before. */
  launch(): AbortSignal;
}

const PARTING_MS = 5000;

/** True when the release is live. Never throws: the pusher and the kept log are told. */
export async function deploy(
  needs: BuilderNeeds,
  push: Push,
  { incoming, commit, show }: Arrived,
  revocable: Revocable,
): Promise<boolean> {
  const { clock, log, registry } = needs;
  const started = new Date(clock.now()).toISOString();
  const keeper = new LogKeeper();
  const output = new PushOutput(show, keeper.add, () => clock.monotonic());
  const id = logId(started, commit);
  let result: Pick<BuildLog, 'outcome' | 'release'>;
  try {
    const release = await releaseOf(needs, push, { incoming, commit, output, id }, revocable);
    result = { outcome: 'released', release };
    log.info('push released', { app: push.app, user: push.user, sha: commit, release });
  } catch (error) {
    const problem = toDeisError(error);
    const abandoned = revocable.signal.aborted;
    result = { outcome: abandoned ? 'abandoned' : 'failed' };
    tell(output, problem);
    log.info('push refused', { app: push.app, user: push.user, sha: commit, ...why(problem) });
  }
  const ended = new Date(clock.now()).toISOString();
  const kept = { user: push.user, sha: commit, ...result, started, ended, text: keeper.text() };
  try {
    await keepLog(registry, { uuid: push.uuid, id }, kept, AbortSignal.timeout(PARTING_MS));
  } catch (error) {
    log.warn('build log not kept', { app: push.app, error: toDeisError(error).message });
  }
  return result.outcome === 'released';
}

export interface Arrived {
  incoming: Incoming;
  /** 40 hex. */
  commit: string;
  show: (bytes: Buffer) => void;
}

interface Work extends Omit<Arrived, 'show'> {
  output: PushOutput;
  /** Of the log. */
  id: string;
}

/** Answers the number of the release. */
async function releaseOf(
  needs: BuilderNeeds,
  push: Push,
  work: Work,
  revocable: Revocable,
): Promise<number> {
  const { user, app, fingerprint, connection, command } = push;
  const { commit, output } = work;
  const report = { user, app, sha: commit, fingerprint, connection, command };
  await needs.hooks.push(report, revocable.signal);
  const built = await buildTree(needs, push, work, revocable.signal);
  const carried = revocable.launch();
  output.step('Launching...');
  const { version, domains } = await needs.hooks.build(
    {
      user,
      app,
      sha: commit.slice(0, 8),
      image: `${app}@${built.digest}`,
      procfile: built.procfile,
      dockerfile: built.dockerfile,
      kind: built.kind,
      log: work.id,
      ...(built.slugDigest === undefined ? {} : { slug: built.slugDigest }),
      ...(built.appJson === undefined ? {} : { appJson: { ...built.appJson } }),
    },
    carried,
  );
  output.endStep();
  output.text(`done, ${app}:v${version} deployed to Deis`);
  output.text('');
  output.text(`http://${domains[0] ?? app}`);
  output.text('');
  output.text('To learn more, use `deis help`.');
  output.text('');
  return version;
}

async function buildTree(
  { build, state }: BuilderNeeds,
  { app, values, rooms, limits }: Push,
  { incoming, commit, output }: Work,
  signal: AbortSignal,
): Promise<BuiltApp> {
  await Promise.all([workplaces(state), rooms.cache].map((path) => mkdir(path, MAKE)));
  const place = await mkdtemp(join(workplaces(state), `${app}-`));
  try {
    const tree = join(place, 'tree');
    await mkdir(tree);
    await incoming.checkOut(commit, tree, limits.maxSourceSize, signal);
    return await build(
      { app, sha: commit, tree, values, cache: rooms.cache },
      output.write,
      signal,
    );
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

const MAKE = { recursive: true, mode: 0o700 };

function tell(output: PushOutput, problem: DeisError): void {
  const known = problem.code !== 'internal';
  output.endStep();
  output.write('\n');
  output.problem(known ? problem.message : 'The platform failed; its log says why.');
  if (known && problem.hint !== '') output.problem(problem.hint);
  output.problem('The app stays as it was.');
}

function why({ code, message, stack }: DeisError): Record<string, string> {
  return { code, error: message, ...(code === 'internal' && stack ? { stack } : {}) };
}
