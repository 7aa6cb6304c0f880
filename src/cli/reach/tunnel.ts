// One login at a machine of the cluster, and everything else through it: the store, the machines' daemons, logins at other machines.

import type { Duplex } from 'node:stream';
import { Forwards } from '../../adapters/forward.ts';
import type { SshConnection } from '../../adapters/ssh-client.ts';
import type { Machine } from '../../model/cluster.ts';
import { type MachinePapers, readPapers } from './machine-papers.ts';
import { type SshWay, logIn } from './ssh-way.ts';
import { type TunnelAddress, tunnelAddress } from './tunnel-address.ts';

export async function openTunnel(text: string, way: SshWay, signal: AbortSignal): Promise<Tunnel> {
  const address = tunnelAddress(text);
  return new Tunnel(await logIn(way, address, undefined, signal), address, way);
}

export class Tunnel {
  readonly #near: SshConnection;
  readonly #address: TunnelAddress;
  readonly #way: SshWay;
  readonly #forwards: Forwards;
  readonly #logins: SshConnection[] = [];
  #papers: Promise<MachinePapers> | undefined;

  constructor(near: SshConnection, address: TunnelAddress, way: SshWay) {
    this.#near = near;
    this.#address = address;
    this.#way = way;
    this.#forwards = new Forwards((host, port) => near.dial(host, port));
  }

  dial(host: string, port: number): Promise<Duplex> {
    return this.#near.dial(host, port);
  }

  /** URLs that lead to these, from this box. */
  doors(urls: readonly string[]): Promise<string[]> {
    return Promise.all(urls.map((url) => this.#forwards.door(url)));
  }

  /** What the machine at its end knows of the cluster; read once. */
  papers(): Promise<MachinePapers> {
    this.#papers ??= readPapers(this.#near);
    return this.#papers;
  }

  /** As ssh(1) is told: who logs in at machines, and through whom. */
  get jump(): { user: string; address: string; host: string } {
    const { host, port, user = this.#way.user } = this.#address;
    const name = host.includes(':') ? `[${host}]` : host;
    return { user, host, address: `${user}@${name}${port === 22 ? '' : `:${port}`}` };
  }

  /** Whether who logged in may do everything without further words. */
  async isRoot(): Promise<boolean> {
    const { stdout } = await this.#near.capture('id -u');
    return stdout.toString('utf8').trim() === '0';
  }

  /** The machine at the tunnel's end needs no second login. */
  async login(
    { id, ip, hostKeys = [] }: Pick<Machine, 'id' | 'ip' | 'hostKeys'>,
    signal: AbortSignal,
  ): Promise<SshConnection> {
    const here = ip === this.#address.host || (await this.#isHere(id));
    if (here) return this.#near;
    const host = { host: ip, port: 22, vouched: hostKeys, user: this.#address.user };
    const login = await logIn(this.#way, host, await this.dial(ip, 22), signal);
    this.#logins.push(login);
    return login;
  }

  async #isHere(id: string): Promise<boolean> {
    const { code, stdout } = await this.#near.capture('cat /etc/machine-id');
    return code === 0 && stdout.toString('utf8').trim() === id;
  }

  close(): void {
    this.#forwards.close();
    for (const login of this.#logins) login.close();
    this.#near.close();
  }
}
