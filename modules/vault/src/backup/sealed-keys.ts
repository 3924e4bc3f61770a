/** The keys of a backup, sealed by the key of its week. */
import { decrypt, encrypt } from '../keys/aead.ts';
import { SLOT_BYTES } from '../keys/slot.ts';

export const sealKeys = (key: Buffer, slots: Buffer, context: Buffer): Buffer => encrypt(key, context, slots);

/** Their slots; `null` for those of another week, another backup, or another text. */
export function openKeys(key: Buffer, sealed: Buffer, context: Buffer): Buffer | null {
  const slots = decrypt(key, context, sealed);
  return slots !== null && slots.length % SLOT_BYTES === 0 ? slots : null;
}
