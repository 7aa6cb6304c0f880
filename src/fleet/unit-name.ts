// What is wrong with a unit's name, in the words and the order of fleet 1.0.

import { Buffer } from 'node:buffer';
import { isPlatformsName } from '../model/ids.ts';
import { quoteCharacter, quoteText } from './go-text.ts';

const LONGEST = 256;
const TYPES = new Set(
  'automount busname device mount path scope service slice snapshot socket swap target timer'.split(
    ' ',
  ),
);
const TEMPLATE_TYPES = new Set(['path', 'service', 'socket', 'target', 'timer']);
const ALLOWED = /[A-Za-z0-9:\-_.\\@]/;

/** Undefined: fleet takes it. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'unit name cannot be empty';
  if (Buffer.byteLength(name) > LONGEST) {
    return `unit name exceeds maximum length (${LONGEST})`;
  }
  const dot = name.lastIndexOf('.');
  if (dot === -1) return 'unit name must contain "."';
  if (dot === name.length - 1) return 'unit name cannot end in "."';
  const type = name.slice(dot + 1);
  if (!TYPES.has(type)) return `invalid unit type: ${quoteText(type)}`;
  const stem = name.slice(0, dot);
  const bad = Array.from(stem).find((character) => !ALLOWED.test(character));
  if (bad !== undefined) return `invalid character ${quoteCharacter(bad)} in unit name`;
  if (stem === '') return 'unit name cannot start in "."';
  if (stem.startsWith('@')) return 'unit name cannot start in "@"';
  if (stem.includes('@') && !TEMPLATE_TYPES.has(type)) {
    return `invalid unit type for template: ${quoteText(type)}`;
  }
  return undefined;
}

/** Names that belong to components or containers of apps: they have owners of their own. */
export function ownedByOthers(name: string): string | undefined {
  return isPlatformsName(name)
    ? `${name} is a name of the platform itself: use deisctl, or deis for apps`
    : undefined;
}
