// An app that somebody pushes, and what must be the same after a push that came to nothing.

import { randomBytes } from 'node:crypto';
import t from 'tap';
import { dockerfileApp } from './apps-to-push.ts';
import type { Output, TestPlatform } from './platform.ts';
import { type Pusher, newPusher } from './pusher.ts';

/** How an app stands: what it answers, where its branch is, its release. */
export interface Standing {
  body: string;
  tip: string;
  release: string | undefined;
}

export interface PushedApp {
  /** Ends the names of everything that this run makes. */
  run: string;
  ann: Pusher;
  app: string;
  directory: string;
  /** Of this app, or of another repository. */
  push: (where?: string) => Promise<Output>;
  /** What this app answers, or another one. */
  body: (of?: string) => Promise<string>;
  standing: () => Promise<Standing>;
}

/** Made from a Dockerfile, not pushed yet; destroyed at the end of the test file. */
export async function appToPush(on: TestPlatform, name: string): Promise<PushedApp> {
  const run = randomBytes(3).toString('hex');
  const ann = await newPusher(on, `ann-${run}`);
  const app = `${name}-${run}`;
  const directory = await ann.repository(dockerfileApp('one'));
  await ann.create(directory, app);
  t.teardown(() => on.deis('apps:destroy', '-a', app, '--confirm', app));
  const body = async (of = app): Promise<string> => (await on.get(of)).body;
  return {
    run,
    ann,
    app,
    directory,
    push: (where = directory) => ann.git(where, 'push', '-f', 'deis', 'master'),
    body,
    async standing() {
      const { stdout: tip } = await ann.git(directory, 'ls-remote', 'deis', 'refs/heads/master');
      const [, release] = /"release":(\d+)/.exec((await on.api(`/v2/apps/${app}`)).body) ?? [];
      return { body: await body(), tip, release };
    },
  };
}
