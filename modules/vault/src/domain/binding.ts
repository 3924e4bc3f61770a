/** What a ciphertext is bound to: moved to another place, it does not open. */

/** What identifies one version of one record. */
export interface RecordBinding {
  readonly record: string;
  readonly version: number;
  readonly subject: string;
  readonly category: string;
  /** How the plaintext is to be read, e.g. `application/pdf`. */
  readonly media: string;
}

const RECORD = 'cityward-record-v1';
const KEY = 'cityward-key-v1';

/** Each part with its length before it, so that no two bindings make the same bytes. */
function joined(parts: readonly (string | Uint8Array)[]): Buffer {
  const all: Buffer[] = [];
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : Buffer.from(part);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    all.push(length, bytes);
  }
  return Buffer.concat(all);
}

/** Additional data of a record's ciphertext: a version served as another, of another person or under another key, fails its tag. */
export const recordContext = (key: Uint8Array, binding: RecordBinding): Buffer =>
  joined([RECORD, key, binding.record, String(binding.version), binding.subject, binding.category, binding.media]);

/** Additional data of a wrapped key: one moved to another id, or below another parent, fails its tag. */
export const keyContext = (key: {
  readonly role: string;
  readonly id: Uint8Array;
  readonly parent: Uint8Array;
}): Buffer => joined([KEY, key.role, key.id, key.parent]);
