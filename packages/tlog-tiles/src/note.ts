/** Signed notes (c2sp.org/signed-note) with Ed25519 keys: verifier keys, signing, opening. */
import { sign, verify, type KeyObject } from 'node:crypto';
import { bad, good, quoted, type Parsed } from './parsed.ts';
import { ED25519, formatKey, nameKey, parseKey, SIGNATURE_BYTES, type VerifierKey } from './note-key.ts';
import { formatSignatureLine, noteLines } from './note-lines.ts';

export type { VerifierKey } from './note-key.ts';
export { NOTE_MAX_BYTES, NOTE_SIGNATURES_MAX, noteText } from './note-lines.ts';

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

export const formatVerifierKey = (key: VerifierKey): string => formatKey(ED25519, key);

/** Reads a verifier key; refuses other algorithms and an id that does not belong to name and key. */
export const parseVerifierKey = (text: string): Parsed<VerifierKey> => parseKey(ED25519, text);

/** @param name for a log its origin; must not hold spaces or `+` */
export const createSigner = (name: string, privateKey: KeyObject): NoteSigner => ({
  ...nameKey(ED25519, name, privateKey),
  sign: (text) => sign(null, Buffer.from(text), privateKey),
});

/** The signed note. @param text must end in a newline */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  if (!text.endsWith('\n')) throw new Error('sign a note: its text must end in a newline');
  const lines = signers.map(({ name, id, sign: signer }) => formatSignatureLine({ name, id, signature: signer(text) }));
  return `${text}\n${lines.join('')}`;
}

/**
 * Verifies a note. A bad signature by a given key refuses the whole note; signatures by other keys are counted, not believed.
 * Refuses a note that none of the given keys signed.
 */
export function openNote(note: Uint8Array | string, keys: readonly VerifierKey[]): Parsed<OpenedNote> {
  const parts = noteLines(note);
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
