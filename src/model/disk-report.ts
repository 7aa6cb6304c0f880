// What a machine tells of its disks: `deisctl disk`.

import type { GarbageSettings } from './garbage-settings.ts';

export interface DiskFigures {
  /** Bytes. */
  size: number;
  free: number;
}

/** Something of the engine. `spare`: goes only when the disk is full. `other`: not ours, never touched. */
export interface Lying {
  kind: 'image' | 'container';
  name: string;
  /** Bytes, layers that it shares with others included. */
  size: number;
  fate: 'goes' | 'spare' | 'stays' | 'other';
  reason: string;
}

/** An image in the replica of the registry on this machine. */
export interface Stored {
  image: string;
  tags: readonly string[];
  reason: string;
}

export interface StoredReport {
  address: string;
  storage: 'disk' | 'bucket';
  problem?: string;
  /** Images that no replica has. */
  lost: readonly string[];
  disk: DiskFigures;
  /** Absent for a bucket, and while nobody can tell. */
  garbage?: {
    images: number;
    /** Bytes that go with what goes. */
    bytes: number;
    goes: readonly Stored[];
    stays: readonly Stored[];
    /** Layers of images that went wait for a minute without pushes. */
    sweepDue: boolean;
  };
}

export interface DiskReport {
  /** Where the container engine keeps its images. */
  path: string;
  disk: DiskFigures;
  settings: GarbageSettings;
  /** Why the disk stays full. */
  problem?: string;
  lying: readonly Lying[];
  /** Absent when no replica of the registry runs here. */
  registry?: StoredReport;
}

/** Percent of the disk in use. */
export function percentUsed({ size, free }: DiskFigures): number {
  return size === 0 ? 0 : Math.round(((size - free) / size) * 1000) / 10;
}
