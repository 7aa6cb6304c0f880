// The container engine in domain words. It may be away at any time: then every call throws DeisError('unavailable').

export interface Container {
  id: string;
  /** Without the leading slash: `app_v3.web.1`. */
  name: string;
  image: string;
  labels: Record<string, string>;
  running: boolean;
  /** ISO 8601; empty when it never started. */
  startedAt: string;
  /** Address on the engine's own network; empty for the host's network or when it does not run. */
  ip: string;
  /** Process id on the host; 0 when it does not run. */
  pid: number;
  /** Of the last run; 0 while running. */
  exitCode: number;
  /** Something in the last run was killed because its memory limit was reached. */
  outOfMemory: boolean;
}

export interface ContainerEvent {
  /** `oom`: something in it was killed because its memory limit was reached; its `die` may follow. */
  action: 'start' | 'oom' | 'die' | 'destroy';
  id: string;
  name: string;
  labels: Record<string, string>;
  /** Only for `die`. */
  exitCode?: number;
}

/** Called one at a time, in order. */
export interface ContainerObserver {
  /** All containers that carry the labels: at the beginning, and again after any gap. */
  snapshot(containers: Container[]): void;
  event(event: ContainerEvent): void;
  /** The engine went away; it is being looked for. Containers may well be running on. */
  interrupted(): void;
}

/** A label that must be there; an empty value means any value. */
export type LabelFilter = Record<string, string>;

export interface ContainerEngine {
  /** The engine's version, e.g. `20.10.24`. */
  ping(signal: AbortSignal): Promise<string>;
  /** One download at a time per reference, tried again a few times. DeisError('not-found') when there is no such image. */
  pull(reference: string, signal: AbortSignal): Promise<void>;
  imageExists(reference: string, signal: AbortSignal): Promise<boolean>;
  /** TCP ports the image EXPOSEs, ascending. DeisError('not-found') when the image is not here. */
  exposedPorts(reference: string, signal: AbortSignal): Promise<number[]>;
  /** Loads a docker or OCI archive and answers the references it brought. */
  loadArchive(path: string, signal: AbortSignal): Promise<string[]>;
  /** Running and stopped ones. */
  containers(labels: LabelFilter, signal: AbortSignal): Promise<Container[]>;
  /** By name or id; undefined when there is none. */
  inspect(name: string, signal: AbortSignal): Promise<Container | undefined>;
  /** SIGTERM, then SIGKILL after `seconds`. One that does not run or does not exist is fine. */
  stop(name: string, seconds: number, signal: AbortSignal): Promise<void>;
  /** Removes it and its anonymous volumes, killing it if it runs. One that does not exist is fine. */
  remove(name: string, signal: AbortSignal): Promise<void>;
  /** Resolves when the signal aborts. Never rejects for a sick engine. */
  watch(labels: LabelFilter, observer: ContainerObserver, signal: AbortSignal): Promise<void>;
}
