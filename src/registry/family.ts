// A key family: how its keys are spelled and its values are read. Keys are percent-encoded per part, values are JSON.

import { z } from 'zod';
import { DeisError } from '../model/errors.ts';

/** The module that alone writes a family. */
export type Writer =
  | 'deisctl'
  | 'controller'
  | 'fleet-api'
  | 'scheduler'
  | 'agent'
  | 'router'
  | 'builder'
  | 'registry';

/** `parts` name what follows the prefix; a last part ending in `...` may hold further slashes. */
export interface KeyFamily<T> {
  readonly prefix: string;
  readonly parts: readonly string[];
  readonly writer: Writer;
  key(...ids: string[]): string;
  /** Prefix of all keys that begin with these ids; always ends in a slash. */
  under(...ids: string[]): string;
  /** The ids of a key, or undefined when the key is not of this family. */
  ids(key: string): string[] | undefined;
  encode(value: T): string;
  /** Throws DeisError('internal') naming the key when the value is not of this family's shape. */
  decode(key: string, text: string): T;
}

const encodePart = (part: string): string => part.replace(/[%/]/g, encodeURIComponent);
const decodePart = (part: string): string => decodeURIComponent(part);

function spelling(prefix: string, parts: readonly string[], writer: Writer) {
  const rest = parts.at(-1)?.endsWith('...') ?? false;
  const spell = (ids: string[]): string =>
    ids.map((id, index) => (rest && index === parts.length - 1 ? id : encodePart(id))).join('/');
  return {
    prefix,
    parts,
    writer,
    key(...ids: string[]): string {
      if (ids.length !== parts.length || ids.some((id) => id === '')) {
        throw new DeisError('internal', `key of ${prefix} needs ${parts.join(', ')}`);
      }
      return prefix + spell(ids);
    },
    under(...ids: string[]): string {
      return ids.length === 0 ? prefix : `${prefix}${spell(ids)}/`;
    },
    ids(key: string): string[] | undefined {
      if (!key.startsWith(prefix)) return undefined;
      const pieces = key.slice(prefix.length).split('/');
      if (rest && pieces.length > parts.length) {
        pieces.splice(parts.length - 1, Infinity, pieces.slice(parts.length - 1).join('/'));
      }
      if (pieces.length !== parts.length || pieces.some((piece) => piece === '')) return undefined;
      return pieces.map((piece, index) =>
        rest && index === parts.length - 1 ? piece : decodePart(piece),
      );
    },
  };
}

/** A family of JSON values, checked by `schema` when read. Each value carries its schema version as `v`. */
export function family<T>(
  prefix: string,
  parts: readonly string[],
  writer: Writer,
  schema: z.ZodType<T>,
): KeyFamily<T> {
  return {
    ...spelling(prefix, parts, writer),
    encode: (value) => JSON.stringify({ v: 1, ...value }),
    decode(key, text) {
      let json: unknown;
      try {
        json = JSON.parse(text);
      } catch (cause) {
        throw new DeisError('internal', `the value of ${key} is not JSON`, '', { cause });
      }
      const parsed = schema.safeParse(json);
      if (parsed.success) return parsed.data;
      const problem = z.prettifyError(parsed.error).replaceAll('\n', ' ');
      throw new DeisError('internal', `the value of ${key} is malformed: ${problem}`);
    },
  };
}

/** A family of plain text values, as Deis v1 kept them. */
export function plainFamily(
  prefix: string,
  parts: readonly string[],
  writer: Writer,
): KeyFamily<string> {
  return {
    ...spelling(prefix, parts, writer),
    encode: (value) => value,
    decode: (_key, text) => text,
  };
}
