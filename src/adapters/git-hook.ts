// The pre-receive hook is a process of git's, the decision is ours: they speak through file descriptors that git passes on.

import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { RefUpdate } from '../ports/git.ts';

/** More refs in one push than this are cut off: no push means them. */
const MOST_REFS = 1000;

/** 3: what is pushed, for us. 4: what the pusher is to see. 5: the exit status; without it, the push is refused. */
const HOOK = `#!/bin/sh
{ printf '%s\\n' "$GIT_QUARANTINE_PATH"; cat; echo; } >&3
cat <&4 >&2
read -r status <&5 || exit 1
exit "$status"
`;

/** Puts the hook into the directory that `core.hooksPath` names. */
export async function installHook(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, 'pre-receive');
  await writeFile(file, HOOK);
  await chmod(file, 0o755);
}

export interface HookCall {
  /** Where the pushed objects wait. */
  quarantine: string;
  updates: RefUpdate[];
}

/** Resolves when the hook has told everything; undefined when git ended without asking. */
export async function hookCall(from: Readable): Promise<HookCall | undefined> {
  const lines = createInterface({ input: from });
  let quarantine: string | undefined;
  const updates: RefUpdate[] = [];
  for await (const line of lines) {
    if (quarantine === undefined) quarantine = line;
    else if (line === '') return { quarantine, updates };
    else if (updates.length < MOST_REFS) updates.push(readUpdate(line));
  }
  return undefined;
}

/** Ends the hook, which ends with 0 for `true`. */
export function answerHook(say: Writable, status: Writable, accepted: boolean): void {
  say.end();
  status.end(accepted ? '0\n' : '1\n');
}

function readUpdate(line: string): RefUpdate {
  const [before = '', after = '', ...ref] = line.split(' ');
  return { before, after, ref: ref.join(' ') };
}
