// What a builder needs from a container engine: images made from a context, and workshops – containers that are filled, run once
// and emptied. It may be away at any time: then every call throws DeisError('unavailable').

/** Ceilings of one build. What goes beyond ends the build with DeisError('build-failed') that names the limit. */
export interface BuildLimits {
  /** From the first byte of the context to the pushed image. */
  seconds: number;
  /** Bytes of memory of each container of the build. */
  memory: number;
  /** Bytes shown to whoever pushed. */
  outputBytes: number;
  /** Bytes of any one file. */
  fileBytes: number;
  /** Processes at once in each container of the build. */
  processes: number;
  /** The build ends when the disk of the engine has less than this many bytes free. */
  freeBytes: number;
}

/** Bytes of a tar archive. */
export type TarBytes = AsyncIterable<Uint8Array>;

/** Called with what is to be shown, as it comes: any part of a line, or several. */
export type Show = (text: string) => void;

export interface ImageOrder {
  /** Name that the image gets: `127.0.0.1:5555/blog:git-0123abcd`. */
  reference: string;
  /** Holds a `Dockerfile` at its top. */
  context: TarBytes;
  /** Values of ARG lines. */
  arguments: Record<string, string>;
  /** Name of an engine network: see `ensureNetwork`. */
  network: string;
  limits: BuildLimits;
  /** Accounts at registries, by host: for FROM. */
  logins: Record<string, { username: string; password: string }>;
}

export interface WorkshopOrder {
  image: string;
  command: string[];
  /** `uid:gid` */
  user: string;
  environment: Record<string, string>;
  labels: Record<string, string>;
  network: string;
  limits: BuildLimits;
}

export interface WorkshopEnd {
  exitCode: number;
  /** A process was killed for want of memory. */
  outOfMemory: boolean;
}

export interface ImageBuilder {
  /**
   * A network whose containers cannot reach each other; `bridge` is the name of its interface on the machine (at most 15
   * characters), which packet rules go by. Safe to repeat.
   */
  ensureNetwork(
    name: string,
    bridge: string,
    labels: Record<string, string>,
    signal: AbortSignal,
  ): Promise<void>;
  /** The image's id. DeisError('build-failed') carries the engine's words for the step that failed. Aborting ends its containers. */
  build(order: ImageOrder, show: Show, signal: AbortSignal): Promise<string>;
  /** The digest it has in its registry now. */
  push(reference: string, signal: AbortSignal): Promise<string>;
  /** The image's id, or undefined when it is not here. */
  imageId(reference: string, signal: AbortSignal): Promise<string | undefined>;
  /** Brings the images of an archive file. DeisError('not-found') when there is no such file. */
  load(archive: string, signal: AbortSignal): Promise<void>;
  tag(image: string, reference: string, signal: AbortSignal): Promise<void>;

  /** A container that has not been started; its id. Whoever opens it closes it. */
  openWorkshop(order: WorkshopOrder, signal: AbortSignal): Promise<string>;
  /** Unpacks below `path`, which must exist. */
  bring(workshop: string, path: string, files: TarBytes, signal: AbortSignal): Promise<void>;
  /** Runs it to its end. Aborting kills it. */
  work(workshop: string, show: Show, signal: AbortSignal): Promise<WorkshopEnd>;
  /** `path` as a tar whose entries begin with its last name; undefined when it does not exist. */
  fetch(workshop: string, path: string, signal: AbortSignal): Promise<TarBytes | undefined>;
  closeWorkshop(workshop: string, signal: AbortSignal): Promise<void>;
  /** Closes every workshop that carries the label: those of a builder that died. */
  sweepWorkshops(label: string, signal: AbortSignal): Promise<void>;
}
