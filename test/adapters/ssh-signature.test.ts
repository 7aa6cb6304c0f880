// Signatures of SSH keys, those of security keys too: made here in software, as OpenSSH's PROTOCOL.u2f says.

import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import t from 'tap';
import { isSignedBy, isSupported } from '../../src/adapters/ssh-signature.ts';

const APPLICATION = Buffer.from('ssh:');
const signed = randomBytes(200);

function string(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
const coordinate = (key: KeyObject, name: 'x' | 'y'): Buffer =>
  Buffer.from(key.export({ format: 'jwk' })[name]!, 'base64url');

/** A touch is bit 0 of the flags. */
function trailer(flags: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = flags;
  bytes.writeUInt32BE(77, 1);
  return bytes;
}

const message = (flags: number): Buffer =>
  Buffer.concat([sha256(APPLICATION), trailer(flags), sha256(signed)]);

void t.test('a security key with Ed25519', async (t) => {
  const algorithm = 'sk-ssh-ed25519@openssh.com';
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const parts = [Buffer.from(algorithm), coordinate(publicKey, 'x'), APPLICATION];
  const key = { algorithm, blob: Buffer.concat(parts.map(string)) };
  const bytes = (flags: number) =>
    Buffer.concat([sign(null, message(flags), privateKey), trailer(flags)]);
  t.ok(isSignedBy(key, { bytes: bytes(1), signed, hash: undefined }));
  t.notOk(isSignedBy(key, { bytes: bytes(0), signed, hash: undefined }), 'nobody touched it');
  const other = randomBytes(200);
  t.notOk(isSignedBy(key, { bytes: bytes(1), signed: other, hash: undefined }));
  const bent = Buffer.from(bytes(1));
  bent[68] = 9;
  t.notOk(isSignedBy(key, { bytes: bent, signed, hash: undefined }), 'another counter');
});

void t.test('a security key with ECDSA', async (t) => {
  const algorithm = 'sk-ecdsa-sha2-nistp256@openssh.com';
  for (let run = 0; run < 20; run += 1) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const point = Buffer.concat([
      Buffer.from([4]),
      coordinate(publicKey, 'x'),
      coordinate(publicKey, 'y'),
    ]);
    const parts = [Buffer.from(algorithm), Buffer.from('nistp256'), point, APPLICATION];
    const key = { algorithm, blob: Buffer.concat(parts.map(string)) };
    const raw = sign('sha256', message(1), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const numbers = [raw.subarray(0, 32), raw.subarray(32)].map(asNumber);
    const bytes = Buffer.concat([...numbers.map(string), trailer(1)]);
    t.ok(isSignedBy(key, { bytes, signed, hash: undefined }));
    t.notOk(isSignedBy(key, { bytes, signed: randomBytes(8), hash: undefined }));
  }
});

/** As SSH writes numbers (mpint): no leading zeros, one before a high bit. */
function asNumber(bytes: Buffer): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const short = bytes.subarray(start);
  return (short[0]! & 0x80) === 0 ? short : Buffer.concat([Buffer.from([0]), short]);
}

void t.test('bytes that are no key, and kinds that are not taken', async (t) => {
  const signature = { bytes: randomBytes(69), signed, hash: undefined };
  for (const algorithm of ['sk-ssh-ed25519@openssh.com', 'ssh-ed25519', 'ssh-dss', 'constructor']) {
    for (const blob of [Buffer.alloc(0), randomBytes(40), Buffer.alloc(8, 255)]) {
      t.notOk(isSignedBy({ algorithm, blob }, signature), algorithm);
    }
  }
  const blob = Buffer.alloc(0);
  t.notOk(isSupported({ algorithm: 'ssh-dss', blob }, undefined));
  t.notOk(isSupported({ algorithm: 'toString', blob }, undefined));
  t.notOk(isSupported({ algorithm: 'ssh-rsa', blob }, undefined), 'RSA with SHA-1');
  t.ok(isSupported({ algorithm: 'ssh-rsa', blob }, 'sha512'));
});
