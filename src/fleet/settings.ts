// What `deisctl config fleet` may set.

import { isIP } from 'node:net';

export interface Address {
  host: string;
  port: number;
}

/** `49153`, `10.0.0.1:49153`, `[::1]:49153`; without a host it is the machine's own address. Undefined: no such place. */
export function parseListen(text: string, ownIp: string): Address | undefined {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))?:)?([1-9][0-9]{0,4})$/.exec(text.trim());
  if (!match) return undefined;
  const host = match[1] ?? match[2] ?? ownIp;
  const port = Number(match[3]);
  return isIP(host) > 0 && port < 65_536 ? { host, port } : undefined;
}

/** Undefined: it may be set so. */
export function fleetSettingProblem(name: string, value: string): string | undefined {
  if (name !== 'listen') return `fleet has no setting ${name}: there is listen`;
  if (parseListen(value, '127.0.0.1')) return undefined;
  return `"${value}" is not a port or an address with one, such as 49153 or 127.0.0.1:49153`;
}
