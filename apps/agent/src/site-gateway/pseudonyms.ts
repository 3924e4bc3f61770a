/**
 * Number plates and addresses of network cards become pseudonyms before they leave the site: HMAC under a key that lives here alone
 * and is overwritten at the end of its day. From then on nobody can tell, by trying all plates there are, whose a pseudonym was.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { Sighting, SightingClass } from '@cityward/contracts';
import type { Disk } from '../update/disk.ts';

/** Where the key of the day lies. */
export type KeyDisk = Pick<Disk, 'read' | 'erase' | 'create' | 'append' | 'sync' | 'rename' | 'syncFolder'>;

const KEY_FILE = 'sightings.key';
const NEXT_FILE = 'sightings.key.next';
const KEY_BYTES = 32;
const PSEUDONYM_BYTES = 16;
const DAY_CHARS = 10;
const RAW_MAX_CHARS = 64;

/** As the sensor read it; never kept, never sent, never in a line of log. */
export interface RawSighting {
  readonly at: number;
  readonly seenBy: string;
  readonly of: SightingClass;
  readonly raw: string;
}
export interface Pseudonyms {
  /** `null` for what is no plate or address. */
  of(seen: RawSighting): Sighting | null;
}

/** One plate is one plate, however a camera writes it. */
const SHAPES: Readonly<Record<SightingClass, { readonly shape: RegExp; plain(raw: string): string }>> = {
  'number-plate': { shape: /^[A-Z0-9]{1,10}$/, plain: (raw) => raw.toUpperCase().replaceAll(/[\s-]/g, '') },
  parking: { shape: /^[A-Z0-9]{1,10}$/, plain: (raw) => raw.toUpperCase().replaceAll(/[\s-]/g, '') },
  'network-address': { shape: /^[0-9a-f]{12}$/, plain: (raw) => raw.toLowerCase().replaceAll(/[:.-]/g, '') },
};
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, DAY_CHARS);

/** @param disk of this gateway alone; @param now the gateway's own clock, whatever a camera says */
export function createPseudonyms(disk: KeyDisk, now: () => number): Pseudonyms {
  let held = readKey(disk);
  const keyFor = (day: string): Buffer => {
    if (held?.day === day) return held.key;
    held?.key.fill(0);
    held = { day, key: randomBytes(KEY_BYTES) };
    writeKey(disk, held);
    return held.key;
  };
  return {
    of: ({ at, seenBy, of, raw }) => {
      const plain = raw.length <= RAW_MAX_CHARS ? SHAPES[of].plain(raw) : '';
      if (!SHAPES[of].shape.test(plain)) return null;
      const day = dayOf(now());
      const mac = createHmac('sha256', keyFor(day)).update(`${of}\0${plain}`).digest();
      return {
        kind: 'sighting',
        at,
        seen_by: seenBy,
        of,
        pseudonym: mac.subarray(0, PSEUDONYM_BYTES).toString('hex'),
        day,
      };
    },
  };
}

interface DayKey {
  readonly day: string;
  readonly key: Buffer;
}
function readKey(disk: KeyDisk): DayKey | null {
  const bytes = disk.read(KEY_FILE);
  if (bytes?.length !== DAY_CHARS + KEY_BYTES) return null;
  return { day: bytes.subarray(0, DAY_CHARS).toString('latin1'), key: Buffer.from(bytes.subarray(DAY_CHARS)) };
}
/** The old one is overwritten first: a power cut in between leaves none, and a new one is made. */
function writeKey(disk: KeyDisk, { day, key }: DayKey): void {
  if (disk.read(KEY_FILE)) disk.erase(KEY_FILE);
  if (disk.read(NEXT_FILE)) disk.erase(NEXT_FILE);
  disk.create(NEXT_FILE);
  disk.append(NEXT_FILE, Buffer.concat([Buffer.from(day, 'latin1'), key]));
  disk.sync(NEXT_FILE);
  disk.rename(NEXT_FILE, KEY_FILE);
  disk.syncFolder();
}

/** For a gateway that is only played: its key ends with it. */
export function inMemory(): KeyDisk {
  const files = new Map<string, Buffer>();
  const nothing = (): void => undefined;
  return {
    read: (name) => files.get(name) ?? null,
    erase: (name) => void files.delete(name),
    create: (name) => void files.set(name, Buffer.alloc(0)),
    append: (name, bytes) => void files.set(name, Buffer.concat([files.get(name)!, bytes])),
    sync: nothing,
    rename: (from, to) => {
      files.set(to, files.get(from)!);
      files.delete(from);
    },
    syncFolder: nothing,
  };
}
