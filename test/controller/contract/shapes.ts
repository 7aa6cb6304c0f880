// What the API says of an app and of what belongs to it, for the rows of several topics.

import { UUID, dates } from './row.ts';

export const app = (id: string | RegExp, owner: string, structure: object = {}): object => ({
  uuid: UUID,
  id,
  owner,
  url: typeof id === 'string' ? `${id}.paas.localhost` : /^[a-z]+-[a-z]+\.paas\.localhost$/,
  structure,
  ...dates,
});

export const domain = (name: string, owner = 'bob'): object => ({
  owner,
  app: 'blog',
  domain: name,
  ...dates,
});

export const config = (
  some: Partial<Record<'values' | 'memory' | 'cpu' | 'tags', object>>,
  owner = 'bob',
): object => ({
  uuid: UUID,
  owner,
  app: 'blog',
  values: {},
  memory: {},
  cpu: {},
  tags: {},
  ...some,
  ...dates,
});

export const releaseIs = (version: number): Record<string, string> => ({
  'Deis-Release': String(version),
  'X-Deis-Release': String(version),
});

export const build = (some: object): object => ({
  owner: 'bob',
  app: 'blog',
  sha: '',
  procfile: {},
  dockerfile: '',
  uuid: UUID,
  ...dates,
  ...some,
});

export const container = (release: number, type: string, num: number): object => ({
  owner: 'bob',
  app: 'blog',
  release: `v${release}`,
  type,
  num,
  state: 'up',
  uuid: UUID,
  ...dates,
});

export const release = (version: number, summary: string | RegExp, owner = 'bob'): object => ({
  uuid: UUID,
  owner,
  app: 'blog',
  version,
  summary,
  config: UUID,
  build: version < 5 ? null : UUID,
  ...dates,
});

export const UNIQUE = ['This field must be unique.'];
