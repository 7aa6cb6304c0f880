// The far end of `fleetctl --tunnel`: what a machine runs for a client that speaks through a session over SSH.

import {
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { farEnd } from '../../src/fleet/far-end.ts';
import { offerFarEnd } from '../../src/fleet/offer-far-end.ts';
import { quiet } from '../adapters/quiet-log.ts';
import { fleetWorld } from './world.ts';

const { signal } = new AbortController();

interface Said {
  code: number;
  output: string;
  errors: string;
}

/** Runs it as a session does; `said` is what the client sends before it ends its side, undefined: it does not. */
async function runs(args: string[], said?: string): Promise<Said> {
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
  if (said !== undefined) input.end(said);
  const [heard, read] = [text(output), text(errors)];
  const code = await farEnd(args, { input, output, errors }, signal);
  output.end();
  errors.end();
  return { code, output: await heard, errors: await read };
}

void t.test('requests go in, answers come out', async (t) => {
  const { socket } = await fleetWorld({ agent: false });
  const ask = (path: string, end: string): string =>
    `GET ${path}?alt=json HTTP/1.1\r\nHost: domain-sock\r\n${end}\r\n`;
  const two = ask('/fleet/v1/units', '') + ask('/fleet/v1/discovery', 'Connection: close\r\n');
  const { code, output, errors } = await runs(['fd-forward', socket], two);
  t.strictSame([code, errors], [0, '']);
  t.equal(output.match(/HTTP\/1\.1 200/g)?.length, 2, output);
  t.match(output, /Server: fleetd\/1\.0\.0/i);
  t.match(output, /"kind": *"discovery#restDescription"/);
});

async function peer(t: Test, behave: (hear: PassThrough, say: (text: string) => void) => void) {
  // A path of a socket is short.
  const folder = mkdtempSync(join(tmpdir(), 'far-end-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'sock');
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const hear = new PassThrough();
    socket.pipe(hear);
    behave(hear, (words) => socket.end(words));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => server.close());
  return path;
}

void t.test('the client may end its side first, and everything still comes', async (t) => {
  const long = 'x'.repeat(3_000_000);
  const path = await peer(t, (hear, say) => void text(hear).then((all) => say(all + long)));
  t.strictSame(await runs(['fd-forward', path], 'hello '), {
    code: 0,
    output: `hello ${long}`,
    errors: '',
  });
});

void t.test('it ends when the socket’s side does, whatever the client does', async (t) => {
  const path = await peer(t, (_hear, say) => say('bye'));
  t.match(await runs(['fd-forward', path]), { code: 0, output: 'bye' });
});

void t.test('what it cannot do is said', async (t) => {
  t.match(await runs(['fd-forward', '/no/such.sock']), {
    code: 1,
    output: '',
    errors: /^Failed dialing remote address: .*ENOENT/,
  });
  t.match(await runs(['fd-forward']), { code: 1, errors: /^Provide a single file/ });
  t.match(await runs(['fd-forward', 'a', 'b']), { code: 1, errors: /^Provide a single file/ });
  t.match(await runs(['list-units']), {
    code: 2,
    output: '',
    errors: /^fleetctl: no "list-units" here.*\n.*fleetctl --tunnel/,
  });
  t.match(await runs(['--help']), { code: 0, errors: /fleetctl --tunnel/ });
  t.match(await runs(['--version']), { code: 0, output: /^fleetctl version 1\.0\.0/ });
});

void t.test('it is offered in the first folder that can be written to', async (t) => {
  const root = t.testdir({ local: {}, opt: {}, usr: {}, readonly: 'not a folder' });
  const at = (folder: string): string => join(root, folder);
  const places = {
    program: '/opt/x/fleetctl',
    folders: [at('local'), at('opt/bin')],
    others: [at('usr')],
  };
  const files = (): string[] =>
    readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /fleetctl/.test(name),
    );
  await offerFarEnd(quiet, places);
  await offerFarEnd(quiet, places);
  t.strictSame(files(), ['local/fleetctl']);
  t.equal(readlinkSync(at('local/fleetctl')), places.program);

  const flatcar = { ...places, folders: [at('readonly/bin'), at('opt/bin')] };
  await offerFarEnd(quiet, flatcar);
  t.strictSame(files().toSorted(), ['local/fleetctl', 'opt/bin/fleetctl']);
});

void t.test('a fleetctl that somebody brought stays the only one', async (t) => {
  for (const kind of ['file', 'link'] as const) {
    for (const folder of ['opt', 'usr']) {
      const root = t.testdir({ local: {}, opt: {}, usr: {} });
      const theirs = join(root, folder, 'fleetctl');
      if (kind === 'file') writeFileSync(theirs, '#!/bin/sh\n');
      else symlinkSync('/elsewhere/fleetctl', theirs);
      const folders = [join(root, 'local'), join(root, 'opt')];
      await offerFarEnd(quiet, { program: '/opt/x', folders, others: [join(root, 'usr')] });
      t.strictSame(readdirSync(join(root, 'local')), [], `${kind} in ${folder}`);
    }
  }
});
