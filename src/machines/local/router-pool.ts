// Which router gets the next connection: what the probes saw, and whose turn it is. Arithmetic only, no sockets.

/**
 * What asking a router showed: `ready` it answered 200; `leaving` it answered something else; `closed` the machine lives
 * but nobody listens; `silent` no answer in time; `other` it is a router of another formation, whose apps the doors do not lead to.
 */
export type Sighting = 'ready' | 'leaving' | 'closed' | 'silent' | 'other';

interface Router {
  address: string;
  seen: Sighting;
  /** Silent probes in a row. */
  silences: number;
}

/** Silent probes in a row after which a router is taken for dead and its connections are cut. One may be a busy box. */
const DEAD_AFTER = 2;
/** Who is tried first when nobody is ready: the order of hope. */
const HOPE: Record<Sighting, number> = { ready: 0, leaving: 1, closed: 2, silent: 3, other: 4 };

export class RouterPool {
  #routers: Router[];
  #turn = 0;

  /** Nobody has been seen yet: all are `closed` until their first probe. */
  constructor(addresses: readonly string[]) {
    this.#routers = addresses.map((address) => ({ address, seen: 'closed', silences: 0 }));
  }

  get addresses(): string[] {
    return this.#routers.map(({ address }) => address);
  }

  add(address: string): void {
    if (this.addresses.includes(address)) return;
    this.#routers.push({ address, seen: 'closed', silences: 0 });
  }

  remove(address: string): void {
    this.#routers = this.#routers.filter((router) => router.address !== address);
  }

  /** Records a probe. Returns true when the router is dead now and was not before: cut its connections. */
  probed(address: string, seen: Sighting): boolean {
    const router = this.#find(address);
    if (!router) return false;
    router.seen = seen;
    router.silences = seen === 'silent' ? router.silences + 1 : 0;
    return router.silences === DEAD_AFTER;
  }

  /** A connection to it timed out: skipped until a probe says otherwise. */
  connectTimedOut(address: string): void {
    const router = this.#find(address);
    if (router) router.seen = 'silent';
  }

  /** Every router in the order to try them for one new connection: ready ones by turns, the others as a last resort. */
  candidates(): string[] {
    const routers = this.#routers.filter(({ seen }) => seen !== 'other');
    const count = routers.length;
    const turn = this.#turn++ % Math.max(count, 1);
    const rotated = [...routers.slice(turn), ...routers.slice(0, turn)];
    return rotated.sort((a, b) => HOPE[a.seen] - HOPE[b.seen]).map(({ address }) => address);
  }

  /** Undefined: its machine has been taken away meanwhile. */
  #find(address: string): Router | undefined {
    return this.#routers.find((router) => router.address === address);
  }
}
