/** Salted commitments: HMAC-SHA-256 with a random salt as key, so that a public entry tells nothing of a guessable body. */
import { hash } from 'node:crypto';

/** As long as the digest, and below the block size, so that no two salts pad to the same key. */
export const SALT_BYTES = 32;
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const INNER = 0x36;
const OUTER = 0x5c;
const SCRATCH_FIRST_BYTES = 4_096;

// Two one-shot hashes into reused buffers: createHmac costs several times as much for each small body (measured).
let inner = Buffer.alloc(BLOCK_BYTES + SCRATCH_FIRST_BYTES);
const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);

/** HMAC-SHA-256(key = salt, message = body) in base64. `openssl dgst -mac HMAC` gives the same. */
export function commitmentOf(salt: Uint8Array, body: Uint8Array): string {
  if (salt.length !== SALT_BYTES) throw new Error(`commit to a body: its salt has ${salt.length} bytes, wanted 32`);
  return commitmentIn(Buffer.concat([salt, body]), 0, SALT_BYTES + body.length);
}

/** The same where the salt stands right before the body: from `start` to `end` of the buffer. */
export function commitmentIn(bytes: Buffer, start: number, end: number): string {
  const total = BLOCK_BYTES + (end - start - SALT_BYTES);
  if (inner.length < total) inner = Buffer.alloc(total * 2);
  for (let i = 0; i < SALT_BYTES; i++) {
    const byte = bytes[start + i]!;
    inner[i] = byte ^ INNER;
    outer[i] = byte ^ OUTER;
  }
  for (let i = SALT_BYTES; i < BLOCK_BYTES; i++) {
    inner[i] = INNER;
    outer[i] = OUTER;
  }
  bytes.copy(inner, BLOCK_BYTES, start + SALT_BYTES, end);
  outer.write(hash('sha256', inner.subarray(0, total), 'binary'), BLOCK_BYTES, 'latin1');
  return hash('sha256', outer, 'base64');
}
