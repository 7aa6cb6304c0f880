// What somebody asks for over SSH. Only three verbs exist; everything else is refused by name (reference §6.1).

/** `program` as git names it. */
export type Asked =
  | { kind: 'ping' }
  | { kind: 'git'; program: 'git-receive-pack' | 'git-upload-pack'; app: string }
  | { kind: 'refused'; reason: string };

const APP = /^[a-z0-9-]{1,63}$/;

/** `git-receive-pack '/blog.git'` → receive for `blog`. */
export function parseCommand(command: string): Asked {
  const line = command.trim();
  if (line === 'ping') return { kind: 'ping' };
  const match = /^git[- ](receive-pack|upload-pack)\s+(.+)$/s.exec(line);
  if (!match) {
    const verb = line.split(/\s/)[0]!.slice(0, 40);
    const reason = `"${verb}" cannot be run here: this is for git push, git fetch and ping.`;
    return { kind: 'refused', reason };
  }
  const app = match[2]!
    .trim()
    .replace(/^'(.*)'$/s, '$1')
    .replace(/^\/+/, '')
    .replace(/\.git\/?$/, '');
  if (!APP.test(app)) {
    return { kind: 'refused', reason: `"${app.slice(0, 80)}" is not the name of an app.` };
  }
  return { kind: 'git', program: `git-${match[1] as 'receive-pack' | 'upload-pack'}`, app };
}
