/** Keys of signed notes (c2sp.org/signed-note) as text: a name, an id that belongs to name and key, and an Ed25519 key of one kind. */
import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { bad, good, parseBase64, quoted, toBase64, type Parsed } from './parsed.ts';

/** What a key signs with: notes as they are, or timestamped cosignatures over checkpoints. */
export const ED25519 = 0x01;
export const COSIGNATURE_V1 = 0x04;
type KeyKind = typeof ED25519 | typeof COSIGNATURE_V1;

const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;
export const KEY_ID_BYTES = 4;
/** SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410 section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

// U+0085 is a space to Unicode but not to JavaScript.
const KEY_NAME = /^[^\s\u0085+]+$/u;

/** Who a note is believed from: comes from configuration, never from the thing to be verified. */
export interface VerifierKey {
  readonly name: string;
  /** Eight lower-case hexadecimal digits. */
  readonly id: string;
  readonly publicKey: KeyObject;
}

const keyId = (kind: KeyKind, name: string, raw: Uint8Array): string =>
  hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([kind]), raw]), 'hex').slice(0, KEY_ID_BYTES * 2);

const rawPublicKey = (key: KeyObject): Buffer => {
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('name a note key: wanted an Ed25519 key');
  return createPublicKeyOf(key).export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length);
};
const createPublicKeyOf = (key: KeyObject): KeyObject => (key.type === 'private' ? createPublicKey(key) : key);

/** The key as `name+id+base64(kind || key)`, the line that people copy into other verifiers. */
export const formatKey = (kind: KeyKind, { name, id, publicKey }: VerifierKey): string =>
  `${name}+${id}+${toBase64(Buffer.concat([Buffer.from([kind]), rawPublicKey(publicKey)]))}`;

/** Reads a key of this kind; refuses other kinds and an id that does not belong to name and key. */
export function parseKey(kind: KeyKind, text: string): Parsed<VerifierKey> {
  const wanted = 'wanted <name>+<8 hexadecimal digits>+<base64>';
  const [name = '', id = '', encoded = ''] = splitKey(text);
  if (!KEY_NAME.test(name) || !/^[0-9a-f]{8}$/.test(id))
    return bad(`read a verifier key: ${quoted(text)} is none, ${wanted}`);
  const bytes = parseBase64(encoded);
  if (!bytes || bytes.length !== 1 + PUBLIC_KEY_BYTES || bytes[0] !== kind)
    return bad(
      `read a verifier key: the key of ${quoted(name)} is not an Ed25519 key (type ${kind} and 32 bytes in base64)`,
    );
  const raw = bytes.subarray(1);
  if (keyId(kind, name, raw) !== id)
    return bad(`read a verifier key: id ${quoted(id)} does not belong to ${quoted(name)} and its key`);
  return good({
    name,
    id,
    publicKey: createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' }),
  });
}

/** The last part may hold `+`, since it is base64. */
function splitKey(text: string): string[] {
  const first = text.indexOf('+');
  const second = text.indexOf('+', first + 1);
  return first < 0 || second < 0 ? [] : [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)];
}

/** Names the public part of a private key. Throws on a name that no note may carry. */
export function nameKey(kind: KeyKind, name: string, privateKey: KeyObject): VerifierKey {
  if (!KEY_NAME.test(name))
    throw new Error(`name a note key: ${quoted(name)} must be non-empty, without spaces and "+"`);
  const publicKey = createPublicKeyOf(privateKey);
  return { name, id: keyId(kind, name, rawPublicKey(publicKey)), publicKey };
}
