// A network of one cluster: a Linux bridge and the outer ends of its machines' cables, through iproute2.
import { createHash } from 'node:crypto';
import { DeisError } from '../model/errors.ts';
import { run } from './process.ts';

interface Link {
  ifname: string;
  ifalias?: string;
  address: string;
  master?: string;
  flags: string[];
}

export interface FoundLink {
  /** Hardware address: of a bridge of ours it says who made it, see `ownerAddress`. */
  address: string;
  /** What people read: the mark of who made it, or ''. */
  alias: string;
  /** The bridge it is plugged into. */
  bridge: string | undefined;
  /** Its administrative state. */
  up: boolean;
}

/** The link with this name, or undefined. */
export async function findLink(name: string, signal: AbortSignal): Promise<FoundLink | undefined> {
  const order = ['-json', 'link', 'show', 'dev', name];
  const { code, stdout } = await run('ip', order, { ok: [0, 1] }, signal);
  if (code !== 0) return undefined;
  const [link] = JSON.parse(stdout) as Link[];
  if (!link) return undefined;
  const { address, ifalias = '', master, flags } = link;
  return { address, alias: ifalias, bridge: master, up: flags.includes('UP') };
}

/**
 * A locally administered hardware address made from a mark. A bridge is born with it, so that whose it is can be told even if
 * its maker was killed right after.
 */
export function ownerAddress(owner: string): string {
  const digits = createHash('sha256').update(owner).digest('hex').slice(0, 10);
  return ['02', ...digits.match(/../g)!].join(':');
}

/**
 * Makes a bridge with this address (`10.77.0.1/24`) that belongs to `owner`, or completes it if it is there and theirs.
 * Returns false, and changes nothing, when a link of that name belongs to somebody else: the name is the reservation.
 */
export async function ensureBridge(
  name: string,
  address: string,
  owner: string,
  signal: AbortSignal,
): Promise<boolean> {
  const born = ['link', 'add', name, 'address', ownerAddress(owner), 'type', 'bridge'];
  const made = await run('ip', [...born, 'forward_delay', '0'], { ok: [0, 2] }, signal);
  if (made.code !== 0 && !/File exists/.test(made.stderr)) {
    throw new DeisError('refused', `The bridge ${name} could not be made: ${made.stderr}`);
  }
  if ((await findLink(name, signal))?.address !== ownerAddress(owner)) return false;
  await run('ip', ['link', 'set', 'dev', name, 'alias', owner, 'up'], {}, signal);
  await run('ip', ['address', 'replace', address, 'dev', name], {}, signal);
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
