// Frames in a stream of bytes: one byte of kind, four bytes of length (big-endian), then the payload.

import { DeisError } from './errors.ts';

export interface Frame {
  kind: number;
  payload: Uint8Array;
}

const HEADER_BYTES = 5;
/** Longer ones are an attack or a mistake. */
export const LONGEST_PAYLOAD = 1024 * 1024;

/** The five bytes before a payload of so many bytes. */
export function frameHeader(kind: number, length: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint8(0, kind);
  view.setUint32(1, length);
  return header;
}

export function jsonPayload(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** Throws DeisError('invalid') for what is not a JSON object. */
export function parsePayload({ payload }: Frame): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch (cause) {
    throw new DeisError('invalid', 'A frame holds no JSON.', '', { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new DeisError('invalid', 'A frame holds no JSON object.');
}

/** Puts frames together from chunks that may end anywhere. */
export class FrameReader {
  #rest = new Uint8Array(0);

  /** The frames that are whole now. Throws DeisError('invalid') for one that is too long. */
  push(chunk: Uint8Array): Frame[] {
    const bytes = joined(this.#rest, chunk);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const frames: Frame[] = [];
    let at = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const length = view.getUint32(at + 1);
      if (length > LONGEST_PAYLOAD) {
        throw new DeisError('invalid', `A frame of ${length} bytes is too long.`);
      }
      const end = at + HEADER_BYTES + length;
      if (end > bytes.length) break;
      frames.push({ kind: view.getUint8(at), payload: bytes.subarray(at + HEADER_BYTES, end) });
      at = end;
    }
    this.#rest = bytes.slice(at);
    return frames;
  }

  /** True when a frame has begun and not ended. */
  get incomplete(): boolean {
    return this.#rest.length > 0;
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) return other;
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
