// What machines borrow from the box: name servers they can reach, the authorities the box trusts, where npm packages come from.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
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
    npmrc: await readNpmrc(),
  };
}

/** The user's settings come after the box's, so they win. */
async function readNpmrc(): Promise<string | undefined> {
  const files = ['/etc/npmrc', join(homedir(), '.npmrc')].filter((file) => existsSync(file));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const asked = process.env['NPM_CONFIG_REGISTRY'] ?? process.env['npm_config_registry'];
  const lines = registryLines([...texts, asked ? `registry=${asked}` : ''].join('\n'));
  return lines === '' ? undefined : lines;
}

/** The lines of an npmrc(5) that name registries, and no others: the rest may be credentials. */
export function registryLines(npmrc: string): string {
  const lines = npmrc
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^(@[\w.-]+:)?registry\s*=/.test(line))
    .filter((line) => !/\/\/[^/]*@/.test(line));
  return lines.map((line) => `${line}\n`).join('');
}

/** The same resolv.conf(5) without comments and without servers on the box's loopback. */
export function reachableFromMachines(resolvConf: string): string {
  const lines = resolvConf
    .split('\n')
    .filter((line) => /^\s*(nameserver|search|options|domain)\s/.test(line))
    .filter((line) => !/^\s*nameserver\s+(127\.|::1)/.test(line));
  return `${lines.join('\n')}\n`;
}
