// Pushed objects before they are accepted: git keeps them in a quarantine that only its hook knows (git-receive-pack(1)).

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DeisError } from '../model/errors.ts';
import type { Incoming } from '../ports/git.ts';
import { gitEnvironment } from './git-environment.ts';
import type { HookCall } from './git-hook.ts';
import { endedWell } from './git-process.ts';
import { run } from './process.ts';

const MB = 1024 * 1024;

export function quarantined(directory: string, { quarantine, updates }: HookCall): Incoming {
  const env = {
    ...gitEnvironment({}),
    GIT_DIR: directory,
    // Nothing new came: the objects were known.
    ...(quarantine === ''
      ? {}
      : {
          GIT_OBJECT_DIRECTORY: quarantine,
          GIT_ALTERNATE_OBJECT_DIRECTORIES: join(directory, 'objects'),
        }),
  };
  return {
    updates,
    async commit(object, signal) {
      const args = ['rev-parse', '--quiet', '--verify', `${object}^{commit}`];
      const { code, stdout } = await run('git', args, { env, ok: [0, 1, 128] }, signal);
      return code === 0 ? stdout : undefined;
    },
    async checkOut(commit, into, most, signal) {
      const archive = spawn('git', ['archive', '--format=tar', commit], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
        signal,
      });
      // Without --ignore-zeros tar is gone before the last, empty blocks have come.
      const extract = ['--extract', '--ignore-zeros', '--no-same-owner', '--directory', into];
      const unpack = spawn('tar', extract, {
        stdio: ['pipe', 'ignore', 'pipe'],
        signal,
      });
      await Promise.all([
        pipeline(archive.stdout, atMost(most), unpack.stdin),
        endedWell(archive, 'git archive'),
        endedWell(unpack, 'tar'),
      ]);
    },
  };
}

/** Passes so many bytes and fails at the next: a small pack can hold endless zeros. */
function atMost(most: number): Transform {
  let passed = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      passed += chunk.length;
      const problem = `The files of this commit need more than ${Math.round(most / MB)} MB.`;
      if (passed > most)
        done(new DeisError('refused', problem, 'Leave out what the app does not need.'));
      else done(null, chunk);
    },
  });
}
