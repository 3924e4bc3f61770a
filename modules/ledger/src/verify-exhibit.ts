/** Verifies one fact that was handed out by itself: body, salt, public entry, and its place under a signed checkpoint. */
import { leafHash } from '@cityward/tlog-tiles';
import { parseVerifierKey } from '@cityward/tlog-tiles/note';
import { verifyProof } from '@cityward/tlog-tiles/proof-file';
import { commitmentOf, SALT_BYTES } from './commitment.ts';
import { entryText, parseBody, type Body } from './domain/body.ts';

export interface Exhibit {
  readonly entry: string;
  /** Canonical JSON. */
  readonly body: string;
  /** Hexadecimal. */
  readonly salt: string;
  /** A `.tlog-proof` file. */
  readonly proof: string;
}
export type ExhibitVerdict =
  { readonly ok: true; readonly body: Body; readonly index: number } | { readonly ok: false; readonly fault: string };

const SALT = new RegExp(`^[0-9a-f]{${SALT_BYTES * 2}}$`);

/** @param verifierKey the log's, as `name+id+base64`, from outside of what is verified */
export function verifyExhibit({ entry, body: text, salt, proof }: Exhibit, verifierKey: string): ExhibitVerdict {
  const bad = (fault: string): ExhibitVerdict => ({ ok: false, fault });
  const key = parseVerifierKey(verifierKey);
  if (!key.ok) return bad(key.error);
  const body = parseBody(text);
  if (!body) return bad('the body of the fact is not readable');
  if (!SALT.test(salt)) return bad('the salt is not readable');
  const commitment = commitmentOf(Buffer.from(salt, 'hex'), Buffer.from(text));
  if (entryText(body, commitment) !== entry) return bad('body and salt are not what the entry commits to');
  const proven = verifyProof(proof, leafHash(Buffer.from(entry)), key.value);
  return proven.ok ? { ok: true, body, index: proven.value.index } : bad(proven.error);
}
