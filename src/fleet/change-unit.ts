// What PUT makes of a unit's record. Pure: the record that is there and what was asked in, the record that is to be stored out.

import type { DesiredState, UnitOption, WantedUnit } from '../model/unit.ts';
import { quoteText } from './go-text.ts';
import { FleetRefusal } from './refusal.ts';
import type { UnitBody } from './unit-body.ts';
import { makeSameUnit, refuseTemplate, storedOptions } from './unit-options.ts';

/** `created`: the unit is new, or has new contents. `record` absent: nothing is to be written. */
export interface UnitChange {
  created: boolean;
  record?: WantedUnit;
}

/** `current` may be on its way out: then the unit is made anew. Throws FleetRefusal in fleet's words. */
export function changeUnit(
  name: string,
  body: UnitBody,
  current: WantedUnit | undefined,
): UnitChange {
  const asked = desiredState(body.desiredState);
  const known = current?.desired === 'gone' ? undefined : current;
  if (!known && body.options.length === 0) {
    throw new FleetRefusal(409, 'unit does not exist and options field empty');
  }
  if (body.options.length > 0 && !(known && makeSameUnit(body.options, known.options))) {
    const options = storedOptions(body.options);
    if (!known || !makeSameUnit(options, known.options)) {
      // As in fleet, new contents without a word about the state stop the unit: fleetctl waits for that.
      return { created: true, record: made(name, options, asked ?? 'inactive', current) };
    }
  }
  if (asked === undefined) {
    throw new FleetRefusal(409, 'must provide DesiredState to update existing unit');
  }
  refuseTemplate(name, asked);
  if (known!.desired === asked) return { created: false };
  return { created: false, record: made(name, known!.options, asked, current) };
}

function desiredState(asked: string): Exclude<DesiredState, 'gone'> | undefined {
  switch (asked) {
    case '':
      return undefined;
    case 'inactive':
    case 'loaded':
    case 'launched':
      return asked;
    default:
      throw new FleetRefusal(
        400,
        `invalid desiredState ${quoteText(asked)}: expect inactive, loaded or launched`,
      );
  }
}

/**
 * Each way into `launched` counts as a start of its own: who asks for loaded and at once for launched again, as `fleetctl restart`
 * does, gets a restart, and what is destroyed and made anew does not go on as if nothing had been.
 */
function made(
  name: string,
  options: UnitOption[],
  desired: Exclude<DesiredState, 'gone'>,
  current: WantedUnit | undefined,
): WantedUnit {
  refuseTemplate(name, desired);
  const before = current?.restarts ?? 0;
  const starts = current !== undefined && desired === 'launched' && current.desired !== 'launched';
  return { name, kind: 'foreign', desired, options, restarts: starts ? before + 1 : before };
}
