// The controller's address as a person types it; pure.

/** With scheme and without a path: `deis.example.com` becomes `http://deis.example.com`. Undefined: not an address. */
export function controllerUrl(text: string): string | undefined {
  const withScheme = /^https?:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(withScheme)) return undefined;
  const url = new URL(withScheme);
  if (url.hostname === '' || url.username !== '' || url.search !== '') return undefined;
  return url.origin;
}

/** What Deis v1 has, and platforms that say nothing else. */
export const SSH_PORT = 2222;

/** Where `git push` goes, on the controller's host. */
export function remoteUrl(controller: string, app: string, port = SSH_PORT): string {
  return `ssh://git@${new URL(controller).hostname}:${port}/${app}.git`;
}

/** `*.localhost` is this computer (RFC 6761), whether or not the system's resolver knows it. */
export function isLocalhost(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost');
}
