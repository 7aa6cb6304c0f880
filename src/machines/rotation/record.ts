// How far a change of the cluster's authority has come, on the operator's disk: a run that was killed is taken up where it stopped.
//
//   trust     everybody believes the old and the new authority; the old one signs
//   reissue   the new one signs; every certificate is made anew
//   distrust  everybody believes the new one only

import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { createAuthority, issueCertificate, type KeyPair } from '../../adapters/pki.ts';
import { certificatesIn } from '../../adapters/x509.ts';
import { OPERATOR } from '../../registry/roles.ts';
import { readAuthority, type Authority } from '../authority-files.ts';
import { issueIdentity, validity } from '../identity.ts';
import type { MachineIdentity } from '../node-files.ts';
import { writeFileSpec } from '../write-file.ts';

export const PHASES = ['trust', 'reissue', 'distrust'] as const;
export type Phase = (typeof PHASES)[number];

const recordSchema = z.object({ phase: z.enum(PHASES), began: z.string() });

export interface RotationRecord extends z.infer<typeof recordSchema> {
  /** It was begun by an earlier run. */
  resumed: boolean;
}

const place = (folder: string, name = ''): string => join(folder, 'rotation', name);

/** `folder`: where the authority lies. */
export async function findRotation(folder: string): Promise<RotationRecord | undefined> {
  const path = place(folder, 'record.json');
  if (!existsSync(path)) return undefined;
  return { ...recordSchema.parse(JSON.parse(await readFile(path, 'utf8'))), resumed: true };
}

/** Makes the new authority. Nobody has heard of it when this resolves. */
export async function beginRotation(
  folder: string,
  cluster: string,
  now: Date,
): Promise<RotationRecord> {
  await rm(place(folder), { recursive: true, force: true });
  await mkdir(place(folder), { recursive: true, mode: 0o700 });
  const { notBefore, notAfter } = validity(now);
  // A name of its own: some programs look for an authority by its name alone.
  const name = `deis ${cluster} ${now.toISOString().slice(0, 19)}`;
  const made = await createAuthority(name, notBefore, notAfter);
  await keep(place(folder, 'ca.key'), `${made.key}\n`);
  await keep(place(folder, 'ca.crt'), `${made.cert}\n`);
  return { ...(await advance(folder, 'trust', now.toISOString())), resumed: false };
}

/** The record is written after everything that the phase needs. */
export async function advance(
  folder: string,
  phase: Phase,
  began: string,
): Promise<RotationRecord> {
  await keep(place(folder, 'record.json'), `${JSON.stringify({ phase, began })}\n`);
  return { phase, began, resumed: true };
}

/** Puts on the operator's disk what holds in this phase, and returns it. May be called again. */
export async function authorityOf(folder: string, phase: Phase): Promise<Authority> {
  if (phase !== 'trust' && existsSync(place(folder, 'ca.key'))) {
    await rename(place(folder, 'ca.key'), join(folder, 'ca.key'));
  }
  const fresh = await readFile(place(folder, 'ca.crt'), 'utf8');
  const present = await readFile(join(folder, 'ca.crt'), 'utf8');
  const all = phase === 'distrust' ? fresh : `${present}${fresh}`;
  const texts = new Set(certificatesIn(all).map(String));
  await writeFileSpec('', { path: join(folder, 'ca.crt'), content: [...texts].join('') });
  return await readAuthority(folder);
}

/** Of the new authority. */
export async function newFingerprint(folder: string): Promise<string> {
  const [fresh] = certificatesIn(await readFile(place(folder, 'ca.crt'), 'utf8'));
  return fresh!.fingerprint256;
}

/** A machine's new certificates, made once in a rotation. */
export async function newIdentity(
  folder: string,
  authority: Authority,
  machine: { id: string; name: string; ip: string },
  now: Date,
): Promise<MachineIdentity> {
  return (await once(place(folder, `${machine.id}.json`), () =>
    issueIdentity(authority, machine, now),
  )) as MachineIdentity;
}

/** The operator's own, made once in a rotation and put where it is used. A pair that a killed run left half written is made whole. */
export async function renewOperator(
  folder: string,
  authority: Authority,
  now: Date,
): Promise<void> {
  const made = await once(place(folder, 'operator.json'), () => issueOperator(authority, now));
  await placeOperator(folder, made as KeyPair);
}

/** Another one, from the authority that signs now. */
export async function newOperator(folder: string, authority: KeyPair, now: Date): Promise<void> {
  await placeOperator(folder, await issueOperator(authority, now));
}

function issueOperator(authority: KeyPair, now: Date): Promise<KeyPair> {
  return issueCertificate(authority, {
    commonName: OPERATOR,
    hosts: ['localhost', '127.0.0.1'],
    ...validity(now),
  });
}

async function placeOperator(folder: string, { cert, key }: KeyPair): Promise<void> {
  await keep(join(folder, 'operator.key'), `${key.trim()}\n`);
  await writeFileSpec('', { path: join(folder, 'operator.crt'), content: `${cert.trim()}\n` });
}

/** The old authority's key went when the new one began to sign; now the papers of the change go too. */
export async function endRotation(folder: string): Promise<void> {
  await rm(place(folder, 'record.json'), { force: true });
  await rm(place(folder), { recursive: true, force: true });
}

async function once(path: string, make: () => Promise<unknown>): Promise<unknown> {
  if (existsSync(path)) return JSON.parse(await readFile(path, 'utf8')) as unknown;
  const made = await make();
  await keep(path, JSON.stringify(made));
  return made;
}

async function keep(path: string, content: string): Promise<void> {
  await writeFileSpec('', { path, content, mode: 0o600 });
}
