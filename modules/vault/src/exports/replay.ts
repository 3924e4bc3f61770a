/** What the ledger says of exports: decided, fetched, and whom each showed alike, so that the next one is compared with all of them. */
import type { ExportDraft, ExportManifest } from '@cityward/contracts';
import type { Json } from '@cityward/kernel';
import type { Sql, Tx } from '@cityward/sql';
import type { VersionRef } from '../copies/copy.ts';
import { changeAt } from '../copies/copy-store.ts';
import { addLostCopies, type LostCopy } from '../copies/replay.ts';
import { LEFT_OUT } from '../domain/exports/budget.ts';
import type { ReplayedFact, Replayer } from '../gate/replay.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { LedgerNeeds } from '../needs.ts';
import { bookAfterTold, digestOf, type BudgetBook } from './budget-book.ts';
import { openDataset, PEOPLE_KEY, sealBook } from './dataset.ts';
import * as store from './export-store.ts';
import { derivedKey } from './marker.ts';

interface Parts {
  readonly sql: Sql;
  readonly keyring: Keyring;
  readonly ledger: Pick<LedgerNeeds, 'scan'>;
}
interface Stamp {
  readonly at: number;
  readonly by: string;
}
interface Released extends Stamp {
  readonly category: string;
  readonly manifest: ExportManifest;
  readonly marks: readonly string[];
  readonly bytes: number;
  /** Releases of the category before it. */
  readonly before: number;
}
interface Told {
  asked?: Stamp & { readonly draft: ExportDraft };
  released?: Released;
  refused?: Stamp & { readonly from: 'asked' | 'released'; readonly why: string };
  fetched?: number;
  /** Who has it. */
  recipient?: string;
}
/** Whom a release showed, and as what. */
interface Shown {
  readonly alike: Map<string, number>;
  readonly versions: VersionRef[];
}

export function exportReplayer(parts: Parts): Replayer {
  const told = new Map<string, Told>();
  return {
    types: ['export.asked', 'export.released', 'export.refused', 'export.fetched'],
    take: ({ body }) => {
      const one = told.get(body.subject) ?? {};
      told.set(body.subject, one);
      hear(one, body);
    },
    apply: async () => {
      const lost = await lostReleases(parts.sql, told);
      const shown = await whomTheyShowed(parts, lost);
      let found = 0;
      for (const [category, releases] of Map.groupBy(lost, ([, { category: of }]) => of))
        found += await countAgain(parts, category, { releases, shown });
      found += await parts.sql.transact((tx) =>
        addLostCopies(
          tx,
          lost.flatMap((one) => copyOf(one, told, shown)),
        ),
      );
      for (const [id, one] of told) found += await parts.sql.transact((tx) => decideAgain(tx, id, one));
      return found;
    },
  };
}

function hear(one: Told, { type, at, actor: by, data }: ReplayedFact['body']): void {
  const { draft, manifest, was, reason, recipient } = data;
  if (type === 'export.asked' && isObject(draft)) one.asked = { at, by, draft: draft as unknown as ExportDraft };
  else if (type === 'export.released' && isObject(manifest)) {
    const { marks, bytes } = data;
    const said = manifest as unknown as ExportManifest;
    one.released = {
      ...{ at, by, category: said.category, manifest: said, before: said.before },
      ...{ marks: Array.isArray(marks) ? (marks as string[]) : [], bytes: typeof bytes === 'number' ? bytes : 1 },
    };
  } else if (type === 'export.refused')
    one.refused = { at, by, from: was === 'released' ? was : 'asked', why: typeof reason === 'string' ? reason : '' };
  else if (type === 'export.fetched') {
    one.fetched ??= at;
    if (typeof recipient === 'string') one.recipient = recipient;
  }
}
const isObject = (value: Json | undefined): boolean => typeof value === 'object' && value !== null;

type Release = readonly [id: string, Released];
/** Those that the book of their category does not know, in their order. */
async function lostReleases(sql: Sql, told: ReadonlyMap<string, Told>): Promise<Release[]> {
  const all = [...told].flatMap(([id, { released }]): Release[] => (released ? [[id, released]] : []));
  const known = new Map<string, number>();
  for (const category of new Set(all.map(([, { category: of }]) => of)))
    known.set(category, (await store.readDataset(sql, category))?.releases ?? 0);
  return all
    .filter(([, { category, before }]) => before >= known.get(category)!)
    .sort(([, a], [, b]) => a.before - b.before);
}

/** Read in a second pass, of these alone: there is a fact for everybody in every export. */
async function whomTheyShowed({ ledger }: Parts, lost: readonly Release[]): Promise<ReadonlyMap<string, Shown>> {
  const shown = new Map<string, Shown>(lost.map(([id]) => [id, { alike: new Map(), versions: [] }]));
  const releasedAt = new Map(lost.map(([id, { at }]) => [id, at]));
  if (lost.length === 0) return shown;
  await ledger.scan(0, (part) => {
    for (const { body } of part) {
      const { type, subject, at, data } = body;
      if (type !== 'record.exported' || typeof data['export'] !== 'string') continue;
      // One that came to nothing told everybody too, at another moment.
      if (releasedAt.get(data['export']) !== at) continue;
      const { alike, record, version } = data;
      const one = shown.get(data['export'])!;
      if (typeof alike === 'number' && alike !== LEFT_OUT) one.alike.set(subject, alike);
      if (typeof record === 'string' && typeof version === 'number') one.versions.push({ record, version });
    }
  });
  return shown;
}

async function countAgain(
  { sql, keyring }: Parts,
  category: string,
  { releases, shown }: { readonly releases: readonly Release[]; readonly shown: ReadonlyMap<string, Shown> },
): Promise<number> {
  const opened = await openDataset({ sql, keyring }, category);
  // Without its key nothing of the category is exported ever again.
  if (!opened.ok) return 0;
  const { key, book } = opened.value;
  const byDigest = derivedKey(key.key, PEOPLE_KEY);
  let [{ dataset }, after]: [{ dataset: store.Dataset }, BudgetBook] = [opened.value, book];
  for (const [id] of releases) {
    const people = [...shown.get(id)!.alike].map(([subject, alike]) => [digestOf(byDigest, subject), alike] as const);
    after = bookAfterTold(after, new Map(people));
    await sql.transact((tx) => store.saveBook(tx, dataset, sealBook(dataset, key, after)));
    dataset = { ...dataset, releases: dataset.releases + 1 };
  }
  key.key.fill(0);
  return releases.length;
}

function copyOf(
  ...[[id, { at, bytes }], told, shown]: readonly [Release, ReadonlyMap<string, Told>, ReadonlyMap<string, Shown>]
): LostCopy[] {
  const { asked, recipient: custodian } = told.get(id) ?? {};
  if (!asked) return [];
  const { draft } = asked;
  const { recipient, basis, until } = draft;
  const held = { of: 'versions', versions: shown.get(id)!.versions } as const;
  return [
    {
      ...{ ...store.copyAt(id), custodian: custodian ?? recipient.name, basis, holding: held },
      ...{ openedBy: [recipient.key], expires: until, bytes, created: at },
    },
  ];
}

/** As it was decided; the city's file of one that was released since is lost. */
async function decideAgain(tx: Tx, id: string, { asked, released, refused, fetched }: Told): Promise<number> {
  const before = await store.readExport(tx, id);
  if (!before && !asked) return 0;
  if (!before) await store.addExport(tx, { id, draft: asked!.draft, asked: asked! });
  let found = before ? 0 : 1;
  if (released && (await store.saveReleased(tx, { ...released, id, file: null }))) found = 1;
  if (refused && (await store.saveRefused(tx, { ...refused, id }))) found = 1;
  if (refused?.from === 'released') await changeAt(tx, store.copyAt(id), { expires: refused.at });
  if (fetched !== undefined && before?.fetched == null) await store.markFetched(tx, id, fetched);
  return found;
}
