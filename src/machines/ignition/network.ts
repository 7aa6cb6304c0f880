// The address of a machine on the cluster's own network, set by us where nobody else does it (a laptop's private network); pure.

import type { FileSpec } from '../write-file.ts';
import type { CoreOs } from './config.ts';

/** The card is known by an address that follows from the machine's own: whoever makes the machine gives it the same one. */
export function cardAddress(ip: string): string {
  const bytes = ['02', 'de', ...ip.split('.').map((part) => Number(part).toString(16))];
  return bytes.map((byte) => byte.padStart(2, '0')).join(':');
}

export function networkFile(os: CoreOs, ip: string, prefix: number): FileSpec {
  const card = cardAddress(ip);
  if (os === 'flatcar') {
    return {
      path: '/etc/systemd/network/10-deis.network',
      content: `# The cluster's own network.\n[Match]\nMACAddress=${card}\n\n[Network]\nAddress=${ip}/${prefix}\nLinkLocalAddressing=no\n`,
    };
  }
  return {
    path: '/etc/NetworkManager/system-connections/deis.nmconnection',
    mode: 0o600,
    content: `[connection]\nid=deis\ntype=ethernet\n\n[ethernet]\nmac-address=${card.toUpperCase()}\n\n[ipv4]\nmethod=manual\naddress1=${ip}/${prefix}\n\n[ipv6]\nmethod=disabled\n`,
  };
}
