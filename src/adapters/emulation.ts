// Programs of another processor on this computer: QEMU runs them (Debian's qemu-user-static), the kernel knows by binfmt_misc that it should.

import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeisError } from '../model/errors.ts';
import { PROCESSORS, type Processor } from '../model/processor.ts';
import { exclusively } from './exclusive.ts';
import { run } from './process.ts';

const KERNEL = '/proc/sys/fs/binfmt_misc';

/**
 * Does `work` while programs of `processor` can be run, also where another folder is the root. A rule that was there before stays as it
 * is; ours goes afterwards, and when we were killed it serves the next caller. It is one for the whole computer: callers take turns.
 * Throws DeisError 'unsupported', with what is missing, where they cannot be run.
 */
export async function withEmulation<T>(
  processor: Processor,
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const inTurn = () => emulated(processor, work, signal);
  return await exclusively('deis-emulation', () => undefined, inTurn, signal);
}

async function emulated<T>(
  processor: Processor,
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const name = `qemu-${PROCESSORS[processor].kernel}`;
  const rule = join(KERNEL, name);
  const mounted = existsSync(join(KERNEL, 'register'));
  if (!mounted) await mountRegister(signal);
  const known = existsSync(rule);
  try {
    if (!known) await writeFile(join(KERNEL, 'register'), await ruleOfDebian(name));
    await requireWorking(rule);
    return await work();
  } finally {
    if (!known && existsSync(rule)) await writeFile(rule, '-1');
    // Somebody may look at it just now: then it stays, and harms nobody.
    if (!mounted)
      await run('umount', ['--quiet', KERNEL], { ok: [0, 32] }, AbortSignal.timeout(10_000));
  }
}

async function mountRegister(signal: AbortSignal): Promise<void> {
  // A kernel without modules has no modprobe either.
  await run('sh', ['-c', 'modprobe --quiet binfmt_misc 2>/dev/null || true'], {}, signal);
  if (!/\tbinfmt_misc$/m.test(await readFile('/proc/filesystems', 'utf8'))) {
    throw cannot('this kernel lacks binfmt_misc');
  }
  await run('mount', ['-t', 'binfmt_misc', 'binfmt_misc', KERNEL], {}, signal);
}

/** As systemd-binfmt(8) would tell the kernel at a boot. */
async function ruleOfDebian(name: string): Promise<string> {
  const file = `/usr/lib/binfmt.d/${name}.conf`;
  if (!existsSync(file)) throw cannot(`${file} is not there`);
  return (await readFile(file, 'utf8')).trim();
}

/** Flag F: the kernel holds QEMU open, so that it need not lie below the other root. */
async function requireWorking(rule: string): Promise<void> {
  const told = await readFile(rule, 'utf8');
  if (!/^enabled$/m.test(told)) throw cannot(`${rule} is switched off`);
  if (!/^flags: \w*F/m.test(told)) throw cannot(`${rule} lacks the flag F`);
}

function cannot(why: string): DeisError {
  return new DeisError(
    'unsupported',
    `Programs of another processor cannot be run here: ${why}.`,
    'Debian: apt-get install qemu-user-static; else use a computer with that processor.',
  );
}
