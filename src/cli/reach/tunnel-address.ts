// `[user@]host[:port]`, as --tunnel takes it; pure.

import { DeisError } from '../../model/errors.ts';

export interface TunnelAddress {
  /** Absent: whoever --ssh-user says. */
  user?: string;
  host: string;
  port: number;
}

const ADDRESS =
  /^(?:([^@\s]+)@)?(?:\[([0-9a-fA-F:.]+)\]|([^@:\s[\]]+)|([0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F:.]*))(?::(\d{1,5}))?$/;

/** Throws DeisError 'invalid'. A bare IPv6 address is taken as one; with a port it stands in brackets. */
export function tunnelAddress(text: string): TunnelAddress {
  const [, user, bracketed, name, bare, port = '22'] = ADDRESS.exec(text) ?? [];
  const host = bracketed ?? name ?? bare;
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new DeisError(
      'invalid',
      `"${text}" is no address for a tunnel`,
      'Example: --tunnel=core@10.0.0.11:22',
    );
  }
  return { ...(user === undefined ? {} : { user }), host, port: Number(port) };
}
