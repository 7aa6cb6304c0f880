// The platform on a fresh or an older local cluster: domain, components, numbers, the newest image and unit files in all of them.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ifMissing } from '../../model/missing.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import { install } from '../platform/install.ts';
import type { Operation } from '../platform/operation.ts';
import { scale } from '../platform/scale.ts';
import { outdated, restart, start } from '../platform/start-stop.ts';
import { setSettings } from '../settings/settings.ts';

export interface PlatformWish {
  domain: string;
  /** Port of this box that leads to the platform's 2222. */
  sshPort: number;
  /** `router=3` */
  numbers: string[];
  /** Reference of the platform's image that machines have now. */
  image: string;
  /** Where the reference that the components run is noted. */
  note: string;
}

/** Everything it finds done is left as it is. */
export async function ensurePlatform(
  operation: Operation,
  wish: PlatformWish,
  signal: AbortSignal,
): Promise<void> {
  const { registry } = operation;
  await ensureAddress(registry, wish, signal);
  const before = await readFile(wish.note, 'utf8').catch(ifMissing(undefined));
  await install(operation, ['platform'], { domain: wish.domain }, signal);
  await start(operation, ['platform'], signal);
  await scale(operation, wish.numbers, signal);
  const old =
    before !== undefined && before !== wish.image
      ? ['platform']
      : await outdated(operation, signal);
  if (old.length > 0) await restart(operation, old, signal);
  await writeFile(wish.note, wish.image);
}

/** A domain that somebody chose stays; the port is the box's to choose. */
async function ensureAddress(
  registry: Registry,
  { domain, sshPort }: Pick<PlatformWish, 'domain' | 'sshPort'>,
  signal: AbortSignal,
): Promise<void> {
  const held = (name: string) => registry.get(keys.settings, ['platform', name], signal);
  const [knownDomain, knownPort] = await Promise.all([held('domain'), held('sshPort')]);
  const changes = [
    ...(knownDomain ? [] : [`domain=${domain}`]),
    ...(knownPort?.value === String(sshPort) ? [] : [`sshPort=${sshPort}`]),
  ];
  if (changes.length > 0) await setSettings(registry, 'platform', changes, signal);
}

/** The numbers of a local cluster of so many machines. */
export function usualNumbers(machines: number): string[] {
  return [
    `registry=${Math.min(machines, 3)}`,
    `router=${machines}`,
    `controller=${Math.min(machines, 2)}`,
  ];
}

export const noteOf = (folder: string): string => join(folder, 'platform-image');
