/** Signed notes (c2sp.org/signed-note) with Ed25519 keys: verifier keys, signing, opening. */
import { createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto';
import { bad, good, parseBase64, quoted, toBase64, type Parsed } from './parsed.ts';

const ED25519 = 0x01;
const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const KEY_ID_BYTES = 4;
export const NOTE_MAX_BYTES = 1_000_000;
export const NOTE_SIGNATURES_MAX = 100;
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

export interface NoteSigner extends VerifierKey {
  sign(text: string): Uint8Array;
}

export interface OpenedNote {
  /** With its final newline, without the blank line. */
  readonly text: string;
  /** Names of the given keys whose signatures hold; at least one. */
  readonly signedBy: readonly string[];
  /** Signature lines by keys that were not given. */
  readonly unknown: number;
}

const keyId = (name: string, raw: Uint8Array): string =>
  hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([ED25519]), raw]), 'hex').slice(
    0,
    KEY_ID_BYTES * 2,
  );

const rawPublicKey = (key: KeyObject): Buffer => {
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('name a note key: wanted an Ed25519 key');
  return createPublicKeyOf(key).export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length);
};
const createPublicKeyOf = (key: KeyObject): KeyObject => (key.type === 'private' ? createPublicKey(key) : key);

/** The key as `name+id+base64(type || key)`, the line that people copy into other verifiers. */
export const formatVerifierKey = ({ name, id, publicKey }: VerifierKey): string =>
  `${name}+${id}+${toBase64(Buffer.concat([Buffer.from([ED25519]), rawPublicKey(publicKey)]))}`;

/** Reads a verifier key; refuses other algorithms and an id that does not belong to name and key. */
export function parseVerifierKey(text: string): Parsed<VerifierKey> {
  const wanted = 'wanted <name>+<8 hexadecimal digits>+<base64>';
  const [name = '', id = '', encoded = ''] = splitKey(text);
  if (!KEY_NAME.test(name) || !/^[0-9a-f]{8}$/.test(id))
    return bad(`read a verifier key: ${quoted(text)} is none, ${wanted}`);
  const bytes = parseBase64(encoded);
  if (!bytes || bytes.length !== 1 + PUBLIC_KEY_BYTES || bytes[0] !== ED25519)
    return bad(`read a verifier key: the key of ${quoted(name)} is not an Ed25519 key (type 1 and 32 bytes in base64)`);
  const raw = bytes.subarray(1);
  if (keyId(name, raw) !== id)
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

/** @param name for a log its origin; must not hold spaces or `+` */
export function createSigner(name: string, privateKey: KeyObject): NoteSigner {
  if (!KEY_NAME.test(name))
    throw new Error(`name a note key: ${quoted(name)} must be non-empty, without spaces and "+"`);
  const publicKey = createPublicKeyOf(privateKey);
  return {
    name,
    id: keyId(name, rawPublicKey(publicKey)),
    publicKey,
    sign: (text) => sign(null, Buffer.from(text), privateKey),
  };
}

/** The signed note. @param text must end in a newline */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  if (!text.endsWith('\n')) throw new Error('sign a note: its text must end in a newline');
  const lines = signers.map((signer) => {
    const signature = Buffer.concat([Buffer.from(signer.id, 'hex'), signer.sign(text)]);
    return `\u2014 ${signer.name} ${toBase64(signature)}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

interface SignatureLine {
  readonly name: string;
  readonly id: string;
  readonly signature: Uint8Array;
}

const SIGNATURE_LINE = /^\u2014 ([^\s\u0085+]+) ([A-Za-z0-9+/=]+)$/u;
const CONTROL_EXCEPT_NEWLINE = /[^\n -\u{10ffff}]/u;

function parseSignatureLine(line: string): SignatureLine | null {
  const [, name, encoded] = SIGNATURE_LINE.exec(line) ?? [];
  const bytes = encoded === undefined ? null : parseBase64(encoded);
  if (name === undefined || !bytes || bytes.length <= KEY_ID_BYTES) return null;
  return {
    name,
    id: Buffer.from(bytes.subarray(0, KEY_ID_BYTES)).toString('hex'),
    signature: bytes.subarray(KEY_ID_BYTES),
  };
}

function splitNote(note: string): Parsed<{ text: string; lines: readonly SignatureLine[] }> {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) return bad('open a note: it has no blank line before its signatures');
  const rows = note.slice(split + 2, -1).split('\n');
  if (rows.length > NOTE_SIGNATURES_MAX)
    return bad(`open a note: it has ${rows.length} signatures, at most ${NOTE_SIGNATURES_MAX} are read`);
  const lines: SignatureLine[] = [];
  for (const row of rows) {
    const line = parseSignatureLine(row);
    if (!line) return bad(`open a note: ${quoted(row)} is no signature line`);
    lines.push(line);
  }
  return good({ text: note.slice(0, split + 1), lines });
}

/** Text of the bytes when they are UTF-8 without control characters but newline, as notes must be. */
export function noteText(note: Uint8Array | string): Parsed<string> {
  if (note.length > NOTE_MAX_BYTES) return bad(`open a note: it has more than ${NOTE_MAX_BYTES} bytes`);
  let text: string;
  try {
    text = typeof note === 'string' ? note : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(note);
  } catch {
    return bad('open a note: it is not UTF-8');
  }
  if (!text.isWellFormed()) return bad('open a note: it is not UTF-8');
  return CONTROL_EXCEPT_NEWLINE.test(text) ? bad('open a note: it holds a control character') : good(text);
}

/**
 * Verifies a note. A bad signature by a given key refuses the whole note; signatures by other keys are counted, not believed.
 * Refuses a note that none of the given keys signed.
 */
export function openNote(note: Uint8Array | string, keys: readonly VerifierKey[]): Parsed<OpenedNote> {
  const decoded = noteText(note);
  if (!decoded.ok) return decoded;
  const parts = splitNote(decoded.value);
  if (!parts.ok) return parts;
  const { text, lines } = parts.value;
  const signedBy = new Set<string>();
  let unknown = 0;
  for (const { name, id, signature } of lines) {
    const key = keys.find((candidate) => candidate.name === name && candidate.id === id);
    if (!key) unknown++;
    else if (signature.length === SIGNATURE_BYTES && verify(null, Buffer.from(text), key.publicKey, signature))
      signedBy.add(name);
    else return bad(`open a note: the signature of ${quoted(name)} does not hold`);
  }
  if (signedBy.size === 0)
    return bad(`open a note: none of the trusted keys signed it (${keys.map((key) => key.name).join(', ')})`);
  return good({ text, signedBy: [...signedBy], unknown });
}
