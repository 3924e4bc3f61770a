/** What lies in an evidence pack, shared by who makes one and who verifies one. */
import { hash } from 'node:crypto';
import { canonicalJson, type Json } from '@cityward/kernel';

export const PACK_FORMAT = 'cityward-evidence-pack/1';
/** Exhibits in one pack; the newest are kept. */
export const PACK_ENTRIES_MAX = 5_000;
export const PACK_DEFAULT_ENTRIES = 1_000;
export const MANIFEST_FILE = 'manifest.json';
export const CHECKPOINT_FILE = 'checkpoint';
export const GUIDE_FILE = 'VERIFY.md';
/** The fact that a pack was made; it names the manifest's hash, and so puts selection, time and exporter under proof. */
export const EXPORT_TYPE = 'evidence.exported';

/** The four files of an exhibit. */
export const exhibitFiles = (index: number) => ({
  entry: `entries/${index}.entry`,
  body: `entries/${index}.body.json`,
  salt: `entries/${index}.salt`,
  proof: `entries/${index}.tlog-proof`,
});
const EXHIBIT_ENTRY = /^entries\/(0|[1-9][0-9]{0,15})\.entry$/;

/** Index of the exhibit whose entry file this is; `null` for other files. */
export function exhibitIndex(name: string): number | null {
  const digits = EXHIBIT_ENTRY.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}

export interface Manifest {
  readonly origin: string;
  readonly incident: string | null;
  /** Exhibits, ascending, without the entry that tells of the export. */
  readonly entries: readonly number[];
  /** SHA-256 of VERIFY.md in hexadecimal. */
  readonly guide: string;
}

export const formatManifest = ({ origin, incident, entries, guide }: Manifest): string =>
  `${canonicalJson({ entries, format: PACK_FORMAT, guide, incident, origin })}\n`;

/** Reads a manifest; `null` for anything that `formatManifest` would spell otherwise. */
export function parseManifest(text: string): Manifest | null {
  try {
    const { origin, incident, entries, guide } = JSON.parse(text) as { [key: string]: Json };
    if (typeof origin !== 'string' || typeof guide !== 'string') return null;
    if (incident !== null && typeof incident !== 'string') return null;
    if (!Array.isArray(entries) || !entries.every((index) => Number.isSafeInteger(index))) return null;
    const manifest: Manifest = { origin, incident, entries: entries as number[], guide };
    return formatManifest(manifest) === text ? manifest : null;
  } catch {
    return null;
  }
}

export const sha256Hex = (bytes: Uint8Array | string): string => hash('sha256', bytes, 'hex');
