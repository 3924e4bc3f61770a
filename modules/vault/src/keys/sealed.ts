/** A record's content at rest: AES-256-GCM under a key that no other version has, bound to where it belongs. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { refuse, ok, type Refusal, type Result } from '@cityward/kernel';
import { recordContext, type RecordBinding } from '../domain/binding.ts';
import { NONCE_BYTES, TAG_BYTES } from './slot.ts';
import type { OpenKey } from './keyring.ts';

const CIPHER = 'aes-256-gcm';

/** Nonce, ciphertext, tag. */
export function sealContent({ id, key }: OpenKey, binding: RecordBinding, content: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(recordContext(Buffer.from(id, 'hex'), binding));
  return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

/** Refuses what was changed, cut, or belongs to another record, version, person or key; it never says which. */
export function openContent({ id, key }: OpenKey, binding: RecordBinding, sealed: Uint8Array): Result<Buffer, Refusal> {
  const altered = (): Result<never, Refusal> =>
    refuse('conflict', 'CONTENT_ALTERED', `open record "${binding.record}": its content is not what was stored there`);
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return altered();
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES));
  decipher.setAAD(recordContext(Buffer.from(id, 'hex'), binding));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const content = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES));
  try {
    decipher.final();
    return ok(content);
  } catch {
    content.fill(0);
    return altered();
  }
}
