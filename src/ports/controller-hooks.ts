// What the builder asks of controllers (Deis v1's hooks, reference §1.17).

/** Somebody, and the app that they push to. */
export interface Pusher {
  user: string;
  app: string;
}

export interface PushReport extends Pusher {
  sha: string;
  /** MD5 of the key, hex pairs with colons. */
  fingerprint: string;
  connection: string;
  command: string;
}

export interface BuildReport extends Pusher {
  sha: string;
  /** `<app>:git-<8 hex>` */
  image: string;
  procfile: Record<string, string>;
  /** `true`, or empty. */
  dockerfile: string;
  kind: 'dockerfile' | 'buildpack' | 'procfile';
  slug?: string;
  /** Id of the kept log. */
  log: string;
  appJson?: Record<string, unknown>;
}

/** All throw DeisError: 'forbidden', 'not-found', 'conflict', 'refused' with the controller's reason, 'unavailable'. */
export interface ControllerHooks {
  /** Config values of the app, for whoever may push to it. */
  config(pusher: Pusher, signal: AbortSignal): Promise<Record<string, string>>;
  /** Tells of a push that begins. */
  push(report: PushReport, signal: AbortSignal): Promise<void>;
  /** Makes a release and waits until it is live, minutes if need be. */
  build(report: BuildReport, signal: AbortSignal): Promise<{ version: number; domains: string[] }>;
}
