/** `.tlog-proof` files (c2sp.org/tlog-proof@v1): one entry's inclusion under a signed checkpoint, checked offline. */
import { openCheckpoint, type Checkpoint } from './checkpoint.ts';
import { HASH_BYTES } from './hash.ts';
import { noteText, type VerifierKey } from './note.ts';
import { bad, good, parseBase64, parseDecimal, quoted, toBase64, type Parsed } from './parsed.ts';
import { verifyInclusion } from './proof.ts';

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';
/** A tree of 2^53 leaves needs no more. */
export const PROOF_HASHES_MAX = 53;

export interface ProofFile {
  readonly index: number;
  /** From the leaf's sibling up. */
  readonly hashes: readonly Uint8Array[];
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: string;
  /** Not authenticated by anything: never trust it. */
  readonly extra?: Uint8Array;
}

export function encodeProof({ index, hashes, checkpoint, extra }: ProofFile): string {
  const lines = [FIRST_LINE, ...(extra ? [`extra ${toBase64(extra)}`] : []), `index ${index}`, ...hashes.map(toBase64)];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/** Reads a proof file; the checkpoint in it is not looked into. */
export function decodeProof(file: Uint8Array | string): Parsed<ProofFile> {
  const decoded = noteText(file);
  if (!decoded.ok) return decoded;
  const split = decoded.value.indexOf('\n\n');
  if (split < 0) return bad('read a proof: it has no blank line before its checkpoint');
  const [first, ...lines] = decoded.value.slice(0, split).split('\n');
  if (first !== FIRST_LINE)
    return bad(`read a proof: it begins with ${quoted(first ?? '')}, wanted ${quoted(FIRST_LINE)}`);
  const extra = lines[0]?.startsWith('extra ') ? parseBase64(lines.shift()!.slice('extra '.length)) : undefined;
  if (extra === null) return bad('read a proof: its extra data is not base64');
  const indexLine = lines.shift() ?? '';
  const index = indexLine.startsWith('index ') ? parseDecimal(indexLine.slice('index '.length)) : null;
  if (index === null) return bad(`read a proof: ${quoted(indexLine)} is no line "index <decimal>"`);
  if (lines.length > PROOF_HASHES_MAX)
    return bad(`read a proof: it has ${lines.length} hashes, at most ${PROOF_HASHES_MAX}`);
  const hashes: Uint8Array[] = [];
  for (const line of lines) {
    const hash = parseBase64(line);
    if (hash?.length !== HASH_BYTES) return bad(`read a proof: ${quoted(line)} is not a hash of 32 bytes in base64`);
    hashes.push(hash);
  }
  const checkpoint = decoded.value.slice(split + 2);
  return good({ index, hashes, checkpoint, ...(extra ? { extra } : {}) });
}

export interface ProvenEntry {
  readonly index: number;
  readonly checkpoint: Checkpoint;
}

/** Verifies that the log that `key` names holds the entry with this leaf hash, as the proof file says. */
export function verifyProof(file: Uint8Array | string, leafHash: Uint8Array, key: VerifierKey): Parsed<ProvenEntry> {
  const proof = decodeProof(file);
  if (!proof.ok) return proof;
  const checkpoint = openCheckpoint(proof.value.checkpoint, key);
  if (!checkpoint.ok) return checkpoint;
  const { index, hashes } = proof.value;
  const { size, root } = checkpoint.value;
  if (!verifyInclusion({ leafHash, index, size, root, proof: hashes }))
    return bad(`verify a proof: entry ${index} is not what the log of ${size} entries holds there`);
  return good({ index, checkpoint: checkpoint.value });
}
