/** What a log sends to a witness (c2sp.org/tlog-witness, add-checkpoint): from which size on, the proof, and the checkpoint. */
import { HASH_BYTES } from './hash.ts';
import { bad, good, parseBase64, parseDecimal, quoted, toBase64, type Parsed } from './parsed.ts';

/** Lines of a consistency proof. */
export const PROOF_LINES_MAX = 63;
/** Content type of the answer that says which size the witness has seen. */
export const SIZE_TYPE = 'text/x.tlog.size';

export interface AddCheckpoint {
  readonly oldSize: number;
  readonly proof: readonly Uint8Array[];
  /** The signed checkpoint. */
  readonly note: string;
}

export const formatAddCheckpoint = ({ oldSize, proof, note }: AddCheckpoint): string =>
  `old ${oldSize}\n${proof.map((hash) => `${toBase64(hash)}\n`).join('')}\n${note}`;

/** @param text as it came, already known to be UTF-8 */
export function parseAddCheckpoint(text: string): Parsed<AddCheckpoint> {
  const split = text.indexOf('\n\n');
  if (split < 0) return bad('read a request: it has no blank line before its checkpoint');
  const [first = '', ...rows] = text.slice(0, split).split('\n');
  const oldSize = first.startsWith('old ') ? parseDecimal(first.slice(4)) : null;
  if (oldSize === null)
    return bad(`read a request: its first line ${quoted(first)} is no old size, wanted "old <size>"`);
  if (rows.length > PROOF_LINES_MAX)
    return bad(`read a request: its proof has ${rows.length} lines, wanted at most ${PROOF_LINES_MAX}`);
  const proof: Uint8Array[] = [];
  for (const row of rows) {
    const hash = parseBase64(row);
    if (hash?.length !== HASH_BYTES)
      return bad(`read a request: the line ${quoted(row)} of its proof is not 32 bytes in base64`);
    proof.push(hash);
  }
  return good({ oldSize, proof, note: text.slice(split + 2) });
}
