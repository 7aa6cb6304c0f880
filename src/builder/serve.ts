// One command of somebody who is known: who may do it is asked before anything is made or looked up.

import { DeisError, isDeisError, toDeisError } from '../model/errors.ts';
import type { SshCommand } from '../ports/ssh.ts';
import { keys } from '../registry/keys.ts';
import { type Asked, parseCommand } from './command.ts';
import type { BuilderNeeds } from './needs.ts';
import { receive, type Target } from './receive.ts';
import { upload } from './upload.ts';

/** What git gives back when the other side refused. */
const REFUSED = 128;

/** Answers the exit status; never rejects. */
export async function serve(
  needs: BuilderNeeds,
  asked: SshCommand,
  end: AbortSignal,
): Promise<number> {
  const command = parseCommand(asked.command);
  switch (command.kind) {
    case 'ping':
      asked.output.write('pong\n');
      return 0;
    case 'refused':
      asked.errors.write(`${command.reason}\n`);
      return 1;
    case 'git':
      return serveGit(needs, asked, command, end);
  }
}

async function serveGit(
  needs: BuilderNeeds,
  asked: SshCommand,
  { program, app }: Extract<Asked, { kind: 'git' }>,
  end: AbortSignal,
): Promise<number> {
  const work = program === 'git-receive-pack' ? receive : upload;
  try {
    return await work(needs, asked, await authorized(needs, asked, app), end);
  } catch (error) {
    const problem = toDeisError(error);
    const { code, message, stack } = problem;
    if (!asked.gone.aborted) {
      const unknown = code === 'internal' && stack ? { stack } : {};
      needs.log.info('git refused', {
        app,
        user: asked.user,
        program,
        code,
        error: message,
        ...unknown,
      });
    }
    asked.output.write(errorPacket(sentenceOf(problem)));
    return REFUSED;
  }
}

/** The controller decides; it hands out the config only to whoever may push. */
async function authorized(
  { hooks, registry }: BuilderNeeds,
  { user, gone }: SshCommand,
  app: string,
): Promise<Target> {
  const values = await hooks.config({ user, app }, gone).catch((error: unknown) => {
    if (isDeisError(error, 'forbidden'))
      throw new DeisError('forbidden', `You may not use ${app}.`);
    throw isDeisError(error, 'not-found') ? unknownApp(app) : error;
  });
  const held = await registry.get(keys.apps, [app], gone);
  if (!held) throw unknownApp(app);
  return { app, uuid: held.value.uuid, values };
}

function unknownApp(app: string): DeisError {
  return new DeisError(
    'not-found',
    `There is no app ${app}.`,
    `Make it with \`deis create ${app}\`.`,
  );
}

function sentenceOf(problem: DeisError): string {
  if (problem.code === 'internal') return 'The platform failed; its log says why.';
  return problem.hint === '' ? problem.message : `${problem.message} ${problem.hint}`;
}

/** `fatal: remote error: …` at the other side (gitprotocol-common(5)); only before anything else was said. */
function errorPacket(sentence: string): string {
  const line = `ERR ${sentence}`;
  const length = (Buffer.byteLength(line) + 4).toString(16).padStart(4, '0');
  return `${length}${line}`;
}
