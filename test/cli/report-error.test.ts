// What a person reads when a command fails, and its exit status.

import { Errors } from '@oclif/core';
import t from 'tap';
import { Interrupted } from '../../src/cli/interrupt.ts';
import { reportError } from '../../src/cli/report-error.ts';
import { DeisError } from '../../src/model/errors.ts';

void t.test('a DeisError says what happened and what to do next', async (t) => {
  const error = new DeisError('unschedulable', 'no machine may run it', 'See why: deisctl why x');
  t.strictSame(reportError(error, 'deisctl', false), {
    text: 'Error: no machine may run it\nSee why: deisctl why x',
    status: 1,
  });
  t.equal(reportError(new DeisError('invalid', 'bad'), 'deis', false).text, 'Error: bad');
});

void t.test('wrong usage ends with 2, help asked for with 0, Ctrl-C with 130', async (t) => {
  const usage = reportError(new Errors.CLIError('missing argument', { exit: 2 }), 'deis', false);
  t.strictSame(usage, { text: 'Error: missing argument', status: 2 });
  t.strictSame(reportError(new Errors.ExitError(0), 'deis', false), { text: '', status: 0 });
  const wrapped = new DeisError('unavailable', 'x', '', { cause: new Interrupted('interrupted') });
  t.strictSame(reportError(wrapped, 'deis', false), { text: '', status: 130 });
});

void t.test(
  'an unknown error is internal and tells how to see more; nothing of the stack leaks',
  async (t) => {
    const { text, status } = reportError(new TypeError('x is not a function'), 'deisctl', false);
    t.equal(status, 1);
    t.match(text, /^Error: internal error: x is not a function\n/);
    t.match(text, /DEBUG=deis deisctl/);
    t.notMatch(text, /at /);
    t.match(reportError(new TypeError('x'), 'deisctl', true).text, /report-error\.test\.ts/);
  },
);

void t.test('with DEBUG the causes are told too', async (t) => {
  const cause = new Error('ECONNREFUSED');
  const { text } = reportError(new DeisError('unavailable', 'down', '', { cause }), 'deis', true);
  t.match(text, /Caused by:[\s\S]*ECONNREFUSED/);
});
