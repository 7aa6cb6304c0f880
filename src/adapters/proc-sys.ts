// sysctl(8) without the program: each number is a file of proc_sys(5).

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeisError } from '../model/errors.ts';
import { ifMissing } from '../model/missing.ts';
import type { KernelSettings } from '../ports/kernel-settings.ts';

/** `root`: for tests. */
export function procSys(root = '/proc/sys'): KernelSettings {
  const path = (name: string): string => join(root, ...name.split('.'));
  return {
    async read(name) {
      const text = await readFile(path(name), 'utf8').catch(ifMissing(undefined));
      return text === undefined ? undefined : Number(text);
    },
    async write(name, value) {
      try {
        await writeFile(path(name), `${value}\n`, { flag: 'r+' });
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        const hint = `Set it on the machine: sysctl -w ${name}=${value}`;
        throw new DeisError('refused', `the kernel keeps its ${name}: ${reason}`, hint, { cause });
      }
    },
  };
}
