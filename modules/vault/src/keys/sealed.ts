/** A record's content at rest: under a key that no other version has, bound to where it belongs. */
import { refuse, ok, type Refusal, type Result } from '@cityward/kernel';
import { recordContext, type RecordBinding } from '../domain/binding.ts';
import { decrypt, encrypt } from './aead.ts';
import type { OpenKey } from './keyring.ts';

const contextOf = (id: OpenKey['id'], binding: RecordBinding): Uint8Array =>
  recordContext(Buffer.from(id, 'hex'), binding);

export const sealContent = ({ id, key }: OpenKey, binding: RecordBinding, content: Uint8Array): Buffer =>
  encrypt(key, contextOf(id, binding), content);

/** Refuses what was changed, cut, or belongs to another record, version, person or key; it never says which. */
export function openContent({ id, key }: OpenKey, binding: RecordBinding, sealed: Uint8Array): Result<Buffer, Refusal> {
  const content = decrypt(key, contextOf(id, binding), sealed);
  return content === null
    ? refuse('conflict', 'CONTENT_ALTERED', `open record "${binding.record}": its content is not what was stored there`)
    : ok(content);
}
