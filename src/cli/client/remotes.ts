// What `git remote -v` says about apps; pure.

import { basename } from 'node:path/posix';

export interface AppRemote {
  name: string;
  host: string;
  app: string;
}

/** Remotes that could be apps: `ssh://git@host:2222/app.git` and `git@host:app.git`. */
export function parseRemotes(text: string): AppRemote[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', url = ''] = line.split(/\s+/);
    const match =
      /^[a-z+]+:\/\/(?:[^@/]*@)?([^:/]+)(?::\d+)?\/(?:.*\/)?([^/]+)$/.exec(url) ??
      /^(?:[^@/]*@)?([^:/]+):(?:.*\/)?([^/]+)$/.exec(url);
    if (!match) return [];
    const [, host = '', last = ''] = match;
    return [{ name, host, app: last.split('.')[0]! }];
  });
}

/** The app of this directory: of the first remote at the controller's host, else the directory's own name. */
export function detectApp(remotes: string | undefined, host: string, directory: string): string {
  const remote = parseRemotes(remotes ?? '').find((candidate) => candidate.host === host);
  return remote?.app ?? basename(directory).toLowerCase();
}
