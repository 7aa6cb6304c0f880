// What mmdebstrap(1) starts and mounts is gone when nobody wants it any more. A stand-in plays its part, with real processes and mounts.

import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { mmdebstrap } from '../../src/adapters/mmdebstrap.ts';
import { mountsBelow } from '../../src/adapters/mounts.ts';
import { GRACE } from '../whole/pace.ts';

const LONG_MS = 10_000 * GRACE;
const skip = process.getuid!() === 0 ? false : 'needs root: it mounts';

/** Mounts, starts a program that hears nothing, tells its number, and waits for it: "$1" is where it tells it. */
const STAND_IN = `#!/bin/sh
mkdir "$TMPDIR/proc" && mount -t tmpfs none "$TMPDIR/proc" || exit 1
sh -c 'trap "" TERM; echo $$ > "$1.new"; mv "$1.new" "$1"; while :; do sleep 1; done' sh "$1" &
wait
wait
`;

interface Stage {
  scratch: string;
  told: string;
}

function stage(at: string): Stage {
  const program = join(at, 'mmdebstrap');
  writeFileSync(program, STAND_IN);
  chmodSync(program, 0o755);
  process.env['PATH'] = `${at}:${process.env['PATH']}`;
  return { scratch: join(at, 'scratch'), told: join(at, 'told') };
}

async function begun({ told }: Stage): Promise<number> {
  const end = performance.now() + LONG_MS;
  while (!existsSync(told) && performance.now() < end) await sleep(20);
  return Number(readFileSync(told, 'utf8'));
}

/** One that is dead may wait for somebody who takes notice. */
function runs(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function isClean(t: Test, { scratch }: Stage, pid: number): Promise<void> {
  t.notOk(runs(pid), 'the program is gone');
  t.same(await mountsBelow(scratch), []);
  t.notOk(existsSync(scratch));
}

void t.test('called off, it leaves nothing', { skip }, async (t) => {
  const on = stage(t.testdir());
  const stop = new AbortController();
  const running = mmdebstrap([on.told], on.scratch, stop.signal);
  const pid = await begun(on);
  stop.abort(new Error('no more'));
  await t.rejects(running, { message: 'no more' });
  await isClean(t, on, pid);
});

void t.test('killed, the next one cleans up first', { skip }, async (t) => {
  const on = stage(t.testdir());
  const source = join(import.meta.dirname, '../../src/adapters/mmdebstrap.ts');
  const order = `const { mmdebstrap } = await import(${JSON.stringify(source)});
await mmdebstrap([${JSON.stringify(on.told)}], ${JSON.stringify(on.scratch)}, new AbortController().signal);`;
  const killed = execa(process.execPath, ['--input-type=module', '-e', order], { reject: false });
  const pid = await begun(on);
  killed.kill('SIGKILL');
  await killed;
  t.ok(runs(pid), 'which goes on, as nobody told it');
  writeFileSync(join(on.told, '../mmdebstrap'), '#!/bin/sh\nls "$TMPDIR"\n');
  await mmdebstrap([], on.scratch, new AbortController().signal);
  await isClean(t, on, pid);
});

void t.test('what it says when it fails is told', { skip }, async (t) => {
  const on = stage(t.testdir());
  writeFileSync(join(on.told, '../mmdebstrap'), '#!/bin/sh\necho no such suite >&2; exit 2\n');
  await t.rejects(mmdebstrap(['x'], on.scratch, new AbortController().signal), {
    code: 'refused',
    message: /no such suite/,
  });
  t.notOk(existsSync(on.scratch));
});
