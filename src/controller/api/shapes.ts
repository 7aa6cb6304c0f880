// Records as JSON of the API (reference §1.5–§1.14): names, order and types that the original client relies on.

import type { App, Build, Config, Release, User } from '../../model/app.ts';
import type { Certificate, Domain } from '../../model/domain.ts';
import type { PublicKey } from '../../model/public-key.ts';
import type { Held } from '../../registry/registry.ts';
import type { Settings } from '../rules/settings.ts';
import { wireDate, wireUserDate } from '../wire/dates.ts';

function dates({ created, updated }: { created: string; updated: string }): object {
  return { created: wireDate(created), updated: wireDate(updated) };
}

export function userShape(user: User): object {
  return {
    email: user.email,
    username: user.username,
    first_name: user.firstName,
    last_name: user.lastName,
    is_superuser: user.isSuperuser,
    is_staff: user.isSuperuser,
    groups: [],
    user_permissions: [],
    // Django set both at once: the field is never null.
    last_login: wireUserDate(user.lastLogin ?? user.dateJoined),
    date_joined: wireUserDate(user.dateJoined),
    is_active: user.isActive,
  };
}

export function appShape(app: App, domain: string): object {
  const { uuid, id, owner, structure, formation } = app;
  const place = formation === undefined ? {} : { formation };
  return { uuid, id, owner, url: `${id}.${domain}`, structure, ...place, ...dates(app) };
}

export function buildShape(build: Build): object {
  const { uuid, owner, app, image, sha, procfile, dockerfile } = build;
  return { uuid, owner, app, image, sha, procfile, dockerfile, ...dates(build) };
}

/** `cpu` stays numbers: the client panics on texts. */
export function configShape(config: Config, settings: Settings): object {
  const { uuid, owner, app } = config;
  return { uuid, owner, app, ...settings, ...dates(config) };
}

export function releaseShape(release: Release): object {
  const { uuid, owner, app, version, config, build, state } = release;
  const summary = state === 'failed' ? `${release.summary} (failed)` : release.summary;
  return { uuid, owner, app, version, summary, config, build, ...dates(release) };
}

/** The text of the key as it was sent: the client cuts pieces out of it. */
export function keyShape(key: PublicKey): object {
  const { uuid, id, owner, public: line, fingerprint } = key;
  return { uuid, id, owner, public: line, fingerprint, ...dates(key) };
}

/** No uuid, as in v1. */
export function domainShape(domain: Domain): object {
  const { owner, app } = domain;
  return { owner, app, domain: shownName(domain), ...dates(domain) };
}

/** A domain as its owner spelled it. */
export function shownName({ domain, spelled }: Domain): string {
  return spelled ?? domain;
}

/** Certificate and key are only ever taken, never shown. */
export function certShape({ value, createRevision }: Held<Certificate>): object {
  const { owner, commonName, expires } = value;
  return {
    id: createRevision,
    owner,
    common_name: commonName,
    expires: wireDate(expires),
    ...dates(value),
  };
}
