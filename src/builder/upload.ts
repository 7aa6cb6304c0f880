// `git fetch` and `git clone`: what was pushed last, as far as this machine has it.

import { DeisError } from '../model/errors.ts';
import type { SshCommand } from '../ports/ssh.ts';
import type { BuilderNeeds } from './needs.ts';
import { readPushed } from './refs.ts';
import type { Target } from './receive.ts';
import { roomsOf } from './rooms.ts';

/** Answers git's exit status. Throws DeisError('unavailable') when this machine does not have what was pushed. */
export async function upload(
  { git, registry, state }: BuilderNeeds,
  asked: SshCommand,
  { app, uuid }: Target,
  end: AbortSignal,
): Promise<number> {
  const signal = AbortSignal.any([asked.gone, end]);
  const { repository } = roomsOf(state, app, uuid);
  const { refs } = await readPushed(registry, app, uuid, signal);
  await git.prepare(repository, signal);
  const here = await git.refs(repository, signal);
  const behind = Object.entries(refs).filter(([ref, object]) => here[ref] !== object);
  if (behind.length > 0) {
    throw new DeisError(
      'unavailable',
      `The source of ${app} is not on this machine: it was pushed through another one.`,
      'Push it again, then fetch.',
    );
  }
  const transfer = { ...asked, protocol: asked.environment['GIT_PROTOCOL'] };
  return git.upload(repository, transfer, signal);
}
