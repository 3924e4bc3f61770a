/**
 * The keys of the weeks of backups. They lie beside the root, in slots that are overwritten, never in a backup: a key that is
 * destroyed here takes every key backup of its week along.
 */
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '@cityward/journal';
import { OperationalFault, type Clock } from '@cityward/kernel';
import { keyContext } from '../domain/binding.ts';
import { dueEpochs, epochAt } from '../domain/epoch.ts';
import { openKeySlots, type KeySlots, type SlotFile } from '../keys/key-slots.ts';
import type { RootKey } from '../keys/keyring.ts';
import { KEY_BYTES, KEY_ID_BYTES, type WrappedKey } from '../keys/slot.ts';

const FILE = 'epochs';
export const ROOT_FILE = 'root.key';
/** Wrapped by the root: of use with it alone. */
export const MARK_FILE = 'mark.key';
/** One for each week that counts: more are never held at once. */
const GROWTH_SLOTS = 64;
const OWNER_ONLY_FOLDER = 0o700;
const NUMBER_AT = KEY_ID_BYTES / 2;

export interface EpochKey {
  readonly epoch: number;
  /** Hex. */
  readonly id: string;
  readonly key: Buffer;
}
export interface EpochsParts {
  readonly keyFolder: string;
  readonly root: RootKey;
  readonly clock: Clock;
  /** How long the key of a week is kept after it. */
  readonly weeks: number;
  readonly openFile?: ((path: string) => Promise<SlotFile>) | undefined;
}

const numberOf = (id: Buffer): number => Number(id.readBigUInt64BE(NUMBER_AT));

export class Epochs {
  readonly #parts: EpochsParts;
  readonly #slots: KeySlots;

  private constructor(parts: EpochsParts, slots: KeySlots) {
    this.#parts = parts;
    this.#slots = slots;
  }
  static async open(parts: EpochsParts): Promise<Epochs> {
    return new Epochs(parts, await openIn(parts.keyFolder, parts.openFile));
  }

  /** Weeks whose key is held. */
  held(): readonly number[] {
    return [...this.#slots.all()].map(({ id }) => numberOf(id)).sort((a, b) => a - b);
  }

  /** The key of this week, on disk before it is given out. */
  async current(): Promise<EpochKey> {
    const epoch = epochAt(this.#parts.clock());
    const held = await this.open(epoch);
    if (held) return held;
    const id = randomBytes(KEY_ID_BYTES);
    id.writeBigUInt64BE(BigInt(epoch), NUMBER_AT);
    const key = randomBytes(KEY_BYTES);
    const { root } = this.#parts;
    const place = { role: 'epoch', id, parent: Buffer.from(root.id, 'hex') } as const;
    await this.#slots.put([{ ...place, ...(await root.wrap(key, keyContext(place))) }]);
    return { epoch, id: id.toString('hex'), key };
  }

  /** `null` for a week whose key is destroyed, or never was here. */
  async open(epoch: number): Promise<EpochKey | null> {
    const slot = this.#slotOf(epoch);
    return slot && unwrapped(this.#parts.root, slot);
  }
  holds(id: string): boolean {
    return this.#slots.get(Buffer.from(id, 'hex')) !== null;
  }
  #slotOf(epoch: number): WrappedKey | null {
    for (const slot of this.#slots.all()) if (numberOf(slot.id) === epoch) return slot;
    return null;
  }

  /** Overwrites the keys of weeks that are over for long enough. Answers which those were. */
  async destroyDue(): Promise<readonly number[]> {
    const { clock, weeks } = this.#parts;
    const due = new Set(dueEpochs(this.held(), clock(), weeks));
    const ids = [...this.#slots.all()].filter(({ id }) => due.has(numberOf(id))).map(({ id }) => id);
    await this.#slots.destroy(ids);
    return [...due];
  }

  /** All of them: every key backup there is opens for nobody. */
  async destroyAll(): Promise<void> {
    await this.#slots.destroy([...this.#slots.all()].map(({ id }) => id));
  }

  /**
   * Brings a folder on another medium, kept apart from the backups, to what is held here: what was destroyed here is overwritten
   * there. Without it a backup is of no use once this machine is lost.
   */
  async keepApart(folder: string): Promise<void> {
    const { keyFolder } = this.#parts;
    await mkdir(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
    for (const name of [ROOT_FILE, MARK_FILE]) {
      const [here, there] = [join(keyFolder, name), join(folder, name)];
      if ((await isThere(here)) && !(await isThere(there))) await copyFile(here, there);
    }
    await syncFolder(folder);
    const slots = await openIn(folder, undefined);
    try {
      const held = new Map([...this.#slots.all()].map((slot) => [slot.id.toString('hex'), slot]));
      const kept = new Set([...slots.all()].map(({ id }) => id.toString('hex')));
      await slots.destroy([...kept].filter((id) => !held.has(id)).map((id) => Buffer.from(id, 'hex')));
      const missing = [...held].filter(([id]) => !kept.has(id)).map(([, slot]) => slot);
      if (missing.length > 0) await slots.put(missing);
    } finally {
      await slots.close();
    }
  }

  close(): Promise<void> {
    return this.#slots.close();
  }
}

/** The key of a week from a folder that was kept apart, `null` where it has none. */
export async function epochFrom(folder: string, root: RootKey, epoch: number): Promise<EpochKey | null> {
  if (!(await isThere(join(folder, FILE))))
    throw new OperationalFault(`take backup keys from "${folder}": there is no file "${FILE}"`);
  const slots = await openIn(folder, undefined);
  try {
    for (const slot of slots.all()) if (numberOf(slot.id) === epoch) return await unwrapped(root, slot);
    return null;
  } finally {
    await slots.close();
  }
}

const openIn = (folder: string, openFile: EpochsParts['openFile']): Promise<KeySlots> =>
  openKeySlots({ path: join(folder, FILE), growth: GROWTH_SLOTS, ...(openFile ? { openFile } : {}) });

async function unwrapped(root: RootKey, slot: WrappedKey): Promise<EpochKey | null> {
  const key = slot.role === 'epoch' ? await root.unwrap(slot, keyContext(slot)) : null;
  return key && { epoch: numberOf(slot.id), id: slot.id.toString('hex'), key };
}

export const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
