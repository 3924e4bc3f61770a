/** The people of an export, each with what its columns say: opened one by one, read, and closed again. */
import { sealedOf, type FetchArchived } from '../archive/fetching.ts';
import type { ExportDraft } from '@cityward/contracts';
import type { Sql } from '@cityward/sql';
import { openContent } from '../keys/sealed.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { RecordHead } from '../records/store.ts';
import type { Bar, Basis, Ground, Look } from '../viewing/deciding.ts';
import { newestRecords, type NewestRecord } from './export-store.ts';

/** Records read at a time. */
const PAGE = 500;
/** People of one export; of more, none. */
export const EXPORT_PEOPLE_MAX = 200_000;
const VALUE_MAX_CHARS = 200;

export interface One {
  readonly head: RecordHead;
  readonly version: number;
  /** What it rests on; `null` for the law that the export names. */
  readonly basis: Basis | null;
}
export interface People {
  readonly all: readonly One[];
  /** By column, then by person. */
  readonly values: readonly (readonly string[])[];
  readonly isIn: Uint8Array;
}

export interface ReadingParts {
  readonly sql: Sql;
  readonly keyring: Keyring;
  readonly fetchArchived: FetchArchived;
  readonly bars: readonly Bar[];
  /** For exports that rest on consent. */
  readonly byConsent: Ground;
}

/** `null` where there are too many. */
export async function readPeople(parts: ReadingParts, draft: ExportDraft, look: Look): Promise<People | null> {
  const all: One[] = [];
  const values: string[][] = draft.columns.map(() => []);
  const isIn: number[] = [];
  for (let after = ''; ;) {
    const page = await newestRecords(parts.sql, { category: draft.category, after, limit: PAGE });
    for (const record of page) {
      const one = rightTo(parts, draft, { record, look });
      if (one === null) continue;
      await one.basis?.count();
      const said = await contentOf(parts, draft, record);
      if (said === undefined) continue;
      all.push(one);
      draft.columns.forEach(({ at }, column) => values[column]!.push(textAt(said, at)));
      isIn.push(draft.only === null || draft.only.values.includes(textAt(said, draft.only.at)) ? 1 : 0);
    }
    if (all.length > EXPORT_PEOPLE_MAX) return null;
    if (page.length < PAGE) return { all, values, isIn: Uint8Array.from(isIn) };
    after = page.at(-1)!.subject;
  }
}

function rightTo(
  { bars, byConsent }: ReadingParts,
  { ground, category }: ExportDraft,
  { record, look }: { readonly record: NewestRecord; readonly look: Look },
): One | null {
  const head: RecordHead = { id: record.id, subject: record.subject, category, isDestroyed: false };
  const about = { ...look, record: record.id };
  if (bars.some((bar) => bar(head, about) !== null)) return null;
  const one = { head, version: record.version };
  if (ground === 'law') return { ...one, basis: null };
  const found = byConsent(about, head);
  return found !== null && 'by' in found ? { ...one, basis: found } : null;
}

/** Whether each of them may still be shown; asked in the turn in which the export is handed on. */
export const stillMay = ({ bars }: Pick<ReadingParts, 'bars'>, { all }: People, look: Look): boolean =>
  all.every(
    ({ head, basis }) =>
      (basis === null || basis.against() === null) &&
      bars.every((bar) => bar(head, { ...look, record: head.id }) === null),
  );

/** What it says; `undefined` where it says nothing that could be read. */
async function contentOf(
  { keyring, fetchArchived }: ReadingParts,
  { category }: ExportDraft,
  record: NewestRecord,
): Promise<unknown> {
  if (!record.media.endsWith('json')) return undefined;
  const sealed = await sealedOf(fetchArchived, record);
  if (!sealed) return undefined;
  const key = await keyring.open(record.key);
  if (!key.ok) return undefined;
  const { id, version, subject, media } = record;
  const opened = openContent(
    { id: record.key, key: key.value },
    { record: id, version, subject, category, media },
    sealed,
  );
  key.value.fill(0);
  if (!opened.ok) return undefined;
  try {
    return JSON.parse(opened.value.toString()) as unknown;
  } finally {
    opened.value.fill(0);
  }
}

/** [RFC 6901]; empty where there is nothing, or something that is no single value. */
export function textAt(said: unknown, pointer: string): string {
  let at = said;
  for (const part of pointer.slice(1).split('/')) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return '';
    at = (at as Record<string, unknown>)[name];
  }
  return typeof at === 'string' || typeof at === 'number' || typeof at === 'boolean'
    ? String(at).slice(0, VALUE_MAX_CHARS)
    : '';
}
