/** Inventory from files: previewed as a difference, committed as one change, and taken back as one. */
import type { ImportReport, ImportRow } from '@cityward/contracts';
import {
  DEVICES_MAX,
  IMPORT_BODY_MAX_BYTES,
  inTurn,
  newId,
  ok,
  refuse,
  type ImportId,
  type Refusal,
  type Result,
} from '@cityward/kernel';
import { alteredBy, inverse, restsOn, type Change } from './domain/change.ts';
import { Difference, claimsOf } from './domain/difference.ts';
import { openImportFile } from './import-file.ts';
import type { ImportFile, OpenedFile } from './import-parts.ts';
import {
  CHANGES_PER_PART,
  insertImport,
  laterImports,
  listImports,
  loadImport,
  loadParts,
  packPart,
  setImportState,
  unpackPart,
  type ImportHead,
  type Part,
  type StoredImport,
} from './import-store.ts';
import { knownOf } from './known.ts';
import type { CityParts } from './service.ts';
import { raiseRevision, writeChanges } from './store.ts';

/** Rows of each verdict that a report shows; `same` rows are only counted. */
export const SHOWN_PER_VERDICT = 500;
/** Other work of the process gets its turn after so many rows. */
const ROWS_PER_TURN = 1_000;

type Code =
  | 'IMPORT_FILE_INVALID'
  | 'IMPORT_MAP_INVALID'
  | 'IMPORT_TOO_LARGE'
  | 'IMPORT_NOT_FOUND'
  | 'IMPORT_FILE_GONE'
  | 'IMPORT_STATE'
  | 'IMPORT_STALE'
  | 'IMPORT_BUILT_UPON'
  | 'CITY_NOT_FOUNDED';
export type ImportRefusal = Refusal<Code>;
export type ImportAnswer = Promise<Result<ImportReport, ImportRefusal>>;

export interface Imports {
  /** Says what the file would change and keeps that for commit(); nothing changes yet. */
  preview(file: ImportFile & { readonly by: string }): ImportAnswer;
  /** All of it or nothing; refused when the city has changed since the preview. */
  commit(id: string, by: string): ImportAnswer;
  /** Restores what stood before; refused, naming it, when a later import touched the same. */
  undo(id: string, how: { readonly by: string; readonly reason: string }): ImportAnswer;
  get(id: string): ImportAnswer;
  /** The file as it was handed in, and its name. */
  file(id: string): Promise<Result<{ readonly name: string; readonly bytes: Uint8Array }, ImportRefusal>>;
  list(): Promise<ImportHead[]>;
}

export function createImports(parts: CityParts): Imports {
  const { sql } = parts.needs;
  // So that memory follows SQL in the same order.
  const oneByOne = inTurn();
  const get = async (id: string): ImportAnswer => {
    const stored = await loadImport(sql, id);
    return stored ? ok(stored.report) : notFound(id);
  };
  return {
    preview: (file) => oneByOne(() => preview(parts, file)),
    commit: (id, by) => oneByOne(async () => (await commit(parts, id, by)) ?? get(id)),
    undo: (id, how) => oneByOne(async () => (await undo(parts, id, how)) ?? get(id)),
    get,
    file: async (id) => fileOf(parts, id, await get(id)),
    list: () => listImports(sql),
  };
}

const notFound = (id: string) =>
  refuse('not-found', 'IMPORT_NOT_FOUND', `find import "${id}": there is none, an id of the list wanted`);
async function fileOf({ needs }: CityParts, id: string, found: Awaited<ImportAnswer>) {
  if (!found.ok) return found;
  const { sha256, file } = found.value;
  const bytes = sha256 === null ? null : await needs.files.get(sha256);
  return bytes
    ? ok({ name: file, bytes })
    : refuse('not-found', 'IMPORT_FILE_GONE', `show the file of import "${id}": it was not kept`);
}

type Failed = { readonly ok: false; readonly error: ImportRefusal };

async function preview(parts: CityParts, file: ImportFile & { readonly by: string }): ImportAnswer {
  if (!parts.city)
    return refuse('conflict', 'CITY_NOT_FOUNDED', `import "${file.file}": there is no city yet, a founded one wanted`);
  if (Buffer.byteLength(file.text) > IMPORT_BODY_MAX_BYTES)
    return refuse(
      'too-large',
      'IMPORT_TOO_LARGE',
      `import "${file.file}": larger than ${IMPORT_BODY_MAX_BYTES} bytes, parts below that wanted`,
    );
  const opened = openImportFile(file);
  if (!opened.ok) return opened;
  const compared = await compare(parts, opened.value);
  if (!compared)
    return refuse(
      'too-large',
      'IMPORT_TOO_LARGE',
      `import "${file.file}": more than ${DEVICES_MAX} rows, fewer wanted`,
    );
  const report: ImportReport = {
    id: newId<ImportId>('imp'),
    at: parts.needs.clock(),
    by: file.by,
    file: file.file,
    format: opened.value.format,
    state: 'previewed',
    columns: [...opened.value.columns],
    counts: compared.counts,
    // Kept before it is referred to: a kill in between leaves a file that nobody names, never a name without its file.
    sha256: await parts.needs.files.put(Buffer.from(file.text)),
    rows: compared.rows,
  };
  const stored: StoredImport = { report, revision: parts.city.revision, committed: null };
  const unnamed = await parts.needs.sql.transact((tx) => insertImport(tx, stored, compared.parts));
  for (const hash of unnamed) await parts.needs.files.delete(hash);
  return ok(report);
}

interface Compared {
  readonly counts: ImportReport['counts'];
  readonly rows: ImportRow[];
  readonly parts: readonly Part[];
}

/** Two passes: who claims what, then each row's verdict. Null when there are too many rows. */
async function compare(parts: CityParts, opened: OpenedFile): Promise<Compared | null> {
  const known = knownOf(parts.inventory, parts.city?.geometry ?? null);
  const difference = new Difference(opened.input, known, claimsOf(opened.input, known));
  const counts = { rows: 0, new: 0, changed: 0, same: 0, conflict: 0, rejected: 0 };
  const rows: ImportRow[] = [];
  const packer = new Packer();
  await packer.add(difference.opening());
  for (const record of opened.input.records()) {
    if (++counts.rows > DEVICES_MAX) return null;
    const { row, changes } = difference.decide(record);
    if (++counts[row.verdict] <= SHOWN_PER_VERDICT && row.verdict !== 'same') rows.push(row);
    await packer.add(changes);
    if (counts.rows % ROWS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await packer.add(difference.closing());
  return { counts, rows, parts: await packer.finish() };
}

/** Packs changes as they come, so that only one part is ever open in memory. */
class Packer {
  readonly #parts: Part[] = [];
  #open: Change[] = [];

  async add(changes: Iterable<Change>): Promise<void> {
    for (const change of changes) this.#open.push(change);
    if (this.#open.length >= CHANGES_PER_PART) await this.#close();
  }
  async finish(): Promise<readonly Part[]> {
    if (this.#open.length > 0) await this.#close();
    return this.#parts;
  }
  async #close(): Promise<void> {
    this.#parts.push(await packPart(this.#open));
    this.#open = [];
  }
}

/** @returns null when done */
async function commit(parts: CityParts, id: string, by: string): Promise<Failed | null> {
  const stored = await loadImport(parts.needs.sql, id);
  if (!stored) return notFound(id);
  const { report } = stored;
  if (report.state !== 'previewed')
    return refuse(
      'conflict',
      'IMPORT_STATE',
      `commit import "${id}": it is ${report.state} already, a previewed one wanted`,
    );
  const city = parts.city!;
  const stale = refuse(
    'conflict',
    'IMPORT_STALE',
    `commit import "${id}": the city has changed since its preview, a new preview of "${report.file}" wanted`,
  );
  if (stored.revision !== city.revision) return stale;
  const packed = await loadParts(parts.needs.sql, id);
  const at = Math.max(parts.needs.clock(), report.at);
  const revision = await parts.needs.sql.transact(async (tx) => {
    const raised = await raiseRevision(tx, city.revision);
    if (raised === null || !(await setImportState(tx, id, { from: 'previewed', to: 'committed', at, reason: null })))
      return null;
    for (const part of packed) await writeChanges(tx, await unpackPart(part));
    const { file, format, sha256, counts } = report;
    const data = { import: id, file, format, sha256, ...counts };
    tx.record({ module: 'city', type: 'inventory.imported', actor: by, subject: 'city', at, data });
    return raised;
  });
  if (revision === null) return stale;
  for (const part of packed) parts.applyToMemory(await unpackPart(part));
  parts.city = { ...city, revision };
  return null;
}

async function undo(
  parts: CityParts,
  id: string,
  how: { readonly by: string; readonly reason: string },
): Promise<Failed | null> {
  const { sql, clock } = parts.needs;
  const stored = await loadImport(sql, id);
  if (!stored) return notFound(id);
  const { report, committed } = stored;
  if (report.state !== 'committed' || committed === null)
    return refuse('conflict', 'IMPORT_STATE', `undo import "${id}": it is ${report.state}, a committed one wanted`);
  const packed = await loadParts(sql, id);
  const built = await builtUpon(parts, packed, stored.revision);
  if (built)
    return refuse(
      'conflict',
      'IMPORT_BUILT_UPON',
      `undo import "${id}": import "${built.id}" of "${built.file}" has since touched "${built.touched}", undo that first`,
    );
  const city = parts.city!;
  const at = Math.max(clock(), committed);
  const revision = await sql.transact(async (tx) => {
    const raised = await raiseRevision(tx, city.revision);
    if (raised === null || !(await setImportState(tx, id, { from: 'committed', to: 'undone', at, reason: how.reason })))
      return null;
    for (const part of packed.toReversed()) await writeChanges(tx, inverse(await unpackPart(part)));
    const data = {
      import: id,
      file: report.file,
      reason: how.reason,
      new: report.counts.new,
      changed: report.counts.changed,
    };
    tx.record({ module: 'city', type: 'inventory.import-undone', actor: how.by, subject: 'city', at, data });
    return raised;
  });
  if (revision === null)
    return refuse('conflict', 'IMPORT_STALE', `undo import "${id}": the city is changing, another try wanted`);
  for (const part of packed.toReversed()) parts.applyToMemory(inverse(await unpackPart(part)));
  parts.city = { ...city, revision };
  return null;
}

/** The newest later import that touches a node which this one touched. */
async function builtUpon(parts: CityParts, packed: readonly Part[], revision: number) {
  const { sql } = parts.needs;
  const later = await laterImports(sql, revision);
  if (later.length === 0) return null;
  const touched = new Set<string>();
  for (const part of packed) for (const change of await unpackPart(part)) touched.add(alteredBy(change));
  for (const { id, file } of later)
    for (const part of await loadParts(sql, id))
      for (const change of await unpackPart(part)) {
        const same = restsOn(change).find((node) => touched.has(node));
        if (same !== undefined) return { id, file, touched: same };
      }
  return null;
}
