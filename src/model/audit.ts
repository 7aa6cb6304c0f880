// Who changed what, and when: the trail of an app, and of the platform.

/** One change that was accepted; ids of records sort by time. */
export interface AuditEvent {
  /** ISO 8601, UTC. */
  at: string;
  /** Who asked. */
  user: string;
  /** One word or two, with a colon: `config:set`, `perms:create`. */
  action: string;
  /** A sentence; never a config value. */
  text: string;
  /** The release that it made. */
  release?: number;
  /** Deis-Request-Id of the request. */
  request?: string;
}

/** The trail of what belongs to no app. No app can have this id. */
export const PLATFORM_TRAIL = '_platform';
