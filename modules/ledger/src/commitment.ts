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
  if (inner.length < BLOCK_BYTES + body.length) inner = Buffer.alloc(BLOCK_BYTES + body.length * 2);
  inner.fill(INNER, SALT_BYTES, BLOCK_BYTES);
  outer.fill(OUTER, SALT_BYTES, BLOCK_BYTES);
  for (let i = 0; i < SALT_BYTES; i++) {
    inner[i] = salt[i]! ^ INNER;
    outer[i] = salt[i]! ^ OUTER;
  }
  inner.set(body, BLOCK_BYTES);
  outer.write(hash('sha256', inner.subarray(0, BLOCK_BYTES + body.length), 'binary'), BLOCK_BYTES, 'latin1');
  return hash('sha256', outer, 'base64');
}
