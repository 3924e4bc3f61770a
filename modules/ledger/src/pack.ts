/** Makes evidence packs, and puts each export itself into the log first. */
import { MINUTE_MS, newId, type Clock, type Json } from '@cityward/kernel';
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
import { writeZip } from '@cityward/formats/zip';

export interface PackNeeds {
  readonly core: LogCore;
  readonly store: IndexStore;
  readonly clock: Clock;
  readonly origin: string;
  /** Resolves when SQL knows all entries up to now, or as many as it can soon. */
  caughtUp(): Promise<void>;
}

/** What an incident draws in: its situation names findings, its containments name devices. */
const DRAWN_IN = ['finding.%', 'situation.%', 'incident.%', 'containment.%'];
const DEVICE_ACTS = ['device.held', 'device.released', 'device.revoked'];
const HOPS_MAX = 3;
/** A hold is made, and lifted, in steps around the fact that tells of the containment. */
const SLACK_MS = 5 * MINUTE_MS;

const isText = (value: Json): value is string => typeof value === 'string';
/** Ids that stand directly in a fact's data. */
const namedIn = ({ body }: StoredRecord): string[] => Object.values(body.data).filter(isText);
const devicesIn = ({ body }: StoredRecord): string[] => {
  const devices = body.data['devices'];
  return body.type.startsWith('containment.') && Array.isArray(devices)
    ? (devices as readonly Json[]).filter(isText)
    : [];
};

/** Entries about an incident, about what they name, and what was done to devices by its containments while it lasted. */
async function incidentEntries({ core, store, caughtUp }: PackNeeds, incident: string): Promise<number[]> {
  await caughtUp();
  const chosen = new Map<number, StoredRecord>();
  const asked = new Set([incident]);
  let fresh = await core.read(await store.about([incident], PACK_ENTRIES_MAX));
  for (let hop = 0; hop < HOPS_MAX && fresh.length > 0; hop++) {
    for (const record of fresh) chosen.set(record.index, record);
    const named = [...new Set(fresh.flatMap((record) => [record.body.subject, ...namedIn(record)]))].filter(
      (id) => !asked.has(id),
    );
    for (const id of named) asked.add(id);
    const around = await store.ofSubjects(named, DRAWN_IN, PACK_ENTRIES_MAX);
    fresh = await core.read(around.filter((index) => !chosen.has(index)));
  }
  for (const record of await deviceActs({ core, store }, [...chosen.values()])) chosen.set(record.index, record);
  return [...chosen.keys()].sort((a, b) => a - b).slice(-PACK_ENTRIES_MAX);
}

async function deviceActs(
  needs: Pick<PackNeeds, 'core' | 'store'>,
  records: readonly StoredRecord[],
): Promise<StoredRecord[]> {
  const devices = [...new Set(records.flatMap(devicesIn))];
  if (devices.length === 0) return [];
  const times = records.map((record) => record.body.at);
  const from = times.reduce((a, b) => Math.min(a, b)) - SLACK_MS;
  const to = times.reduce((a, b) => Math.max(a, b)) + SLACK_MS;
  const acts = await needs.core.read(await needs.store.ofSubjects(devices, DEVICE_ACTS, PACK_ENTRIES_MAX));
  return acts.filter(({ body }) => body.at >= from && body.at <= to);
}

/** What a pack holds: what an incident draws in, chosen entries about somebody, or the newest. */
export type PackChoice =
  | { readonly of: 'newest' }
  | { readonly of: 'incident'; readonly incident: string }
  | { readonly of: 'entries'; readonly subject: string; readonly entries: readonly number[] };

async function chosenEntries(needs: PackNeeds, choice: PackChoice): Promise<number[]> {
  if (choice.of === 'incident') return incidentEntries(needs, choice.incident);
  if (choice.of === 'entries') return [...choice.entries].sort((a, b) => a - b).slice(-PACK_ENTRIES_MAX);
  const { size } = needs.core;
  const count = Math.min(size, PACK_DEFAULT_ENTRIES);
  return Array.from({ length: count }, (_, i) => size - count + i);
}

/**
 * A zip that verifies offline; `null` when the ledger knows nothing of what was chosen.
 * @param actor who exports; the export is an entry of the log before the pack leaves, and part of it
 */
export async function makePack(needs: PackNeeds, choice: PackChoice, actor: string): Promise<Buffer | null> {
  const { core, clock, origin } = needs;
  const entries = await chosenEntries(needs, choice);
  if (entries.length === 0 && choice.of !== 'newest') return null;
  const incident = choice.of === 'incident' ? choice.incident : null;
  const subject = choice.of === 'entries' ? choice.subject : (incident ?? 'ledger');
  const guide = Buffer.from(guideText(origin));
  const manifest = Buffer.from(formatManifest({ origin, incident, entries, guide: sha256Hex(guide) }));
  const told = await core.append([
    {
      id: newId('evt'),
      module: 'ledger',
      type: EXPORT_TYPE,
      actor,
      subject,
      at: clock(),
      personal: choice.of === 'entries',
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
