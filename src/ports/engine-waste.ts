// What lies in the container engine of a machine, and how it is taken away. Every call throws DeisError('unavailable') while it is away.

export interface LyingImage {
  id: string;
  /** All its names: `127.0.0.1:5555/blog:git-1a2b`, `127.0.0.1:5555/blog@sha256:…`; none for one that lost them. */
  references: string[];
  labels: Record<string, string>;
  /** Bytes, layers that it shares with others included. */
  size: number;
  /** When it was built, ms since the epoch. */
  created: number;
}

export interface LyingContainer {
  id: string;
  name: string;
  imageId: string;
  labels: Record<string, string>;
  running: boolean;
  /** ms since the epoch. */
  created: number;
}

export interface EngineWaste {
  /** Folder of the engine's disk. */
  root(signal: AbortSignal): Promise<string>;
  images(signal: AbortSignal): Promise<LyingImage[]>;
  containers(signal: AbortSignal): Promise<LyingContainer[]>;
  /** Takes a name away, and the image with its last name; by id only for one without names. One in use stays: answers false. */
  removeImage(reference: string, signal: AbortSignal): Promise<boolean>;
  /** Only one that does not run. One that is gone is fine. */
  removeContainer(id: string, signal: AbortSignal): Promise<void>;
}
