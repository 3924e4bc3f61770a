/**
 * The key file: wrapped keys in slots of one size, destroyed by overwriting them where they lie. Never in SQL, whose log and
 * copies would keep them. What overwriting is worth depends on the medium: a solid-state disk writes elsewhere and clears the old
 * place when it likes, and a copy-on-write file system keeps it in its snapshots. There only the keys above may be relied on.
 */
import { randomFillSync } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { inTurn, OperationalFault } from '@cityward/kernel';
import {
  decodeSlot,
  encodeSlot,
  idAt,
  runsOf,
  SLOT_BYTES,
  slotState,
  STATE_DESTROYED,
  type WrappedKey,
} from './slot.ts';
import { KeyIndex } from './key-index.ts';

/** Slots that the file grows by: where the disk is full, it is said before a key is written in part. */
export const GROWTH_SLOTS = 8_192;
export const SLOTS_MAX = 8_388_608;
const READ_BYTES = 1_048_576;
/** Slots between two that are written are written with them, as they are: fewer calls, and a torn one changes nothing there. */
const GAP_SLOTS = 32;
const OWNER_ONLY = 0o600;

/** The calls that the file's safety rests on; a test lets them fail, or stop the process. */
export interface SlotFile {
  read(into: Buffer, from: number): Promise<number>;
  write(bytes: Buffer, at: number): Promise<void>;
  datasync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

export interface KeySlots {
  /** Keys that are there. */
  readonly live: number;
  /** Keys whose destruction was cut off and was ended when the file was opened. */
  readonly cleared: number;
  /** Slots that hold what nobody wrote: their keys are lost unless somebody mends the file. */
  readonly damaged: number;
  get(id: Buffer): WrappedKey | null;
  /** Resolves once all are on disk. On a rejection none of them is there. */
  put(keys: readonly WrappedKey[]): Promise<void>;
  /**
   * From the call on none of them is found. Resolves once their slots hold, on disk, first random bytes and then zeros; answers how
   * many there were. Rejects where the disk fails: the keys stay gone here, and whoever asked asks again after the next start.
   */
  destroy(ids: readonly Buffer[]): Promise<number>;
  /** Every key that is there, as the file holds it, one slot after the other: wrapped, for a backup. */
  copyOut(): Buffer;
  /** The keys that are there. */
  all(): Iterable<WrappedKey>;
  /** Reads the file anew: how many slots it has, and how many of them name one of these keys (hexadecimal), whatever else they hold. */
  onDisk(ids: ReadonlySet<string>): Promise<{ readonly read: number; readonly found: number }>;
  /** Of all keys of record versions that are there, hexadecimal. */
  recordKeys(): { readonly id: string; readonly parent: string }[];
  close(): Promise<void>;
}

export interface KeySlotsOptions {
  readonly path: string;
  readonly openFile?: (path: string) => Promise<SlotFile>;
  /** Slots that the file grows by. */
  readonly growth?: number;
}

export async function openKeySlots({
  path,
  openFile = openSlotFile,
  growth = GROWTH_SLOTS,
}: KeySlotsOptions): Promise<KeySlots> {
  const file = await openFile(path);
  try {
    const slots = new Slots({ path, file, growth }, await readWhole(file));
    await slots.takeStock();
    return slots;
  } catch (fault) {
    await file.close();
    throw fault;
  }
}

export async function openSlotFile(path: string): Promise<SlotFile> {
  const handle = await open(path, 'a+', OWNER_ONLY).then((made) => made.close().then(() => open(path, 'r+')));
  const folder = await open(dirname(path), 'r');
  await folder.sync().finally(() => folder.close());
  return {
    read: async (into, from) => (await handle.read(into, 0, into.length, from)).bytesRead,
    write: (bytes, at) => writeAll(handle, bytes, at),
    datasync: () => handle.datasync(),
    truncate: (bytes) => handle.truncate(bytes),
    size: async () => (await handle.stat()).size,
    close: () => handle.close(),
  };
}

async function writeAll(handle: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;)
    done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
}

/** A last slot that is there in part was being grown: it holds nothing. */
async function readWhole(file: SlotFile): Promise<Buffer> {
  const size = Math.floor((await file.size()) / SLOT_BYTES) * SLOT_BYTES;
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size;) {
    const got = await file.read(bytes.subarray(at, Math.min(at + READ_BYTES, size)), at);
    if (got === 0) throw new OperationalFault(`read the key file: it ended at byte ${at}, wanted ${size}`);
    at += got;
  }
  return bytes;
}

function draftOf(key: WrappedKey): Buffer {
  const draft = Buffer.alloc(SLOT_BYTES);
  encodeSlot(draft, 0, key);
  return draft;
}
function noise(): Buffer {
  const bytes = randomFillSync(Buffer.allocUnsafe(SLOT_BYTES));
  bytes[0] = STATE_DESTROYED;
  return bytes;
}

interface Lying {
  readonly path: string;
  readonly file: SlotFile;
  readonly growth: number;
}
class Slots implements KeySlots {
  readonly #path: string;
  readonly #file: SlotFile;
  readonly #index: KeyIndex;
  readonly #growth: number;
  /** What the file holds. */
  #bytes: Buffer;
  #free: number[] = [];
  /** Slots whose content on disk nobody knows: to be cleared before anything else is written. */
  #doubtful: number[] = [];
  readonly #inTurn = inTurn();
  #broken: string | null = null;
  #cleared = 0;
  #damaged = 0;

  constructor({ path, file, growth }: Lying, bytes: Buffer) {
    this.#path = path;
    this.#file = file;
    this.#growth = growth;
    this.#bytes = bytes;
    this.#index = new KeyIndex(bytes);
  }

  get live(): number {
    return this.#index.live;
  }
  get cleared(): number {
    return this.#cleared;
  }
  get damaged(): number {
    return this.#damaged;
  }

  async takeStock(): Promise<void> {
    for (let slot = this.#bytes.length / SLOT_BYTES - 1; slot >= 0; slot--) {
      const state = slotState(this.#bytes, slot * SLOT_BYTES);
      if (state === 'live') {
        if (this.#index.find(decodeSlot(this.#bytes, slot * SLOT_BYTES).id) !== null)
          throw new Error(`open the key file "${this.#path}": slot ${slot} holds a key that another slot holds`);
        this.#index.add(slot);
      } else if (state === 'free') this.#free.push(slot);
      else if (state === 'destroyed') this.#doubtful.push(slot);
      else this.#damaged++;
    }
    this.#cleared = this.#doubtful.length;
    await this.#settle();
  }

  get(id: Buffer): WrappedKey | null {
    const slot = this.#index.find(id);
    return slot === null ? null : decodeSlot(this.#bytes, slot * SLOT_BYTES);
  }

  put(keys: readonly WrappedKey[]): Promise<void> {
    return this.#inTurn(async () => {
      await this.#settle();
      while (this.#free.length < keys.length) await this.#grow();
      const slots = keys.map(() => this.#free.pop()!);
      this.#doubtful = slots;
      const drafts = new Map(slots.map((slot, i) => [slot, draftOf(keys[i]!)]));
      try {
        await this.#write(slots, (slot) => drafts.get(slot)!);
        await this.#sync();
      } catch (fault) {
        await this.#settle().catch(() => undefined); // else before the next write
        throw fault;
      }
      this.#doubtful = [];
      for (const [slot, draft] of drafts) {
        draft.copy(this.#bytes, slot * SLOT_BYTES);
        this.#index.add(slot);
      }
    });
  }

  destroy(ids: readonly Buffer[]): Promise<number> {
    const slots: number[] = [];
    for (const id of ids) {
      const slot = this.#index.find(id);
      if (slot === null) continue;
      this.#index.remove(id);
      this.#bytes.fill(0, slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES);
      slots.push(slot);
    }
    return this.#inTurn(async () => {
      // Kept until they are cleared: what fails here is done before the next write, or at the next start.
      for (const slot of slots) this.#doubtful.push(slot);
      await this.#settle();
      return slots.length;
    });
  }

  copyOut(): Buffer {
    return Buffer.concat([...this.#live()].map((at) => this.#bytes.subarray(at, at + SLOT_BYTES)));
  }
  *all(): Generator<WrappedKey> {
    for (const at of this.#live()) yield decodeSlot(this.#bytes, at);
  }
  *#live(): Generator<number> {
    for (let at = 0; at < this.#bytes.length; at += SLOT_BYTES) if (slotState(this.#bytes, at) === 'live') yield at;
  }

  onDisk(ids: ReadonlySet<string>): Promise<{ read: number; found: number }> {
    return this.#inTurn(async () => {
      const bytes = await readWhole(this.#file);
      let found = 0;
      for (let at = 0; at < bytes.length; at += SLOT_BYTES)
        if (slotState(bytes, at) !== 'free' && ids.has(idAt(bytes, at).toString('hex'))) found++;
      return { read: bytes.length / SLOT_BYTES, found };
    });
  }

  recordKeys(): { readonly id: string; readonly parent: string }[] {
    const found: { id: string; parent: string }[] = [];
    for (let at = 0; at < this.#bytes.length; at += SLOT_BYTES) {
      if (slotState(this.#bytes, at) !== 'live') continue;
      const { role, id, parent } = decodeSlot(this.#bytes, at);
      if (role === 'record') found.push({ id: id.toString('hex'), parent: parent.toString('hex') });
    }
    return found;
  }

  async close(): Promise<void> {
    await this.#inTurn(() => this.#file.close());
    this.#bytes.fill(0);
  }

  /** Random bytes, synced, then zeros, synced. */
  async #settle(): Promise<void> {
    if (this.#broken) throw new OperationalFault(this.#broken);
    const slots = this.#doubtful;
    if (slots.length === 0) return;
    await this.#write(slots, noise);
    await this.#sync();
    const zeros = Buffer.alloc(SLOT_BYTES);
    await this.#write(slots, () => zeros);
    await this.#sync();
    this.#doubtful = [];
    for (const slot of slots) this.#free.push(slot);
  }

  async #write(slots: readonly number[], contentOf: (slot: number) => Buffer): Promise<void> {
    try {
      const meant = new Set(slots);
      for (const { first, count } of runsOf(meant, GAP_SLOTS)) {
        const bytes = Buffer.from(this.#bytes.subarray(first * SLOT_BYTES, (first + count) * SLOT_BYTES));
        for (let i = 0; i < count; i++)
          if (meant.has(first + i)) contentOf(first + i).copy(bytes, i * SLOT_BYTES, 0, SLOT_BYTES);
        await this.#file.write(bytes, first * SLOT_BYTES);
      }
    } catch (fault) {
      throw new OperationalFault(`write the key file "${this.#path}": ${String(fault)}`, { cause: fault });
    }
  }

  async #sync(): Promise<void> {
    try {
      await this.#file.datasync();
    } catch (fault) {
      // After a failed sync the kernel may have dropped the pages and a second one would lie: only a restart reads the truth.
      this.#broken = `sync the key file "${this.#path}": ${String(fault)}; restart after mending the disk`;
      throw new OperationalFault(this.#broken, { cause: fault });
    }
  }

  async #grow(): Promise<void> {
    const before = this.#bytes.length / SLOT_BYTES;
    if (before + this.#growth > SLOTS_MAX)
      throw new OperationalFault(
        `grow the key file "${this.#path}": it has ${before} slots, wanted at most ${SLOTS_MAX}`,
      );
    const more = Buffer.alloc(this.#growth * SLOT_BYTES);
    try {
      await this.#file.write(more, this.#bytes.length);
    } catch (fault) {
      await this.#file.truncate(this.#bytes.length).catch(() => undefined);
      throw new OperationalFault(`grow the key file "${this.#path}": ${String(fault)}; free some space`, {
        cause: fault,
      });
    }
    await this.#sync();
    this.#bytes = Buffer.concat([this.#bytes, more]);
    this.#index.follow(this.#bytes);
    for (let slot = before + this.#growth - 1; slot >= before; slot--) this.#free.push(slot);
  }
}
