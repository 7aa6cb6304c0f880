// An Ignition file as the user data of a machine in a cloud. AWS takes 16 KB, less than the files, keys and units of a machine: so they
// come as one compressed part of a small Ignition file (specification 3.3.0, ignition.config.replace). Pure.

import { gzipSync } from 'node:zlib';

/** The least that any of the clouds in docs/coreos.md takes, bytes. */
export const LEAST_USER_DATA = 16_384;

/** A whole Ignition file again, on one line. */
export function userData(config: object): string {
  const packed = gzipSync(JSON.stringify(config), { level: 9 }).toString('base64');
  const replace = { source: `data:;base64,${packed}`, compression: 'gzip' };
  return `${JSON.stringify({ ignition: { version: '3.3.0', config: { replace } } })}\n`;
}
