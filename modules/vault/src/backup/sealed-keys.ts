/** The keys of a backup, sealed by the key of its week. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { NONCE_BYTES, SLOT_BYTES, TAG_BYTES } from '../keys/slot.ts';

const CIPHER = 'aes-256-gcm';

export function sealKeys(key: Buffer, slots: Buffer, context: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(context);
  return Buffer.concat([nonce, cipher.update(slots), cipher.final(), cipher.getAuthTag()]);
}

/** Their slots; `null` for those of another week, another backup, or another text. */
export function openKeys(key: Buffer, sealed: Buffer, context: Buffer): Buffer | null {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES)).setAAD(context);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const slots = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES));
  try {
    decipher.final();
  } catch {
    slots.fill(0);
    return null;
  }
  return slots.length % SLOT_BYTES === 0 ? slots : null;
}
