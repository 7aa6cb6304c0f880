// The hash by which fleet, its API and its clients name the content of a unit file.

import { createHash } from 'node:crypto';
import type { UnitOption } from '../model/unit.ts';
import { serialiseUnitFile } from '../model/unit-file.ts';

/** SHA-1 of the serialised form, 40 hex digits: an identity, not a protection. */
export function unitHash(options: readonly UnitOption[]): string {
  return createHash('sha1').update(serialiseUnitFile(options)).digest('hex');
}
