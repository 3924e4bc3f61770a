/** Makes evidence packs, and puts each export itself into the log first. */
import { newId, type Clock } from '@cityward/kernel';
import type { LogCore } from './core.ts';
import { guideText } from './guide.ts';
import {
  CHECKPOINT_FILE,
  exhibitFiles,
  EXPORT_TYPE,
  formatManifest,
  GUIDE_FILE,
  MANIFEST_FILE,
  PACK_DEFAULT_ENTRIES,
  PACK_ENTRIES_MAX,
  sha256Hex,
} from './pack-format.ts';
import type { StoredRecord } from './read-back.ts';
import type { IndexStore } from './store.ts';
import { writeZip } from './zip.ts';

export interface PackNeeds {
  readonly core: LogCore;
  readonly store: IndexStore;
  readonly clock: Clock;
  readonly origin: string;
  /** Resolves when SQL knows all entries up to now, or as many as it can soon. */
  caughtUp(): Promise<void>;
}

/** Facts of these kinds belong to an incident when one of its own facts names them. */
const DRAWN_IN = /^(finding|situation|incident|containment)\./;

/** Entries about the incident, and those about the findings, situations and containments that they name. */
async function incidentEntries({ core, store, caughtUp }: PackNeeds, incident: string): Promise<number[]> {
  await caughtUp();
  const near = await store.about([incident], PACK_ENTRIES_MAX);
  const records = await core.read(near);
  const named = new Set(records.flatMap((record) => [record.body.subject, ...namedIn(record)]));
  named.delete(incident);
  const around = await store.about([...named], PACK_ENTRIES_MAX);
  const drawn = (await core.read(around)).filter(
    (record) => DRAWN_IN.test(record.body.type) && named.has(record.body.subject),
  );
  return [...new Set([...near, ...drawn.map((record) => record.index)])].sort((a, b) => a - b).slice(-PACK_ENTRIES_MAX);
}

/** Ids that stand directly in a fact's data: those in lists, such as devices, would draw in their whole history. */
const namedIn = ({ body }: StoredRecord): string[] =>
  Object.values(body.data).filter((value) => typeof value === 'string');

async function chosenEntries(needs: PackNeeds, incident: string | null): Promise<number[]> {
  if (incident !== null) return incidentEntries(needs, incident);
  const { size } = needs.core;
  const count = Math.min(size, PACK_DEFAULT_ENTRIES);
  return Array.from({ length: count }, (_, i) => size - count + i);
}

/**
 * A zip that verifies offline; `null` when the ledger knows nothing of the incident.
 * @param actor who exports; the export is an entry of the log before the pack leaves, and part of it
 */
export async function makePack(needs: PackNeeds, incident: string | null, actor: string): Promise<Buffer | null> {
  const { core, clock, origin } = needs;
  const entries = await chosenEntries(needs, incident);
  if (entries.length === 0 && incident !== null) return null;
  const guide = Buffer.from(guideText(origin));
  const manifest = Buffer.from(formatManifest({ origin, incident, entries, guide: sha256Hex(guide) }));
  const told = await core.append([
    {
      id: newId('evt'),
      module: 'ledger',
      type: EXPORT_TYPE,
      actor,
      subject: incident ?? 'ledger',
      at: clock(),
      data: { manifest: sha256Hex(manifest), entries: entries.length },
    },
  ]);
  await core.covered(told + 1);
  const all = [...entries, told];
  const records = await core.read(all);
  const { checkpoint, proofs } = await core.proofs(all);
  const files = new Map<string, Uint8Array>([
    [MANIFEST_FILE, manifest],
    [GUIDE_FILE, guide],
    [CHECKPOINT_FILE, Buffer.from(checkpoint)],
  ]);
  records.forEach((record, i) => {
    const names = exhibitFiles(record.index);
    files.set(names.entry, Buffer.from(record.entry));
    files.set(names.body, Buffer.from(record.text));
    files.set(names.salt, Buffer.from(`${record.salt.toString('hex')}\n`));
    files.set(names.proof, Buffer.from(proofs[i]!));
  });
  return writeZip(files);
}
