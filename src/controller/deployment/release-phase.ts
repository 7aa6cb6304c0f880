// The release phase: the Procfile's `release:` line in a one-off container of the new release, before anything is replaced.
// Its end is known only to whoever runs it: when that controller is lost, the next one runs it again. So it must be idempotent.

import { randomInt } from 'node:crypto';
import { DeisError, isDeisError, toDeisError } from '../../model/errors.ts';
import { DEFAULT_POLICY } from '../../model/deploy-policy.ts';
import type { Deployment } from '../../model/rollout.ts';
import { FRAME, type RunOrder, failureOf } from '../../model/run.ts';
import { parsePayload } from '../../model/frames.ts';
import type { FrameChannel } from '../../ports/frame-channel.ts';
import { readBuild, readConfig } from '../app/release.ts';
import { openSettings } from '../app/secret-values.ts';
import type { AppSnapshot } from '../app/snapshot.ts';
import { RELEASE_PHASE } from '../rules/scale.ts';
import { runProcess } from '../rules/run-command.ts';
import { openRun } from '../run/open.ts';
import { exitWords } from '../../model/exit-words.ts';
import { LastLines } from './last-lines.ts';
import type { DriverTools } from './driver.ts';

const MOST_NUMBER = 1_000_000;
/** A machine that is lost in the middle leaves it to another one so often. */
const ATTEMPTS = 3;
const PAUSE_MS = 500;

/** Undefined when it ended with 0; else what went wrong, with its last lines. Throws only when the signal aborts. */
export async function runReleasePhase(
  tools: DriverTools,
  snapshot: AppSnapshot,
  deployment: Deployment,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptOnce(tools, snapshot, deployment, signal);
    } catch (error) {
      signal.throwIfAborted();
      const problem = toDeisError(error);
      const fields = { app: deployment.app, error: problem.message };
      tools.log.warn('release phase broken off', fields);
      if (!isDeisError(error, 'unavailable') || attempt === ATTEMPTS) {
        return `the release phase could not be run: ${problem.message}`;
      }
      await tools.clock.sleep(PAUSE_MS * attempt, signal);
    }
  }
}

async function attemptOnce(
  tools: DriverTools,
  snapshot: AppSnapshot,
  deployment: Deployment,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { order, tags } = await orderFor(tools, snapshot, deployment, signal);
  const { channel, machine } = await openRun(tools, { order, tags }, () => undefined, signal);
  const giveUp = (): void => channel.destroy();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    tools.log.info('release phase started', { app: deployment.app, machine });
    const { code, lines } = await outcomeOf(channel);
    if (code === 0) return undefined;
    const container = `${RELEASE_PHASE}.${order.process.num} on ${machine}`;
    const text = `the release phase, ${container}, ended with ${exitWords(code)}`;
    if (lines.length === 0) return text;
    return [text, 'Its last lines:', ...lines.map((line) => `  ${line}`)].join('\n');
  } finally {
    signal.removeEventListener('abort', giveUp);
    channel.destroy();
  }
}

async function orderFor(
  { registry, vault }: DriverTools,
  snapshot: AppSnapshot,
  { to, releaseCommand = '', policy }: Deployment,
  signal: AbortSignal,
): Promise<{ order: RunOrder; tags: Record<string, string> }> {
  const release = snapshot.releases.find(({ value }) => value.version === to)?.value;
  const build = release && (await readBuild(registry, release, signal));
  if (!build) throw new DeisError('internal', `release v${to} lacks its build`);
  const settings = openSettings(vault, await readConfig(registry, release, signal));
  const num = randomInt(1, MOST_NUMBER);
  const process = runProcess(releaseCommand, num, release, build, settings, RELEASE_PHASE);
  const { releaseTimeout: timeout } = { ...DEFAULT_POLICY, ...policy };
  const id = `release-${release.uuid.slice(0, 8)}-${num}`;
  const order = { id, process, stdin: false, detach: false, logged: true, timeout };
  return { order, tags: settings.tags };
}

/** Throws DeisError when it did not come to its end. */
async function outcomeOf(channel: FrameChannel): Promise<{ code: number; lines: string[] }> {
  const last = new LastLines();
  for (;;) {
    const frame = await channel.next();
    if (!frame) throw new DeisError('unavailable', 'The connection to the machine was lost.');
    if (frame.kind === FRAME.stdout || frame.kind === FRAME.stderr) last.add(frame.payload);
    else if (frame.kind === FRAME.failure) throw failureOf(frame);
    else if (frame.kind === FRAME.exit) {
      return { code: Number(parsePayload(frame)['code']), lines: last.lines() };
    }
  }
}
