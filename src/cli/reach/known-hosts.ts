// known_hosts of OpenSSH, sshd(8): which keys a host is known by; pure.

import { createHmac } from 'node:crypto';

export interface KnownKey {
  type: string;
  blob: string;
  revoked: boolean;
  /** From 1. */
  line: number;
}

/** `[host]:port` unless the port is 22. */
export function hostName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** Keys in this file for that host; lines that mean certificates or make no sense are passed over. */
export function knownKeys(text: string, host: string, port: number): KnownKey[] {
  const name = hostName(host, port);
  return text.split('\n').flatMap((content, index) => {
    const words = content.trim().split(/\s+/);
    if (words[0] === '' || words[0]!.startsWith('#')) return [];
    const mark = words[0]!.startsWith('@') ? words.shift() : undefined;
    const [hosts = '', type = '', blob = ''] = words;
    if (mark === '@cert-authority' || blob === '' || !matches(hosts, name)) return [];
    return [{ type, blob, revoked: mark === '@revoked', line: index + 1 }];
  });
}

/** A line to add. */
export function knownHostsLine(host: string, port: number, type: string, blob: string): string {
  return `${hostName(host, port)} ${type} ${blob}\n`;
}

function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith('|1|')) return hashed(hosts, name);
  const patterns = hosts.toLowerCase().split(',');
  if (patterns.some((pattern) => pattern.startsWith('!') && fits(pattern.slice(1), name))) {
    return false;
  }
  return patterns.some((pattern) => fits(pattern, name));
}

function hashed(field: string, name: string): boolean {
  const [, , salt = '', hash = ''] = field.split('|');
  const own = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64');
  return own === hash;
}

function fits(pattern: string, name: string): boolean {
  const literal = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(name);
}
