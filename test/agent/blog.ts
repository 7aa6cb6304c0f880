// A world whose store knows the app `blog`, and one in which its container web.1 serves.

import type { Test } from 'tap';
import { keys } from '../../src/registry/keys.ts';
import { put } from '../../src/registry/registry.ts';
import { IP, web, World } from './world.ts';

export const forever = new AbortController().signal;
const CONFIG = {
  uuid: 'c1',
  app: 'blog',
  owner: 'ann',
  values: '{"COLOUR":"red"}',
  memory: {},
  cpu: {},
  tags: {},
  created: '',
  updated: '',
};
export const WEB = 'blog_v3.web.1.service';
export const ADDRESS = `${IP}:20000`;

export async function started(t: Test): Promise<World> {
  const world = new World();
  t.teardown(() => world.close());
  await world.registry.commit([], [put(keys.configs, ['blog', 'c1'], CONFIG)], forever);
  await world.start();
  return world;
}

/** A world in which blog's web.1 serves. */
export async function serving(t: Test): Promise<World> {
  const world = await started(t);
  world.answers.set('*', { kind: 'passed' });
  await world.want(web('blog', 1));
  await world.until(async () => (await world.state(WEB))?.published !== undefined);
  return world;
}
