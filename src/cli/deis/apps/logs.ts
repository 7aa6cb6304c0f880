// deis apps:logs

import { Flags } from '@oclif/core';
import { colouredLine } from '../../client/log-colours.ts';
import { DeisCommand, type Session, appFlag } from '../command.ts';

/** Lines that `--tail` begins with. */
const FIRST_LINES = 100;

export default class AppsLogs extends DeisCommand {
  static override summary = 'Show recent lines of an app’s containers, from all machines in order.';
  static override aliases = ['logs'];
  static override examples = [
    '<%= config.bin %> logs -a hello',
    '<%= config.bin %> logs -n 20',
    '<%= config.bin %> logs --tail',
  ];
  static override flags = {
    ...appFlag,
    lines: Flags.integer({
      char: 'n',
      description: 'Number of lines (1000; with --tail 100).',
      min: 1,
      max: 100_000,
    }),
    tail: Flags.boolean({ char: 't', description: 'Go on with what comes, until Ctrl-C.' }),
  };

  async run(): Promise<string[]> {
    const { flags } = await this.parse(AppsLogs);
    const session = await this.session();
    const id = await this.appOf(session, flags);
    if (flags.tail) return this.#follow(session, id, flags.lines ?? FIRST_LINES);
    const query = flags.lines === undefined ? '' : `?log_lines=${flags.lines}`;
    const path = `apps/${id}/logs${query}`;
    const { text } = await session.api.answer('GET', path, undefined, this.signal);
    const body = text.replace(/^"([\s\S]*)"$/, '$1').replace(/\n$/, '');
    if (body === '') return [];
    const lines = body.split('\n');
    this.lines(lines.map((line) => this.#shown(line)));
    return lines;
  }

  /** Ends by being interrupted only. Under --json each line is a JSON text of its own. */
  async #follow({ settings }: Session, app: string, lines: number): Promise<never> {
    const { lineStream } = await import('../../client/line-stream.ts');
    const { tail } = await import('../../client/log-tail.ts');
    const { pause } = await import('../../pause.ts');
    const path = (count: number): string => `/v2/apps/${app}/logs/stream?log_lines=${count}`;
    const coming = tail(
      (count) => lineStream(settings, path(count), this.signal),
      lines,
      (ms) => pause(ms, this.signal),
      (problem) => this.logToStderr(`${problem}\nTrying again …`),
    );
    for await (const line of coming) {
      if (this.jsonEnabled()) process.stdout.write(`${JSON.stringify(line)}\n`);
      else this.log(this.#shown(line));
    }
    throw new Error('a followed log has no end');
  }

  #shown(line: string): string {
    return colouredLine(line, process.stdout.isTTY && process.env['NO_COLOR'] === undefined);
  }
}
