// A WebSocket server (RFC 6455) of one file: says back every frame that is at most 64 kilobytes long.

import { createHash } from 'node:crypto';

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** For the `upgrade` event of node:http. */
export function echo(request, socket, head) {
  const key = request.headers['sec-websocket-key'];
  if (!key) return socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  const accept = createHash('sha1')
    .update(key + MAGIC)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  let rest = head;
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (let frame = take(rest); frame; frame = take(rest)) {
      rest = rest.subarray(frame.length);
      answer(socket, frame);
    }
  });
}

function answer(socket, { opcode, payload }) {
  if (opcode === PONG) return;
  socket.write(frameOf(opcode === PING ? PONG : opcode, payload));
  if (opcode === CLOSE) socket.end();
}

/** The first whole frame of a client, unmasked; undefined while some of it is missing. */
function take(bytes) {
  if (bytes.length < 6) return undefined;
  const short = bytes[1] & 127;
  const at = short === 126 ? 4 : 2;
  const size = short === 126 ? bytes.readUInt16BE(2) : short;
  const length = at + 4 + size;
  if (bytes.length < length) return undefined;
  const mask = bytes.subarray(at, at + 4);
  const payload = Buffer.from(bytes.subarray(at + 4, length));
  for (let i = 0; i < size; i += 1) payload[i] ^= mask[i % 4];
  return { opcode: bytes[0] & 15, payload, length };
}

function frameOf(opcode, payload) {
  const isLong = payload.length > 125;
  const head = Buffer.alloc(isLong ? 4 : 2);
  head[0] = 128 | opcode;
  head[1] = isLong ? 126 : payload.length;
  if (isLong) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}
