// What machines borrow from the box: name servers they can reach, and the authorities the box trusts.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { BoxFiles } from './machine-files.ts';

const CA_BUNDLE = '/etc/ssl/certs/ca-certificates.crt';
/** systemd-resolved's list of real servers comes first: its own stub listens on loopback only. */
const RESOLV_CONFS = ['/run/systemd/resolve/resolv.conf', '/etc/resolv.conf'];

export async function readBoxFiles(): Promise<BoxFiles> {
  const texts = await Promise.all(
    RESOLV_CONFS.filter((file) => existsSync(file)).map((file) => readFile(file, 'utf8')),
  );
  const resolvConf = texts.map(reachableFromMachines).find((text) => /^nameserver/m.test(text));
  return {
    resolvConf: resolvConf ?? 'nameserver 9.9.9.9\n',
    caBundle: existsSync(CA_BUNDLE) ? await readFile(CA_BUNDLE, 'utf8') : undefined,
  };
}

/** The same resolv.conf(5) without comments and without servers on the box's loopback. */
export function reachableFromMachines(resolvConf: string): string {
  const lines = resolvConf
    .split('\n')
    .filter((line) => /^\s*(nameserver|search|options|domain)\s/.test(line))
    .filter((line) => !/^\s*nameserver\s+(127\.|::1)/.test(line));
  return `${lines.join('\n')}\n`;
}
