/**
 * What a witness has seen of each log, and its answers (c2sp.org/tlog-witness, add-checkpoint). It signs a checkpoint only where it
 * extends the newest that it signed before, and what it signs is on disk before anybody has the signature.
 */
import type { FileHandle } from 'node:fs/promises';
import { openJournal } from '@cityward/journal';
import { inTurn, type Clock } from '@cityward/kernel';
import { verifyConsistency } from '@cityward/tlog-tiles';
import { openCheckpoint, parseCheckpoint, type Checkpoint } from '@cityward/tlog-tiles/checkpoint';
import type { Cosigner } from '@cityward/tlog-tiles/cosignature';
import { noteText, type VerifierKey } from '@cityward/tlog-tiles/note';
import { parseAddCheckpoint, SIZE_TYPE, type AddCheckpoint } from '@cityward/tlog-tiles/witness-request';

const TEXT_TYPE = 'text/plain; charset=utf-8';
const SECOND_MS = 1_000;

export interface Answer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly type: string;
  readonly body: string;
}
export interface Seen {
  readonly origin: string;
  readonly size: number;
  /** Base64. */
  readonly root: string;
}
export interface Witness {
  /** A request as it came; rejects where the disk does not take what would be signed. */
  add(request: Uint8Array): Promise<Answer>;
  /** Per log, the newest that it signed. */
  seen(): readonly Seen[];
  close(): Promise<void>;
}

export interface WitnessOptions {
  /** Where it keeps what it has seen. */
  readonly path: string;
  readonly signer: Cosigner;
  /** The keys of the logs that it knows; a log is known by its origin, which is its key's name. */
  readonly logs: readonly VerifierKey[];
  readonly clock: Clock;
  /** Test seam: a file that fails. */
  readonly openHandle?: (path: string) => Promise<FileHandle>;
}

interface Entry extends Seen {
  readonly sequence: number;
  /** As it was signed by the log: what proves a fork that comes later. */
  readonly note: string;
}

const text = (status: Answer['status'], body: string): Answer => ({ status, type: TEXT_TYPE, body: `${body}\n` });
const sizeAnswer = (size: number): Answer => ({ status: 409, type: SIZE_TYPE, body: `${size}\n` });
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Throws where the file is damaged: a witness that forgot would sign a log that went back. */
export async function openWitness({ path, signer, logs, clock, openHandle }: WitnessOptions): Promise<Witness> {
  const about = ({ origin }: Entry): string => origin;
  const journal = await openJournal<Entry>({ path, after: 0, about, ...(openHandle ? { openHandle } : {}) });
  const newest = new Map(journal.entries.map((entry) => [entry.origin, entry]));
  const turns = new Map(logs.map(({ name }) => [name, inTurn()]));

  /** One after the other for each log: else a slow answer could put a shorter tree back over a longer one. */
  const judge = async ({ oldSize, proof, note }: AddCheckpoint, checkpoint: Checkpoint): Promise<Answer> => {
    const { origin, size } = checkpoint;
    const root = base64(checkpoint.root);
    const held = newest.get(origin);
    const heldSize = held?.size ?? 0;
    if (oldSize !== heldSize) return sizeAnswer(heldSize);
    if (held && size === held.size && root !== held.root) return sizeAnswer(heldSize);
    const oldRoot = held ? Buffer.from(held.root, 'base64') : null;
    if (!extendsSeen({ oldSize, oldRoot, proof }, checkpoint))
      return text(422, 'the proof does not show that the log only grew');
    if (held?.size !== size || held.root !== root) {
      const [entry] = await journal.append([{ origin, size, root, note }]);
      newest.set(origin, entry!);
    }
    const signed = note.slice(0, note.lastIndexOf('\n\n') + 1);
    return { status: 200, type: TEXT_TYPE, body: signer.cosign(signed, Math.floor(clock() / SECOND_MS)) };
  };

  return {
    add: async (request) => {
      const asked = readRequest(request, logs);
      if ('status' in asked) return asked;
      return turns.get(asked.checkpoint.origin)!(() => judge(asked.request, asked.checkpoint));
    },
    seen: () => [...newest.values()].map(({ origin, size, root }) => ({ origin, size, root })),
    close: () => journal.close(),
  };
}

interface Growth extends Pick<AddCheckpoint, 'oldSize' | 'proof'> {
  readonly oldRoot: Uint8Array | null;
}
/** From nothing there is nothing to prove. */
function extendsSeen({ oldSize, oldRoot, proof }: Growth, { size, root }: Checkpoint): boolean {
  if (oldSize === 0 || oldRoot === null) return proof.length === 0;
  return verifyConsistency({ oldSize, oldRoot, size, root, proof });
}

interface Asked {
  readonly request: AddCheckpoint;
  readonly checkpoint: Checkpoint;
}
/** In the order of the specification: form, origin, signature, sizes. */
function readRequest(bytes: Uint8Array, logs: readonly VerifierKey[]): Asked | Answer {
  const decoded = noteText(bytes);
  if (!decoded.ok) return text(400, decoded.error);
  const request = parseAddCheckpoint(decoded.value);
  if (!request.ok) return text(400, request.error);
  const { note, oldSize } = request.value;
  const body = parseCheckpoint(note.slice(0, note.lastIndexOf('\n\n') + 1));
  if (!body.ok) return text(400, body.error);
  const keys = logs.filter(({ name }) => name === body.value.origin);
  if (keys.length === 0) return text(404, 'this log is not known here');
  const opened = keys.map((key) => openCheckpoint(note, key)).find(({ ok }) => ok);
  if (!opened?.ok) return text(403, 'no known key of this log signed the checkpoint');
  if (oldSize > opened.value.size)
    return text(400, `the old size ${oldSize} is more than the checkpoint's ${opened.value.size}`);
  return { request: request.value, checkpoint: opened.value };
}
