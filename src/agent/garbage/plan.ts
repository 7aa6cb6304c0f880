// What goes from this machine's engine, and why everything else stays; pure. Ours is what has a name of ours, or, without any
// name, our label: labels are inherited by images that other people build on ours.

import { LABELS } from '../../model/container-spec.ts';
import type { GarbageSettings } from '../../model/garbage-settings.ts';
import { OWN_HOSTS, STACK_REPOSITORY } from '../../model/own-image.ts';
import type { LyingContainer, LyingImage } from '../../ports/engine-waste.ts';

export interface Facts {
  images: readonly LyingImage[];
  containers: readonly LyingContainer[];
  /** By reference, why it may be needed soon: releases that can be rolled back to. */
  kept: ReadonlyMap<string, string>;
  /** References that units of this machine run or are about to. */
  wanted: ReadonlySet<string>;
  /** The platform's own image that this machine was brought last; undefined: nobody knows. */
  platform: string | undefined;
  /** Apps that somebody pushes to right now. */
  pushed: ReadonlySet<string>;
  /** When each image or container was first seen here, ms since the epoch. */
  seen: ReadonlyMap<string, number>;
  now: number;
  settings: Pick<GarbageSettings, 'garbageGrace'>;
}

/** `spare`: it can be had again, and goes only when the disk is full. `other`: not ours. */
export type Fate = 'goes' | 'spare' | 'stays' | 'other';

export interface Verdict {
  kind: 'image' | 'container';
  id: string;
  /** What people call it. */
  name: string;
  /** Names to take away; empty: by id. */
  references: readonly string[];
  /** Bytes. */
  size: number;
  created: number;
  fate: Fate;
  reason: string;
  /** Whose push would miss it. */
  app?: string;
}

/** Containers first: they hold images. Among images the oldest first. */
export function plan(facts: Facts): Verdict[] {
  const containers = facts.containers.map((container) => judgeContainer(container, facts));
  const going = new Set(containers.filter(({ fate }) => fate === 'goes').map(({ id }) => id));
  const images = facts.images.map((image) => judgeImage(image, facts, going));
  return [...containers, ...images.toSorted((a, b) => a.created - b.created)];
}

function judgeContainer(container: LyingContainer, facts: Facts): Verdict {
  const { id, name, labels, running, created } = container;
  const verdict = (fate: Fate, reason: string): Verdict => ({
    kind: 'container',
    id,
    name,
    references: [],
    size: 0,
    created,
    fate,
    reason,
  });
  if (!Object.hasOwn(labels, LABELS.managed)) return verdict('other', 'it is not ours');
  if (Object.hasOwn(labels, LABELS.unit)) return verdict('stays', 'it belongs to a unit');
  if (running) return verdict('stays', 'it runs');
  // A step of a build that has ended is yet to become a layer; whose it is, it does not say.
  if (facts.pushed.size > 0) return verdict('stays', 'somebody pushes, and it may be of the build');
  if (isYoung(id, facts)) return verdict('stays', 'it came only a while ago');
  return verdict('goes', 'it has ended, and belongs to no unit');
}

function judgeImage(
  image: LyingImage,
  facts: Facts,
  goingContainers: ReadonlySet<string>,
): Verdict {
  const { id, references, size, created } = image;
  const own = references.filter(isOwnName);
  const app = appOf(image);
  const verdict = (fate: Fate, reason: string): Verdict => ({
    kind: 'image',
    id,
    name: references[0] ?? id,
    references: own,
    size,
    created,
    fate,
    reason,
    ...(app !== undefined && { app }),
  });
  const isNameless = references.length === 0 && Object.hasOwn(image.labels, LABELS.managed);
  if (own.length === 0 && !isNameless) return verdict('other', 'it is not ours');
  const user = facts.containers.find(
    (container) => container.imageId === id && !goingContainers.has(container.id),
  );
  if (user) return verdict('stays', `${user.name} uses it`);
  if (references.some((reference) => facts.wanted.has(reference))) {
    return verdict('stays', 'a unit of this machine needs it');
  }
  if (app !== undefined && facts.pushed.has(app)) {
    return verdict('stays', `somebody pushes to ${app}`);
  }
  if (isYoung(id, facts)) return verdict('stays', 'it came only a while ago');
  const base = platformVerdict(image, facts);
  if (base) return verdict(...base);
  if (own.some((one) => repositoryOf(one).endsWith(`/${STACK_REPOSITORY}`))) {
    return verdict('spare', 'apps of buildpacks stand on it');
  }
  const kept = references.map((one) => facts.kept.get(one)).find((reason) => reason !== undefined);
  if (kept !== undefined) return verdict('spare', kept);
  if (isNameless) return verdict('goes', 'it has lost its name');
  return verdict('goes', 'no release that can be rolled back to has it');
}

/** Images of the platform itself come with the machine, not from a registry: the present one of each name stays. */
function platformVerdict(
  { references, created }: LyingImage,
  { images, platform }: Facts,
): [Fate, string] | undefined {
  const names = references.filter((reference) => reference.startsWith('deis/')).map(repositoryOf);
  const [name] = names;
  if (name === undefined) return undefined;
  if (platform !== undefined && references.includes(platform)) {
    return ['stays', 'the platform runs it'];
  }
  if (platform === undefined) return ['stays', 'nobody knows which the platform runs'];
  const isNewest = images.every(
    (other) => other.created <= created || !other.references.map(repositoryOf).includes(name),
  );
  if (name !== repositoryOf(platform) && isNewest) return ['stays', 'the platform builds on it'];
  return ['goes', 'a newer one has taken its place'];
}

/** The app whose build made it, or whose repository it is in. */
function appOf({ labels, references }: LyingImage): string | undefined {
  const door = references.find((one) => OWN_HOSTS.some((host) => one.startsWith(`${host}/`)));
  return labels[LABELS.app] ?? door?.split(/[/:@]/)[2];
}

function isOwnName(reference: string): boolean {
  return [...OWN_HOSTS, 'deis'].some((host) => reference.startsWith(`${host}/`));
}

function repositoryOf(reference: string): string {
  return reference.replace(/@.*$/, '').replace(/:[^/]*$/, '');
}

function isYoung(id: string, { seen, now, settings }: Facts): boolean {
  return now - (seen.get(id) ?? now) < settings.garbageGrace * 1000;
}
