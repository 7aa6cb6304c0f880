// deisctl certs list: what every part says of the certificate it uses.

import { readScene } from '../../machines/rotation/followed.ts';
import type { Registry } from '../../registry/registry.ts';
import { table } from '../table.ts';

/** One element of `deisctl certs list --json`. */
export interface CertificateRow {
  component: string;
  machine: string;
  /** ISO 8601, UTC. */
  expires: string;
  /** SHA-256, hex pairs with colons, as are the next two. */
  certificate: string;
  issuer: string;
  authorities: string[];
}

/** Parts that run no more, and machines that are gone, are left out. */
export async function readCertificates(
  registry: Registry,
  signal: AbortSignal,
): Promise<CertificateRow[]> {
  const { machines, parts, reports } = await readScene(registry, signal);
  return reports
    .filter((one) =>
      parts.some(
        ({ component, machine }) => component === one.component && machine === one.machine,
      ),
    )
    .map(({ component, machine, report }) => {
      return { component, machine: machines.get(machine) ?? machine, ...report };
    })
    .toSorted((a, b) => order(a).localeCompare(order(b), 'en', { numeric: true }));
}

const order = ({ machine, component }: CertificateRow): string => `${machine} ${component}`;

export function certificateTable(rows: readonly CertificateRow[]): string[] {
  const short = (fingerprint: string): string => fingerprint.slice(0, 11);
  return table([
    ['MACHINE', 'COMPONENT', 'EXPIRES', 'CERTIFICATE', 'SIGNED BY', 'BELIEVES'],
    ...rows.map(({ machine, component, expires, certificate, issuer, authorities }) => [
      machine,
      component,
      expires.slice(0, 10),
      short(certificate),
      short(issuer),
      authorities.map(short).join(' '),
    ]),
  ]);
}
