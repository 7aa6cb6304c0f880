// Where a builder keeps things on its machine. All of it is a copy: it may be deleted while no push of the app runs.

import { join } from 'node:path';

/** Of one app that exists; a later app of the same name has others. */
export interface Rooms {
  /** Bare repository. */
  repository: string;
  /** What builds of the app keep from one to the next. */
  cache: string;
}

export function roomsOf(state: string, app: string, uuid: string): Rooms {
  const name = roomName(app, uuid);
  return {
    repository: join(repositories(state), `${name}.git`),
    cache: join(caches(state), name),
  };
}

function roomName(app: string, uuid: string): string {
  return `${app}.${uuid}`;
}

/** Whose room has this name; names of apps have no dots. */
export function ownerOf(room: string): { app: string; uuid: string } {
  const [app = '', uuid = ''] = room.split('.');
  return { app, uuid };
}

export const repositories = (state: string): string => join(state, 'repositories');
export const caches = (state: string): string => join(state, 'cache');
/** Checked-out sources of the builds that run. */
export const workplaces = (state: string): string => join(state, 'work');
