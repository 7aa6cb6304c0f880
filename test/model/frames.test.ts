// Frames of `deis run`, cut anywhere by the network.

import fc from 'fast-check';
import t from 'tap';
import { FrameReader, LONGEST_PAYLOAD, frameHeader, parsePayload } from '../../src/model/frames.ts';
import { failureOf, failurePayload } from '../../src/model/run.ts';
import { DeisError } from '../../src/model/errors.ts';

t.test('frames come out as they went in, wherever the bytes are cut', async () => {
  const frames = fc.array(
    fc.record({
      kind: fc.integer({ min: 0, max: 255 }),
      payload: fc.uint8Array({ maxLength: 50 }),
    }),
  );
  fc.assert(
    fc.property(frames, fc.integer({ min: 1, max: 40 }), (given, size) => {
      const bytes = Buffer.concat(
        given.flatMap(({ kind, payload }) => [frameHeader(kind, payload.length), payload]),
      );
      const reader = new FrameReader();
      const read = [];
      for (let at = 0; at < bytes.length; at += size) {
        read.push(...reader.push(bytes.subarray(at, at + size)));
      }
      const plain = read.map(({ kind, payload }) => [kind, [...payload]]);
      return (
        !reader.incomplete &&
        JSON.stringify(plain) ===
          JSON.stringify(given.map(({ kind, payload }) => [kind, [...payload]]))
      );
    }),
  );
});

t.test('what is too long, or no JSON object, is refused', async (t) => {
  const long = frameHeader(1, LONGEST_PAYLOAD + 1);
  t.throws(() => new FrameReader().push(long), { code: 'invalid' });
  for (const text of ['', '[]', 'null', '{', '\xff']) {
    const payload = Buffer.from(text, 'latin1');
    t.throws(() => parsePayload({ kind: 0, payload }), { code: 'invalid' }, text);
  }
});

t.test('a failure keeps its code, words and hint', async (t) => {
  const payload = failurePayload(new DeisError('timeout', 'too late', 'Be faster.'));
  t.match(failureOf({ kind: 15, payload }), {
    code: 'timeout',
    message: 'too late',
    hint: 'Be faster.',
  });
});
