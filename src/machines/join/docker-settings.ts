// The host's own settings of Docker with what the platform needs added; pure.

/** What we need, unless the daemon was started with a flag that says it: both at once keep it from starting. */
const NEEDED: Record<string, unknown> = {
  'live-restore': true,
  'userland-proxy': false,
};
/** What we want where the host did not decide. */
const WANTED: Record<string, unknown> = {
  'log-driver': 'journald',
  bip: '172.29.0.1/16',
  'default-address-pools': [{ base: '172.30.0.0/16', size: 24 }],
};

/**
 * The new text of /etc/docker/daemon.json, undefined when nothing has to change. `fresh`: no Engine runs here yet, so its
 * networks may be ours to choose. Throws SyntaxError when the present text is no JSON.
 */
export function dockerSettings(present: string, flags: string, fresh: boolean): string | undefined {
  const settings = (present.trim() === '' ? {} : JSON.parse(present)) as Record<string, unknown>;
  const isFlag = (name: string): boolean => new RegExp(`(^|\\s)--${name}(=|\\s|$)`).test(flags);
  const wanted = Object.entries(fresh ? WANTED : {}).filter(([name]) => !(name in settings));
  const needed = Object.entries(NEEDED).filter(([name, value]) => settings[name] !== value);
  const added = [...wanted, ...needed].filter(([name]) => !isFlag(name));
  if (added.length === 0) return undefined;
  return `${JSON.stringify({ ...settings, ...Object.fromEntries(added) }, undefined, 2)}\n`;
}
