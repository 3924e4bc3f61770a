/** Can anything that was destroyed be opened from a backup? Tried with every key of backups that is left, whatever the register says. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import { firstStored } from '../copies/copy-store.ts';
import { keyContext } from '../domain/binding.ts';
import { openSealedKey, type RootKey } from '../keys/keyring.ts';
import { decodeSlot, SLOT_BYTES, slotState, type WrappedKey } from '../keys/slot.ts';
import type { VersionKey } from '../records/destroying-store.ts';
import { isThere, type Epochs } from './epochs.ts';
import { pathOf } from './keeper.ts';
import { FILES, keysContext, readManifest } from './manifest.ts';
import { backupsUntil } from './rows.ts';
import { openKeys } from './sealed-keys.ts';

/** Of the backups that held it; of more, so many spread over all of them. */
const BACKUPS_TRIED_MAX = 16;
/** Keys that are looked for in each. */
const KEYS_TRIED_MAX = 64;

export interface Tried {
  /** Backups that are there and were made while it was held. */
  readonly tried: number;
  /** Those from which a key of it came out. */
  readonly opened: number;
}
export interface Destroyed {
  readonly versions: readonly VersionKey[];
  readonly at: number;
}
export type TryBackups = (what: Destroyed) => Promise<Result<Tried, Refusal>>;

interface Parts {
  readonly sql: Sql;
  /** `null` where another process has the keys: nothing can be tried here. */
  readonly keyStore: { readonly root: RootKey; readonly epochs: Epochs } | null;
}
export const tryBackups =
  ({ sql, keyStore }: Parts): TryBackups =>
  async ({ versions, at }) => {
    const made = await backupsUntil(sql, at);
    if (made.length === 0) return ok({ tried: 0, opened: 0 });
    const since = await firstStored(sql, [...new Set(versions.map(({ record }) => record))]);
    const there: string[] = [];
    for (const { place, created } of made)
      if (created >= since && (await isThere(join(pathOf(place), FILES.keys)))) there.push(pathOf(place));
    const some = sampleOf(there, BACKUPS_TRIED_MAX);
    if (some.length > 0 && keyStore === null)
      return refuse('unavailable', 'BACKUPS_ELSEWHERE', 'try the backups: wanted the process that has the keys');
    const wanted = new Set(sampleOf(versions, KEYS_TRIED_MAX).map(({ key }) => key));
    let opened = 0;
    for (const folder of some) if (await opens(keyStore!, folder, wanted)) opened++;
    return ok({ tried: some.length, opened });
  };

/** The first and the last among them. */
function sampleOf<Item>(all: readonly Item[], most: number): readonly Item[] {
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, i) => all[Math.round((i * (all.length - 1)) / (most - 1))]!);
}

async function opens(
  ...[{ root, epochs }, folder, wanted]: readonly [NonNullable<Parts['keyStore']>, string, ReadonlySet<string>]
): Promise<boolean> {
  const { manifest } = await readManifest(folder);
  const sealed = await readFile(join(folder, FILES.keys));
  const context = keysContext({ id: manifest.id, epoch: manifest.epoch.number, root: manifest.root });
  for (const week of epochs.held()) {
    const held = await epochs.open(week);
    const slots = held && openKeys(held.key, sealed, context);
    held?.key.fill(0);
    if (!slots) continue;
    const isOpen = await hasKeyOf(root, slots, wanted);
    slots.fill(0);
    if (isOpen) return true;
  }
  return false;
}

/** Unwrapped down from the root, as whoever has all of it would. */
async function hasKeyOf(root: RootKey, slots: Buffer, wanted: ReadonlySet<string>): Promise<boolean> {
  const all = new Map<string, WrappedKey>();
  for (let at = 0; at < slots.length; at += SLOT_BYTES)
    if (slotState(slots, at) === 'live') {
      const slot = decodeSlot(slots, at);
      all.set(slot.id.toString('hex'), slot);
    }
  const keyOf = async (slot: WrappedKey | undefined): Promise<Buffer | null> => {
    if (!slot) return null;
    if (slot.role === 'subject') return root.unwrap(slot, keyContext(slot));
    const parent = await keyOf(all.get(slot.parent.toString('hex')));
    return parent && openSealedKey(parent, slot, keyContext(slot));
  };
  for (const id of wanted) if (await keyOf(all.get(id))) return true;
  return false;
}
