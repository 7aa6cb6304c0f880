// The log of a command-line program: silent, unless DEBUG=deis asks for it on stderr.

import type { Log, LogFields } from '../ports/log.ts';

export function commandLog(fields: LogFields = {}): Log {
  const wanted = /(^|,)(deis|\*)($|,)/.test(process.env['DEBUG'] ?? '');
  const write =
    (level: string) =>
    (event: string, more: LogFields = {}): void => {
      if (!wanted) return;
      process.stderr.write(`${level} ${event} ${JSON.stringify({ ...fields, ...more })}\n`);
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    with: (more) => commandLog({ ...fields, ...more }),
  };
}
