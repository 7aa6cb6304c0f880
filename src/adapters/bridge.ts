// A network of one cluster: a Linux bridge and the outer ends of its machines' cables, through iproute2.
import { DeisError } from '../model/errors.ts';
import { run } from './process.ts';

interface Link {
  ifname: string;
  ifalias?: string;
  master?: string;
  flags: string[];
}

/** The link with this name, or undefined. `owner` is the mark `createBridge` left, `up` its administrative state. */
export async function findLink(
  name: string,
  signal: AbortSignal,
): Promise<{ owner: string; bridge: string | undefined; up: boolean } | undefined> {
  const { code, stdout } = await run(
    'ip',
    ['-json', 'link', 'show', 'dev', name],
    { ok: [0, 1] },
    signal,
  );
  if (code !== 0) return undefined;
  const [link] = JSON.parse(stdout) as Link[];
  if (!link) return undefined;
  return { owner: link.ifalias ?? '', bridge: link.master, up: link.flags.includes('UP') };
}

/**
 * Makes a bridge with this address (`10.77.0.1/24`), marked as `owner`'s.
 * Returns false, and changes nothing, when a link of that name exists: the name is the reservation.
 */
export async function createBridge(
  name: string,
  address: string,
  owner: string,
  signal: AbortSignal,
): Promise<boolean> {
  const made = await run(
    'ip',
    ['link', 'add', name, 'type', 'bridge', 'forward_delay', '0', 'stp_state', '0'],
    { ok: [0, 2] },
    signal,
  );
  if (made.code !== 0) {
    if (/File exists/.test(made.stderr)) return false;
    throw new DeisError('refused', `The bridge ${name} could not be made: ${made.stderr}`);
  }
  await run('ip', ['link', 'set', 'dev', name, 'alias', owner], {}, signal);
  await run('ip', ['address', 'add', address, 'dev', name], {}, signal);
  await run('ip', ['link', 'set', 'dev', name, 'up'], {}, signal);
  return true;
}

/** Plugs the outer end of a machine's cable into the bridge and lets traffic pass. */
export async function plug(link: string, bridge: string, signal: AbortSignal): Promise<void> {
  await run('ip', ['link', 'set', 'dev', link, 'master', bridge, 'up'], {}, signal);
}

/** Pulls (`false`) or restores (`true`) a cable without unplugging it from the bridge. */
export async function setLinkUp(name: string, up: boolean, signal: AbortSignal): Promise<void> {
  await run('ip', ['link', 'set', 'dev', name, up ? 'up' : 'down'], {}, signal);
}

/** Removes a link; one that is not there is fine. */
export async function deleteLink(name: string, signal: AbortSignal): Promise<void> {
  if ((await findLink(name, signal)) === undefined) return;
  await run('ip', ['link', 'delete', 'dev', name], { ok: [0, 1] }, signal);
}

/** Networks this box already reaches by a route of its own, as `10.77.0.0/24`. */
export async function routedNetworks(signal: AbortSignal): Promise<string[]> {
  const { stdout } = await run('ip', ['-json', 'route', 'show', 'table', 'main'], {}, signal);
  return (JSON.parse(stdout) as { dst: string }[]).map((route) => route.dst);
}
