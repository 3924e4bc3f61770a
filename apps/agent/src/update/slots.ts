/**
 * Two slots for the firmware and two for the configuration document: the one in use is never written to, a new one is tried
 * first, and only what carries a label that its bytes answer to is ever run.
 */
import { createHash } from 'node:crypto';
import { readJson, replaceFile, replaceJson, type Disk } from './disk.ts';

const BOOT_FILE = 'boot.json';
/** A new slot that was started so often without being confirmed is given up: it may be what brings the device down. */
export const TRIAL_BOOTS_MAX = 3;

export type Part = 'firmware' | 'document';
export const PARTS: readonly Part[] = ['firmware', 'document'];
export type SlotName = 'a' | 'b';

/** What a slot holds; written only after its bytes were found to be these. */
export interface Label {
  /** Of firmware; of a document it is its hash. */
  readonly version: string;
  readonly sha256: string;
  readonly size: number;
}
interface Trial {
  readonly slot: SlotName;
  /** How often it was started. */
  readonly boots: number;
}
export interface PartBoot {
  readonly active: SlotName | null;
  readonly trying: Trial | null;
}
export type BootRecord = Readonly<Record<Part, PartBoot>>;

/** What runs of one part since the last start. */
export interface Running {
  readonly slot: SlotName;
  readonly label: Label;
  /** Not confirmed: the next start but few goes back. */
  readonly trial: boolean;
}
export type Booted = Readonly<Record<Part, Running | null>>;

export const imageName = (part: Part, slot: SlotName): string => `${part}-${slot}`;
const labelName = (part: Part, slot: SlotName): string => `${part}-${slot}.json`;
const NOTHING: PartBoot = { active: null, trying: null };

const isSlot = (value: unknown): value is SlotName => value === 'a' || value === 'b';

function partBootOf(value: unknown): PartBoot {
  const { active, trying } = (value ?? {}) as { active?: unknown; trying?: Partial<Trial> | null };
  const trial = trying && isSlot(trying.slot) ? { slot: trying.slot, boots: Number(trying.boots ?? 0) } : null;
  return { active: isSlot(active) ? active : null, trying: trial };
}

export function readBoot(disk: Disk): BootRecord | null {
  const value = readJson(disk, BOOT_FILE) as Partial<Record<Part, unknown>> | null;
  if (typeof value !== 'object' || value === null) return null;
  return { firmware: partBootOf(value.firmware), document: partBootOf(value.document) };
}

export const writeBoot = (disk: Disk, record: BootRecord): void => replaceJson(disk, BOOT_FILE, record);

export function readLabel(disk: Disk, part: Part, slot: SlotName): Label | null {
  const value = readJson(disk, labelName(part, slot)) as Partial<Label> | null;
  if (typeof value?.version !== 'string' || typeof value.sha256 !== 'string' || typeof value.size !== 'number')
    return null;
  return { version: value.version, sha256: value.sha256, size: value.size };
}

/** Gone for good on return, so that bytes written into the slot from now on carry no label. */
export function removeLabel(disk: Disk, part: Part, slot: SlotName): void {
  disk.remove(labelName(part, slot));
  disk.syncFolder();
}

/** Labels the slot; the caller has found its bytes to be these and has synced them. */
export const writeLabel = (
  disk: Disk,
  { part, slot }: { readonly part: Part; readonly slot: SlotName },
  label: Label,
): void => replaceJson(disk, labelName(part, slot), label);

/** The slot's label, where its bytes answer to it. */
export function verifiedLabel(disk: Disk, part: Part, slot: SlotName): Label | null {
  const label = readLabel(disk, part, slot);
  const digest = label && disk.digest(imageName(part, slot));
  return digest && digest.sha256 === label.sha256 && digest.size === label.size ? label : null;
}

/** Where a new one goes: never over the one to fall back on. */
export const freeSlot = ({ active }: PartBoot): SlotName => (active === 'a' ? 'b' : 'a');

const otherOf = (slot: SlotName): SlotName => (slot === 'a' ? 'b' : 'a');

interface Choice {
  readonly boot: PartBoot;
  readonly running: Running | null;
}

/** Chooses what to run of one part: the trial while it has starts left and its bytes are good, else the one before it. */
function choose(disk: Disk, part: Part, was: PartBoot): Choice {
  const { active, trying } = was;
  if (trying && trying.boots < TRIAL_BOOTS_MAX) {
    const label = verifiedLabel(disk, part, trying.slot);
    if (label) {
      const boot = { active, trying: { slot: trying.slot, boots: trying.boots + 1 } };
      return { boot, running: { slot: trying.slot, label, trial: true } };
    }
  }
  if (active === null) return { boot: NOTHING, running: null };
  const label = verifiedLabel(disk, part, active);
  if (label) return { boot: { active, trying: null }, running: { slot: active, label, trial: false } };
  // The disk lost what was in use: the other slot, if it is whole, is better than nothing.
  const other = otherOf(active);
  const spare = verifiedLabel(disk, part, other);
  if (spare) return { boot: { active: other, trying: null }, running: { slot: other, label: spare, trial: false } };
  return { boot: { active, trying: null }, running: null };
}

/** What the device left the factory with, put where every later one is put. */
function leaveFactory(disk: Disk, version: string): void {
  const image = Buffer.from(`firmware ${version} as it left the factory\n`);
  const name = imageName('firmware', 'a');
  replaceFile(disk, name, image);
  const sha256 = createHash('sha256').update(image).digest('hex');
  writeLabel(disk, { part: 'firmware', slot: 'a' }, { version, sha256, size: image.length });
}

/**
 * A start of the device: decides what runs, and has written that down before it runs.
 * @param factory firmware version that a device without any record has; null for one that says none
 */
export function boot(disk: Disk, factory: string | null): Booted {
  let record = readBoot(disk);
  if (!record) {
    if (factory !== null) leaveFactory(disk, factory);
    record = { firmware: { active: factory === null ? null : 'a', trying: null }, document: NOTHING };
    writeBoot(disk, record);
  }
  const firmware = choose(disk, 'firmware', record.firmware);
  const document = choose(disk, 'document', record.document);
  const next: BootRecord = { firmware: firmware.boot, document: document.boot };
  if (JSON.stringify(next) !== JSON.stringify(record)) writeBoot(disk, next);
  return { firmware: firmware.running, document: document.running };
}

const changed = (disk: Disk, part: Part, change: (was: PartBoot) => PartBoot): void => {
  const record = readBoot(disk) ?? { firmware: NOTHING, document: NOTHING };
  writeBoot(disk, { ...record, [part]: change(record[part]) });
};

/** From the next start on the slot is tried. */
export const tryNext = (disk: Disk, part: Part, slot: SlotName): void =>
  changed(disk, part, ({ active }) => ({ active, trying: { slot, boots: 0 } }));

/** What is tried stays. */
export const confirm = (disk: Disk, part: Part, slot: SlotName): void =>
  changed(disk, part, () => ({ active: slot, trying: null }));

/** From the next start on the one before runs again. */
export const giveUp = (disk: Disk, part: Part): void => changed(disk, part, ({ active }) => ({ active, trying: null }));
