// Unit files on disk. Ours lie in a directory of our own and are linked into systemd's: what is not linked from there is not ours.

import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { DeisError } from '../model/errors.ts';
import { unitNameProblem } from '../model/ids.ts';
import { isMissing } from '../model/missing.ts';
import type { UnitFile } from '../ports/unit-manager.ts';

export interface UnitDirectories {
  /** Prefix of all others: the host's file system seen from outside, as tests do. Empty on the host itself. */
  root: string;
  /** Ours: /run/deis/units. */
  own: string;
  /** systemd's for this boot: /run/systemd/system. */
  linked: string;
  /** Where the host keeps its own unit files; a name found there is refused. */
  host: string[];
}

export const UNIT_DIRECTORIES: UnitDirectories = {
  root: '',
  own: '/run/deis/units',
  linked: '/run/systemd/system',
  host: [
    '/etc/systemd/system',
    '/run/systemd/generator',
    '/usr/local/lib/systemd/system',
    '/usr/lib/systemd/system',
    '/lib/systemd/system',
  ],
};

export class SystemdFiles {
  readonly #at: UnitDirectories;
  /** Our directory as the host itself names it: what links say. */
  readonly #target: string;

  constructor(directories: UnitDirectories) {
    const { root, own, linked, host } = directories;
    this.#target = own;
    this.#at = {
      root,
      own: `${root}${own}`,
      linked: `${root}${linked}`,
      host: host.map((path) => `${root}${path}`),
    };
  }

  async names(): Promise<string[]> {
    const found = await fs.readdir(this.#at.own).catch(ifMissing([] as string[]));
    return found.filter((name) => unitNameProblem(name) === undefined);
  }

  /** Also a file whose link is missing (we were killed in between): installing it again links it. */
  async all(): Promise<UnitFile[]> {
    const files = await Promise.all(
      (await this.names()).map(async (name) => ({ name, content: await this.#read(name) })),
    );
    return files.filter((file): file is UnitFile => file.content !== undefined);
  }

  /** Why this name cannot be ours; undefined when it can. */
  async objection(name: string): Promise<string | undefined> {
    const problem = unitNameProblem(name);
    if (problem) return problem;
    const names = [name, templateOf(name)].filter((candidate) => candidate !== undefined);
    const places = this.#at.host.flatMap((directory) => names.map((unit) => join(directory, unit)));
    const linked = join(this.#at.linked, name);
    if ((await exists(linked)) && !(await this.#isLinked(name))) places.push(linked);
    for (const place of places) {
      if (await exists(place)) return `${name} is a unit of the host itself (${place})`;
    }
    return undefined;
  }

  /** True when something changed. Mode 0644: unit files hold nothing secret. */
  async write({ name, content }: UnitFile): Promise<boolean> {
    if ((await this.#read(name)) === content && (await this.#isLinked(name))) return false;
    await fs.mkdir(this.#at.own, { recursive: true, mode: 0o755 });
    const target = join(this.#at.own, name);
    await fs.writeFile(`${target}.new`, content, { mode: 0o644 });
    await fs.rename(`${target}.new`, target);
    if (await this.#isLinked(name)) return true;
    await fs.mkdir(this.#at.linked, { recursive: true });
    await fs.rm(join(this.#at.linked, name), { force: true });
    await fs.symlink(join(this.#target, name), join(this.#at.linked, name));
    return true;
  }

  /** True when it was ours and is gone now. */
  async remove(name: string): Promise<boolean> {
    if (unitNameProblem(name) !== undefined) return false;
    const target = join(this.#at.own, name);
    const linked = await this.#isLinked(name);
    if (linked) await fs.rm(join(this.#at.linked, name), { force: true });
    const ours = await exists(target);
    await fs.rm(target, { force: true });
    return linked || ours;
  }

  async #isLinked(name: string): Promise<boolean> {
    // Missing, or no link.
    const target = await fs.readlink(join(this.#at.linked, name)).catch(() => undefined);
    return target === join(this.#target, name);
  }

  #read(name: string): Promise<string | undefined> {
    return fs.readFile(join(this.#at.own, name), 'utf8').catch(ifMissing(undefined));
  }
}

/** `deis-router@1.service` → `deis-router@.service`. */
function templateOf(name: string): string | undefined {
  const match = /^([^@]+@)[^.].*(\.[a-z]+)$/.exec(name);
  return match ? `${match[1]}${match[2]}` : undefined;
}

async function exists(path: string): Promise<boolean> {
  return fs.lstat(path).then(() => true, ifMissing(false));
}

function ifMissing<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (isMissing(error)) return value;
    throw new DeisError('unavailable', `Unit files cannot be read: ${String(error)}`, '', {
      cause: error,
    });
  };
}
