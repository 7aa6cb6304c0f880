// The body of PUT /units/NAME, read as leniently as Go reads it: unknown fields and anything behind the value are no concern.

import type { UnitOption } from '../model/unit.ts';
import { fieldsOf, kindOfJson, readJson } from './go-json.ts';
import { FleetRefusal } from './refusal.ts';

/** Absent fields are empty, as in Go. */
export interface UnitBody {
  name: string;
  desiredState: string;
  options: UnitOption[];
}

/** Throws FleetRefusal 400 in fleet's words. */
export function readUnitBody(text: string): UnitBody {
  const read = readJson(text);
  if ('problem' in read) throw undecodable(read.problem);
  const { value } = read;
  if (value === null) return { name: '', desiredState: '', options: [] };
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw undecodable(
      `json: cannot unmarshal ${kindOfJson(value)} into Go value of type schema.Unit`,
    );
  }
  const fields = fieldsOf(value, ['name', 'desiredState', 'options']);
  return {
    name: textField(fields, 'name', 'Unit'),
    desiredState: textField(fields, 'desiredState', 'Unit'),
    options: optionsField(fields.get('options')),
  };
}

function undecodable(problem: string): FleetRefusal {
  return new FleetRefusal(400, `unable to decode body: ${problem}`);
}

function mismatch(value: unknown, field: string, type: string): FleetRefusal {
  return undecodable(
    `json: cannot unmarshal ${kindOfJson(value)} into Go struct field ${field} of type ${type}`,
  );
}

function textField(fields: Map<string, unknown>, name: string, of: string): string {
  const value = fields.get(name) ?? '';
  if (typeof value === 'string') return value;
  throw mismatch(value, `${of}.${name.charAt(0).toUpperCase()}${name.slice(1)}`, 'string');
}

function optionsField(value: unknown): UnitOption[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw mismatch(value, 'Unit.Options', '[]*schema.UnitOption');
  return value.map((item: unknown) => {
    // A null here ended the whole request in fleet.
    if (item === null || typeof item !== 'object' || Array.isArray(item)) {
      throw mismatch(item, 'Unit.Options', 'schema.UnitOption');
    }
    const fields = fieldsOf(item, ['section', 'name', 'value']);
    return {
      section: textField(fields, 'section', 'UnitOption'),
      name: textField(fields, 'name', 'UnitOption'),
      value: textField(fields, 'value', 'UnitOption'),
    };
  });
}
