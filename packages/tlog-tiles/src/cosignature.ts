/** Cosignatures (c2sp.org/tlog-cosignature, cosignature/v1): a witness says when it saw a checkpoint, after all it saw before. */
import { sign, verify, type KeyObject } from 'node:crypto';
import { bad, good, quoted, type Parsed } from './parsed.ts';
import { COSIGNATURE_V1, formatKey, nameKey, parseKey, SIGNATURE_BYTES, type VerifierKey } from './note-key.ts';
import { formatSignatureLine, noteLines } from './note-lines.ts';

const TIME_BYTES = 8;

export interface Cosigner extends VerifierKey {
  /** The signature line over the text of a checkpoint, with its newline. @param time seconds since 1970 */
  cosign(text: string, time: number): string;
}

export interface Cosignature {
  readonly name: string;
  /** Seconds since 1970, by the witness's clock. */
  readonly time: number;
  /** With its newline. */
  readonly line: string;
}

export const formatCosignerKey = (key: VerifierKey): string => formatKey(COSIGNATURE_V1, key);
/** Reads a witness's key; refuses one that signs notes as they are, and an id that does not belong to name and key. */
export const parseCosignerKey = (text: string): Parsed<VerifierKey> => parseKey(COSIGNATURE_V1, text);

const messageOf = (text: string, time: number): Buffer => Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);

export function createCosigner(name: string, privateKey: KeyObject): Cosigner {
  const key = nameKey(COSIGNATURE_V1, name, privateKey);
  return {
    ...key,
    cosign: (text, time) => {
      const stamp = Buffer.alloc(TIME_BYTES);
      stamp.writeBigUInt64BE(BigInt(time));
      const signature = Buffer.concat([stamp, sign(null, messageOf(text, time), privateKey)]);
      return formatSignatureLine({ name, id: key.id, signature });
    },
  };
}

/** Those of the given witnesses that cosigned the note. A cosignature by one of them that does not hold refuses the whole note. */
export function openCosignatures(
  note: Uint8Array | string,
  keys: readonly VerifierKey[],
): Parsed<readonly Cosignature[]> {
  const parts = noteLines(note);
  if (!parts.ok) return parts;
  const { text, lines } = parts.value;
  const found: Cosignature[] = [];
  for (const one of lines) {
    const key = keys.find(({ name, id }) => name === one.name && id === one.id);
    if (!key) continue;
    const time = timeOf(one.signature);
    const signature = one.signature.subarray(TIME_BYTES);
    if (time === null || !verify(null, messageOf(text, time), key.publicKey, signature))
      return bad(`open a checkpoint: the cosignature of ${quoted(one.name)} does not hold`);
    found.push({ name: one.name, time, line: formatSignatureLine(one) });
  }
  return good(found);
}

function timeOf(signature: Uint8Array): number | null {
  if (signature.length !== TIME_BYTES + SIGNATURE_BYTES) return null;
  const time = Number(Buffer.from(signature).readBigUInt64BE());
  return Number.isSafeInteger(time) ? time : null;
}
