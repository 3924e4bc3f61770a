/**
 * The archive: ciphertext of records that are seldom asked for, as objects named by their SHA-256, apart from SQL. A row of the copy
 * register is there before its object, and the object before its content leaves SQL: a kill loses nothing and leaves no object without a row.
 */
import { ARCHIVE_OBJECTS_MAX, type ArchiveManifest, type ArchiveShown, type SignedArchive } from '@cityward/contracts';
import { canonicalJson, newId, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Tx } from '@cityward/sql';
import type { CopyKeeper, CopyRegister } from '../copies/copy.ts';
import { openAt } from '../copies/copy-store.ts';
import { sha256 } from '../domain/destruction.ts';
import { classOf, lengthOf } from '../domain/retention.ts';
import type { ArchiveMedium, DestructionNeeds, VaultOptions } from '../needs.ts';
import type { Sharing } from '../nodes/shared.ts';
import type { Lanes } from '../records/lanes.ts';
import type { Shelf } from '../records/shelf.ts';
import { lockLive } from '../records/store.ts';
import { someAtATime } from '../some-at-a-time.ts';
import * as store from './archive-store.ts';

const MODULE = 'vault';
const SUBJECTS_PER_ROUND = 50;
/** Versions of a person at once; they have megabytes each. */
const VERSIONS_AT_ONCE = 16;
const PREFIX = 'object:';
/** More without a row is no kill: perhaps SQL was brought back from an older copy. Then none is touched, and it is said. */
const STRAYS_MAX = 10_000;

export interface ArchiveParts extends Pick<VaultOptions, 'sql' | 'clock' | 'retention'> {
  readonly log: Log;
  /** Without it nothing is archived. */
  readonly medium: ArchiveMedium | null;
  readonly copies: Pick<CopyRegister, 'register'>;
  readonly needs: Pick<DestructionNeeds, 'cityName' | 'sign'>;
  readonly inLane: Lanes;
  readonly shelf: Pick<Shelf, 'forget'>;
  readonly sharing: Pick<Sharing, 'tell'>;
}
export interface Archive {
  readonly keeper: CopyKeeper;
  list(): Promise<ArchiveShown[]>;
  show(id: string): Promise<Result<SignedArchive, Refusal>>;
  /** One round of what is due, at the first of a start after a look for strays; answers how many versions that were. */
  tend(): Promise<number>;
}

export function createArchive(parts: ArchiveParts): Archive {
  const { sql, medium } = parts;
  let isSwept = false;
  return {
    keeper: {
      look: async ({ place }) =>
        medium ? ((await medium.has(place.slice(PREFIX.length))) ? 'held' : 'gone') : 'unknown',
      purge: async ({ place }) => {
        if (!medium) return { is: 'pending', why: 'the archive is not there' };
        await medium.delete(place.slice(PREFIX.length));
        return { is: 'purged', why: 'the object was deleted from the archive' };
      },
    },
    list: () => store.listArchives(sql),
    show: async (id) => {
      const row = await store.readArchive(sql, id);
      return row
        ? ok({ manifest: JSON.parse(row.manifest) as ArchiveManifest, signature: row.signature })
        : refuse('not-found', 'ARCHIVE_UNKNOWN', `show archive "${id}": there is none of that id`);
    },
    tend: async () => {
      if (!medium) return 0;
      if (!isSwept) await sweep(parts, medium);
      isSwept = true;
      return tend(parts, medium);
    },
  };
}

async function tend(parts: ArchiveParts, medium: ArchiveMedium): Promise<number> {
  const { retention, sql, clock, inLane } = parts;
  let moved = 0;
  for (const [name, { archiveAfter }] of Object.entries(retention.classes)) {
    if (archiveAfter === null) continue;
    const categories = Object.keys(retention.categories).filter((category) => classOf(retention, category) === name);
    const before = clock() - lengthOf(archiveAfter);
    const due = { categories, before };
    for (const subject of await store.subjectsDue(sql, due, SUBJECTS_PER_ROUND))
      moved += await inLane(subject, () => archiveOf(parts, medium, { ...due, subject, of: name }));
  }
  return moved;
}

interface DueOf extends store.Aged {
  readonly subject: string;
  /** The class. */
  readonly of: string;
}
type Put = ArchiveManifest['objects'][number];

async function archiveOf(parts: ArchiveParts, medium: ArchiveMedium, due: DueOf): Promise<number> {
  let moved = 0;
  while (moved + VERSIONS_AT_ONCE <= ARCHIVE_OBJECTS_MAX) {
    const some = await store.dueOf(parts.sql, due, VERSIONS_AT_ONCE);
    if (some.length === 0) break;
    const objects: Put[] = [];
    for (const one of some) objects.push(await putOne(parts, medium, { ...one, of: due.of }));
    const count = await moveOut(parts, due.subject, objects);
    if (count === 0) break;
    moved += count;
  }
  return moved;
}

/** Its row, then its bytes, then read back as they lie there. */
async function putOne(
  { sql, copies, retention }: ArchiveParts,
  medium: ArchiveMedium,
  { record, version, content, of }: store.Due & { readonly of: string },
): Promise<Put> {
  const hash = sha256(content);
  const place = `${PREFIX}${hash}`;
  await sql.transact(async (tx) => {
    if (!(await lockLive(tx, record)) || (await openAt(tx, { kind: 'archive', place })) !== null) return;
    const basis = `archived as ${of}: ${retention.classes[of]!.clause}`;
    const holding = { of: 'versions', versions: [{ record, version }] } as const;
    const row = { kind: 'archive', place, custodian: 'city', basis, holding, openedBy: 'own', expires: null } as const;
    await copies.register({ ...row, bytes: content.length, sha256: hash }, tx);
  });
  await medium.put(content);
  const back = await medium.get(hash);
  if (!back || sha256(back) !== hash) throw new Error(`archive object "${hash}": it does not lie there as it was put`);
  return { record, version, sha256: hash, bytes: content.length };
}

/** What was destroyed meanwhile stays out of it: whoever destroyed it deletes the object by its row. */
async function moveOut(parts: ArchiveParts, subject: string, objects: readonly Put[]): Promise<number> {
  const { sql, clock, needs, shelf, sharing } = parts;
  const [id, at] = [newId<string>('arc'), clock()];
  const manifest: ArchiveManifest = {
    kind: 'cityward-archive',
    version: 1,
    id,
    city: needs.cityName,
    at,
    objects: [...objects],
  };
  const bytes = Buffer.from(canonicalJson(manifest));
  const signature = Buffer.from(await needs.sign(bytes)).toString('base64');
  const records = [...new Set(objects.map(({ record }) => record))];
  const moved = await sql.transact(async (tx) => {
    await store.addArchive(tx, {
      id,
      subject,
      at,
      versions: objects.length,
      manifest: bytes.toString('utf8'),
      signature,
    });
    const done = await store.moveOut(tx, id, objects);
    for (const record of records) await sharing.tell(tx, { do: 'changed', record });
    tell(tx, { id, subject, at, records });
    return done.length;
  });
  for (const record of records) shelf.forget(record);
  return moved;
}
interface Told {
  readonly id: string;
  readonly subject: string;
  readonly at: number;
  readonly records: readonly string[];
}
const tell = (tx: Tx, { id, subject, at, records }: Told): void =>
  void tx.record({
    ...({ module: MODULE, type: 'records.archived', actor: 'system', subject, at, personal: true } as const),
    data: { archive: id, records: [...records] },
  });

/** Objects that no row names, left by an older copy of SQL that was put back: deleted. */
async function sweep({ sql, log }: ArchiveParts, medium: ArchiveMedium): Promise<void> {
  const found: string[] = [];
  for (const some of someAtATime(await medium.list())) found.push(...(await store.strays(sql, some)));
  if (found.length > STRAYS_MAX) {
    log.error(
      'so many objects of the archive have no row that none is deleted; was SQL brought back from an older copy?',
      {
        objects: found.length,
      },
    );
    return;
  }
  for (const hash of found) await medium.delete(hash);
}
