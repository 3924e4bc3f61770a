/** Checkpoints (c2sp.org/tlog-checkpoint): what a log says of itself at one size, as a signed note. */
import { HASH_BYTES } from './hash.ts';
import { openNote, signNote, type NoteSigner, type VerifierKey } from './note.ts';
import { bad, good, parseBase64, parseDecimal, quoted, toBase64, type Parsed } from './parsed.ts';

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  /** Lines after the root; none is recommended. */
  readonly extensions: readonly string[];
}

const HEADER_LINES = 3;

/** The text that is signed. Throws on an empty or multi-line origin or extension. */
export function formatCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  const lines = [origin, String(size), toBase64(root), ...extensions];
  if (lines.some((line) => line === '' || line.includes('\n')))
    throw new Error('write a checkpoint: each of its lines must be one non-empty line');
  return `${lines.join('\n')}\n`;
}

/** Reads the text of a checkpoint; its signature is checked elsewhere. */
export function parseCheckpoint(text: string): Parsed<Checkpoint> {
  const lines = text.split('\n');
  if (lines.pop() !== '' || lines.length < HEADER_LINES || lines.includes(''))
    return bad('read a checkpoint: wanted lines of origin, size and root, none empty, the last ended by a newline');
  const [origin = '', sizeText = '', rootText = '', ...extensions] = lines;
  const size = parseDecimal(sizeText);
  if (size === null) return bad(`read a checkpoint: size ${quoted(sizeText)} is no decimal without leading zeroes`);
  const root = parseBase64(rootText);
  if (root?.length !== HASH_BYTES) return bad(`read a checkpoint: root ${quoted(rootText)} is not 32 bytes in base64`);
  return good({ origin, size, root, extensions });
}

export const signCheckpoint = (checkpoint: Checkpoint, signers: readonly NoteSigner[]): string =>
  signNote(formatCheckpoint(checkpoint), signers);

/**
 * Verifies a signed checkpoint of the log that `key` names: the origin must be the key's name, so that one log's checkpoint
 * cannot be shown as another's.
 */
export function openCheckpoint(note: Uint8Array | string, key: VerifierKey): Parsed<Checkpoint> {
  const opened = openNote(note, [key]);
  if (!opened.ok) return opened;
  const checkpoint = parseCheckpoint(opened.value.text);
  if (checkpoint.ok && checkpoint.value.origin !== key.name)
    return bad(`open a checkpoint: it is of log ${quoted(checkpoint.value.origin)}, wanted ${quoted(key.name)}`);
  return checkpoint;
}
