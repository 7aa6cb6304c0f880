// Addresses and address ranges, IPv4 and IPv6, as text and as the bytes that are compared.

/** `10.0.0.0/8` is { bytes: '0a000000', bits: 8 }: the address in hex, and how many leading bits of it count. */
export interface Network {
  bytes: string;
  bits: number;
}

/** An address, or a range as `address/bits`; undefined when it is neither. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', length, ...more] = text.split('/');
  if (more.length > 0) return undefined;
  const bytes = ipv4Bytes(address) ?? ipv6Bytes(address);
  if (bytes === undefined) return undefined;
  const most = bytes.length * 4;
  if (length === undefined) return unmapped({ bytes, bits: most });
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length) || Number(length) > most) return undefined;
  return unmapped({ bytes, bits: Number(length) });
}

const MAPPED = '00000000000000000000ffff';

/** RFC 4291, section 2.5.5.2: an IPv4 address as IPv6 writes it is that IPv4 address. */
function unmapped({ bytes, bits }: Network): Network {
  const isMapped = bytes.startsWith(MAPPED) && bits >= 96;
  return isMapped ? { bytes: bytes.slice(MAPPED.length), bits: bits - 96 } : { bytes, bits };
}

function ipv4Bytes(text: string): string | undefined {
  const parts = text.split('.');
  const good = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part));
  if (!good || parts.some((part) => Number(part) > 255)) return undefined;
  return parts.map((part) => Number(part).toString(16).padStart(2, '0')).join('');
}

/** RFC 4291, section 2.2: eight groups, of which one run of zeros may be written `::`, and the last two as an IPv4 address. */
function ipv6Bytes(given: string): string | undefined {
  const last = given.slice(given.lastIndexOf(':') + 1);
  const dotted = last.includes('.') ? ipv4Bytes(last) : undefined;
  const text = dotted
    ? given.slice(0, -last.length) + `${dotted.slice(0, 4)}:${dotted.slice(4)}`
    : given;
  const halves = text.toLowerCase().split('::');
  if (!text.includes(':') || halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const groups = [...head!, ...(tail ?? [])];
  if (groups.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const missing = 8 - groups.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const zeros = Array.from({ length: missing }, () => '0');
  return [...head!, ...zeros, ...(tail ?? [])].map((group) => group.padStart(4, '0')).join('');
}

/** `ip-or-range[:label],…` of Deis v1 (v4 only may carry a label); or the entry that is neither. */
export function parseWhitelist(text: string): { networks: Network[] } | { problem: string } {
  const networks: Network[] = [];
  for (const entry of text.split(',').map((one) => one.trim())) {
    const bare = /^\d+\.[0-9./]+:/.test(entry) ? entry.slice(0, entry.indexOf(':')) : entry;
    const network = parseNetwork(bare);
    if (!network) {
      return {
        problem: `${JSON.stringify(entry.slice(0, 60))} is not an address such as 10.1.2.3`,
      };
    }
    networks.push(network);
  }
  return { networks };
}
