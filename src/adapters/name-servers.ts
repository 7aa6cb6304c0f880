// Whether the name servers of /etc/resolv.conf answer. Any answer will do: "no such name" comes from a server that works.

import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { Resolver } from 'node:dns/promises';
import type { ExaminedNameServer } from '../model/examination.ts';
import { ifMissing } from '../model/missing.ts';

const PATIENCE_MS = 1000;
/** resolver(5) asks no more than three. */
const MOST_SERVERS = 3;
/** Belongs to nobody, for ever (RFC 2606): no cache of ours, no app of theirs. */
const QUESTION = 'deis-doctor.invalid';
/** What a server says that works. */
const ANSWERS = new Set(['ENOTFOUND', 'ENODATA', 'ESERVFAIL', 'EREFUSED', 'ENOTIMP', 'EFORMERR']);

export async function askNameServers(
  file = '/etc/resolv.conf',
  tries = 2,
): Promise<ExaminedNameServer[]> {
  const text = await readFile(file, 'utf8').catch(ifMissing(''));
  return Promise.all(nameServersOf(text).map((address) => ask(address, tries)));
}

/** Without any, the C library asks the machine itself. */
export function nameServersOf(text: string): string[] {
  const named = [...text.matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm)].map((match) => match[1]!);
  const good = named.filter((address) => isIP(address.split('%')[0]!) > 0);
  return good.length > 0 ? good.slice(0, MOST_SERVERS) : ['127.0.0.1'];
}

async function ask(address: string, tries: number): Promise<ExaminedNameServer> {
  const resolver = new Resolver({ timeout: PATIENCE_MS, tries });
  resolver.setServers([address.includes(':') ? `[${address}]` : address]);
  try {
    await resolver.resolve4(QUESTION);
    return { address, answers: true };
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (ANSWERS.has(code)) return { address, answers: true };
    const refused = code === 'ECONNREFUSED';
    return { address, answers: false, problem: refused ? 'refused' : 'no answer' };
  }
}
