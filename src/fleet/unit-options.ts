// The options of a unit file as they will be stored: what the unit file on a machine will say, and nothing that only looks like it.

import { isTemplateName } from '../model/ids.ts';
import { requirementProblems } from '../model/requirement-problems.ts';
import type { UnitOption } from '../model/unit.ts';
import { parseUnitFile, serialiseUnitFile } from '../model/unit-file.ts';
import { FleetRefusal } from './refusal.ts';

/** Bytes of a unit file. Every scheduler holds all of them in memory. */
export const LARGEST_UNIT = 128 * 1024;

/**
 * The options as a unit file gives them back: values trimmed, all in order of their sections. Throws FleetRefusal 400 or 413 for what no
 * unit file can say (a value that would begin a line of its own), and for requirements that exclude each other.
 */
export function storedOptions(options: readonly UnitOption[]): UnitOption[] {
  const text = serialiseUnitFile(options);
  if (Buffer.byteLength(text) > LARGEST_UNIT) {
    throw new FleetRefusal(413, `unit file is larger than ${LARGEST_UNIT} bytes`);
  }
  if (text.includes('\0')) throw new FleetRefusal(400, 'unit file holds a NUL character');
  const parsed = parseUnitFile(text);
  if ('problem' in parsed) {
    throw new FleetRefusal(400, `invalid unit file: line ${parsed.line}: ${parsed.problem}`);
  }
  if (!isSame(parsed.options, inOrderOfSections(options))) {
    throw new FleetRefusal(
      400,
      'invalid unit file: an option has an empty name, a section that is none, or a value that begins another line',
    );
  }
  const [problem] = requirementProblems(parsed.options);
  if (problem !== undefined) throw new FleetRefusal(400, problem);
  return parsed.options;
}

/** Are these the options that are stored? Compared as the unit file they make. */
export function makeSameUnit(left: readonly UnitOption[], right: readonly UnitOption[]): boolean {
  return serialiseUnitFile(left) === serialiseUnitFile(right);
}

/** Throws FleetRefusal 400 for a template that is to be loaded or started. */
export function refuseTemplate(name: string, desired: string): void {
  if (isTemplateName(name) && desired !== 'inactive') {
    throw new FleetRefusal(400, `cannot activate template ${JSON.stringify(name)}`);
  }
}

/** Options of one section stand together in a unit file. */
function inOrderOfSections(options: readonly UnitOption[]): UnitOption[] {
  const sections = new Map<string, UnitOption[]>();
  for (const option of options) {
    sections.set(option.section, [...(sections.get(option.section) ?? []), option]);
  }
  return [...sections.values()].flat();
}

function isSame(parsed: readonly UnitOption[], given: readonly UnitOption[]): boolean {
  if (parsed.length !== given.length) return false;
  return parsed.every(({ section, name, value }, index) => {
    const other = given[index]!;
    const same = value === other.value || value.trim() === other.value.trim();
    return section === other.section && name !== '' && name === other.name.trim() && same;
  });
}
