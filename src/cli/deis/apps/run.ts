// deis apps:run

import { Args, Flags } from '@oclif/core';
import { DeisError, isDeisError } from '../../../model/errors.ts';
import type { FrameChannel } from '../../../ports/frame-channel.ts';
import type { RunRequest } from '../../../model/run.ts';
import { reportError } from '../../report-error.ts';
import { DeisCommand, type Session, appFlag } from '../command.ts';

interface Result {
  exit_code: number;
  /** Of both streams; empty when it was printed. */
  output: string;
}

export default class AppsRun extends DeisCommand {
  static override summary = 'Run a command in a container of its own, with the app’s config.';
  static override description = [
    'The container runs the live release and is removed when the command ends, whose exit status is',
    'passed on. Standard input is sent along unless it is a terminal; --tty makes a terminal of both.',
    'The words are one line for a shell: quote what is meant for that shell.',
  ].join('\n');
  static override aliases = ['run'];
  static override examples = [
    '<%= config.bin %> run -a hello env',
    "<%= config.bin %> run -a hello 'ls /app | wc -l'",
    '<%= config.bin %> run -t -a hello bash',
    '<%= config.bin %> run -a hello sh -c "cat > /tmp/x" < x',
  ];
  static override strict = false;
  static override args = {
    command: Args.string({ required: true, description: 'The command and its arguments.' }),
  };
  static override flags = {
    ...appFlag,
    tty: Flags.boolean({ char: 't', description: 'Give the command a terminal: this one.' }),
    detach: Flags.boolean({
      description: 'Do not wait for it: its output goes to the app’s log.',
      exclusive: ['tty'],
    }),
  };

  async run(): Promise<Result> {
    const { argv, flags } = await this.parse(AppsRun);
    if (flags.tty && !(process.stdin.isTTY && process.stdout.isTTY)) {
      this.usage('--tty needs a terminal, and this is none.');
    }
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const command = (argv as string[]).join(' ');
    const { openRun } = await import('../../client/run-open.ts');
    const channel = await openRun(session.settings, app, this.signal);
    const result = channel
      ? await this.#streamed(channel, { command, ...flags })
      : await this.#asInV1(session, app, { command, ...flags });
    process.exitCode = result.exit_code;
    return result;
  }

  async #streamed(
    channel: FrameChannel,
    { command, tty, detach }: { command: string; tty: boolean; detach: boolean },
  ): Promise<Result> {
    const { startRun } = await import('../../client/run-stream.ts');
    const { processEnds, terminalSize } = await import('../../client/run-terminal.ts');
    const { ends, bind } = processEnds(tty, (text) => this.#tell(`${text} …`));
    const kept: Uint8Array[] = [];
    if (this.jsonEnabled()) {
      ends.stdout = ends.stderr = (data) => Promise.resolve(void kept.push(data));
    }
    if (detach) {
      delete ends.input;
      ends.started = (container) => this.log(container);
    }
    const request: RunRequest = {
      command,
      stdin: ends.input !== undefined,
      ...(tty && { terminal: { ...terminalSize(), term: process.env['TERM'] ?? 'xterm' } }),
      detach,
    };
    const run = startRun(channel, request, ends);
    const unbind = bind(run);
    try {
      const exit_code = await run.ended;
      return { exit_code, output: Buffer.concat(kept).toString('utf8') };
    } catch (error) {
      // Nobody reads what we write: as a shell has it for a program that SIGPIPE ended.
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
      return { exit_code: 141, output: '' };
    } finally {
      unbind();
    }
  }

  /** What the command itself ends with can be anything from 0 to 124, as a rule: ours is docker's 125. */
  protected override async catch(error: Error): Promise<void> {
    if (!isDeisError(error)) return super.catch(error);
    const { text } = reportError(error, this.config.bin, false);
    process.stderr.write(`${text}\n`);
    this.exit(125);
  }

  /** An original controller answers at the end, and knows neither input nor terminals. */
  async #asInV1(
    { api }: Session,
    app: string,
    { command, tty, detach }: { command: string; tty: boolean; detach: boolean },
  ): Promise<Result> {
    if (tty || detach) {
      throw new DeisError('unsupported', 'This controller knows neither --tty nor --detach.');
    }
    const body = { command };
    const [code, output] = await api.post<[number, string]>(`apps/${app}/run`, body, this.signal);
    if (!this.jsonEnabled()) process.stdout.write(output);
    return { exit_code: code, output };
  }

  /** To a person only: a script compares what a command writes. */
  #tell(text: string): void {
    if (process.stderr.isTTY && !this.jsonEnabled()) process.stderr.write(`${text}\r\n`);
  }
}
