// Every build of the daemon makes a new platform image: the last few are kept, older ones go, and so does what a killed build left.
import { existsSync, statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const KEEP = 3;
/** Another command may just be using what it made: young files stay, in milliseconds. */
const YOUNG = 15 * 60_000;
/** Made anew by every build; layers of Debian packages and of the runtime stay. */
const ROTATING = [
  /^platform-[0-9a-f]{16}\.tar$/,
  /^stack-[0-9a-f]{16}\.tar$/,
  /^files-[0-9a-f]{16}\.tar$/,
];
/** Side files carry the id of the process that writes them. */
const UNFINISHED =
  /^(?:files-(\d+)\.tar(?:\.dir-\w+)?|.+\.new-(\d+)(?:\.tar(?:\.dir-\w+)?)?|(?:platform|node|stack)\.(?:tar|json)\.(\d+))$/;

/** Names in the cache that may go, given their times of change and which processes live. */
export function staleImages(
  files: readonly { name: string; mtimeMs: number }[],
  now: number,
  lives: (pid: number) => boolean,
): string[] {
  const old = ROTATING.flatMap((pattern) =>
    files
      .filter(({ name }) => pattern.test(name))
      .toSorted((a, b) => b.mtimeMs - a.mtimeMs)
      .slice(KEEP)
      .filter(({ mtimeMs }) => now - mtimeMs > YOUNG)
      .map(({ name }) => name),
  );
  const abandoned = files.flatMap(({ name }) => {
    const pid = UNFINISHED.exec(name)
      ?.slice(1)
      .find((group) => group !== undefined);
    return pid !== undefined && !lives(Number(pid)) ? [name] : [];
  });
  return [...old, ...abandoned];
}

/** Removes them, with the note beside each archive. */
export async function dropOldImages(cache: string, now: number): Promise<void> {
  if (!existsSync(cache)) return;
  // Somebody else may be renaming a side file right now: what is gone by then is no concern.
  const files = (await readdir(cache)).flatMap((name) => {
    const found = statSync(join(cache, name), { throwIfNoEntry: false });
    return found ? [{ name, mtimeMs: found.mtimeMs }] : [];
  });
  const lives = (pid: number) => existsSync(`/proc/${pid}`);
  for (const name of staleImages(files, now, lives)) {
    await rm(join(cache, `${name}.json`), { force: true });
    await rm(join(cache, name), { recursive: true, force: true });
  }
}
