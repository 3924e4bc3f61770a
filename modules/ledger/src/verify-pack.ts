/** Verifies an evidence pack offline: every byte of it is either proven or refused. */
import { leafHash, verifyInclusion } from '@cityward/tlog-tiles';
import { parseCheckpoint, type Checkpoint } from '@cityward/tlog-tiles/checkpoint';
import { openNote, parseVerifierKey } from '@cityward/tlog-tiles/note';
import { decodeProof } from '@cityward/tlog-tiles/proof-file';
import { commitmentOf, SALT_BYTES } from './commitment.ts';
import { entryText, parseBody, type Body } from './domain/body.ts';
import { describeFact } from './domain/text.ts';
import {
  CHECKPOINT_FILE,
  exhibitFiles,
  exhibitIndex,
  EXPORT_TYPE,
  GUIDE_FILE,
  MANIFEST_FILE,
  parseManifest,
  sha256Hex,
  type Manifest,
} from './pack-format.ts';
import { readZip } from '@cityward/formats/zip';

export interface VerifyOptions {
  /** The log's key as `name+id+base64`, from outside of what is verified. */
  readonly verifierKey: string;
}

/** One exhibit, proven. */
export interface ProvenExhibit {
  readonly index: number;
  readonly at: number;
  readonly type: string;
  readonly text: string;
  readonly body: Body;
}

export interface PackVerdict {
  readonly ok: boolean;
  /** What was found, in plain English, good or bad. */
  readonly sentences: readonly string[];
  readonly faults: readonly string[];
  readonly counts: { readonly entries: number; readonly commitments: number; readonly proofs: number };
  readonly origin: string | null;
  readonly size: number | null;
  readonly root: string | null;
  readonly incident: string | null;
  /** Only when `ok`. */
  readonly exhibits: readonly ProvenExhibit[];
}

const FAULTS_MAX = 50;
const text = (bytes: Uint8Array | undefined): string => (bytes ? Buffer.from(bytes).toString('utf8') : '');

interface Opened {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly manifest: Manifest;
  readonly note: string;
  readonly checkpoint: Checkpoint;
  readonly indices: readonly number[];
}

class Fault extends Error {}

function openPack(bytes: Uint8Array, verifierKey: string): Opened {
  const key = parseVerifierKey(verifierKey);
  if (!key.ok) throw new Fault(key.error);
  const files = readZip(bytes);
  if (!files) throw new Fault('The pack is not a zip as Cityward writes it: it was changed, cut off or packed again');
  const manifest = parseManifest(text(files.get(MANIFEST_FILE)));
  if (!manifest) throw new Fault(`${MANIFEST_FILE} is missing or not as it was written`);
  const note = text(files.get(CHECKPOINT_FILE));
  const opened = openNote(note, [key.value]);
  if (!opened.ok) throw new Fault(`The checkpoint does not hold: ${opened.error}`);
  // Lines by others are legal in a checkpoint but prove nothing here, and would be bytes that nobody vouches for.
  if (note.slice(opened.value.text.length + 1).split('\n').length !== 2)
    throw new Fault('The checkpoint carries signatures by others');
  const checkpoint = parseCheckpoint(opened.value.text);
  if (!checkpoint.ok) throw new Fault(checkpoint.error);
  if (checkpoint.value.origin !== key.value.name || manifest.origin !== key.value.name)
    throw new Fault(`The pack is of log "${manifest.origin}", the key of "${key.value.name}"`);
  const indices = [...files.keys()].flatMap((name) => exhibitIndex(name) ?? []).sort((a, b) => a - b);
  const expected = 3 + indices.length * 4;
  if (files.size !== expected)
    throw new Fault(`The pack holds ${files.size} files, wanted ${expected} for ${indices.length} entries`);
  if (sha256Hex(files.get(GUIDE_FILE) ?? '') !== manifest.guide)
    throw new Fault(`${GUIDE_FILE} is missing or was changed`);
  return { files, manifest, note, checkpoint: checkpoint.value, indices };
}

/** Proves one exhibit; throws a Fault that says what does not hold. */
function proveExhibit({ files, note, checkpoint }: Opened, index: number): ProvenExhibit {
  const names = exhibitFiles(index);
  const [entry, bodyBytes, saltBytes, proofBytes] = [names.entry, names.body, names.salt, names.proof].map((name) =>
    files.get(name),
  );
  if (!entry || !bodyBytes || !saltBytes || !proofBytes)
    throw new Fault(`Entry ${index}: one of its four files is missing`);
  const saltText = text(saltBytes);
  if (!new RegExp(`^[0-9a-f]{${SALT_BYTES * 2}}\n$`).test(saltText))
    throw new Fault(`Entry ${index}: its salt is not readable`);
  const body = parseBody(text(bodyBytes));
  if (!body) throw new Fault(`Entry ${index}: its body is not readable`);
  const commitment = commitmentOf(Buffer.from(saltText.trim(), 'hex'), bodyBytes);
  if (entryText(body, commitment) !== text(entry))
    throw new Fault(`Entry ${index}: body and salt are not what the entry commits to`);
  const proof = decodeProof(proofBytes);
  if (!proof.ok) throw new Fault(`Entry ${index}: ${proof.error}`);
  if (proof.value.index !== index || proof.value.extra || proof.value.checkpoint !== note)
    throw new Fault(`Entry ${index}: its proof is of another place, or under another checkpoint`);
  const { size, root } = checkpoint;
  if (!verifyInclusion({ leafHash: leafHash(entry), index, size, root, proof: proof.value.hashes }))
    throw new Fault(`Entry ${index}: the log of ${size} entries does not hold it there`);
  return { index, at: body.at, type: body.type, text: describeFact(body), body };
}

/** The last exhibit must be the log's own word that just these entries were exported. */
function checkExport({ files, manifest, indices }: Opened, last: ProvenExhibit | undefined): void {
  const { data, type, module } = last?.body ?? {};
  if (type !== EXPORT_TYPE || module !== 'ledger' || data?.['manifest'] !== sha256Hex(files.get(MANIFEST_FILE) ?? ''))
    throw new Fault('The last entry does not tell of this export: the manifest was changed, or entries were left out');
  if (manifest.entries.join() !== indices.slice(0, -1).join())
    throw new Fault('The entries are not those that the manifest lists');
}

/** Never throws on what is in the pack; `ok` only when every byte of it is accounted for. */
export function verifyPack(bytes: Uint8Array, { verifierKey }: VerifyOptions): PackVerdict {
  const faults: string[] = [];
  let opened: Opened;
  try {
    opened = openPack(bytes, verifierKey);
  } catch (error) {
    return verdict({ faults: [sayFault(error)], opened: null, exhibits: [] });
  }
  const exhibits: ProvenExhibit[] = [];
  for (const index of opened.indices) {
    if (faults.length >= FAULTS_MAX) break;
    try {
      exhibits.push(proveExhibit(opened, index));
    } catch (error) {
      faults.push(sayFault(error));
    }
  }
  try {
    if (faults.length === 0) checkExport(opened, exhibits.at(-1));
  } catch (error) {
    faults.push(sayFault(error));
  }
  return verdict({ faults, opened, exhibits });
}

const sayFault = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function verdict(found: {
  faults: readonly string[];
  opened: Opened | null;
  exhibits: readonly ProvenExhibit[];
}): PackVerdict {
  const { faults, opened, exhibits } = found;
  const ok = faults.length === 0 && opened !== null;
  const proven = exhibits.length;
  const sentences = ok
    ? [
        `The checkpoint over ${opened.checkpoint.size} entries is signed by ${opened.checkpoint.origin}`,
        `All ${proven} entries are in the log under that checkpoint, each at its place`,
        `All ${proven} bodies are those that their entries committed to`,
        `The log itself tells who exported them: ${exhibits.at(-1)!.text}`,
      ]
    : ['This pack does not verify; do not rely on any of it', ...faults];
  return {
    ok,
    sentences,
    faults,
    counts: { entries: opened?.indices.length ?? 0, commitments: proven, proofs: proven },
    origin: opened?.manifest.origin ?? null,
    size: opened?.checkpoint.size ?? null,
    root: opened ? Buffer.from(opened.checkpoint.root).toString('base64') : null,
    incident: opened?.manifest.incident ?? null,
    exhibits: ok ? exhibits : [],
  };
}
