/** Files that hold sightings are copies too: each has a row of the register from when it is there until it is deleted. */
import type { Kysely } from 'kysely';
import { DAY_MS } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import type { CopyRegister } from '../copies/copy.ts';
import type { OwnDataClass } from '../domain/own-data.ts';

export interface SegmentSeen {
  /** `number-plate/00000000000000000001.seg`, as it lies below the folder of sightings. */
  readonly place: string;
  /** When its first record was taken; `null` while it has none. */
  readonly firstAt: number | null;
}
export interface SegmentParts {
  readonly sql: Sql;
  readonly copies: Pick<CopyRegister, 'register' | 'close'>;
}
interface Tables {
  'vault.copy': { id: string; kind: string; place: string; closed_at: number | null };
}
const PREFIX = 'sightings:';

/** Makes the register say what is there of a class, no more and no less. */
export async function registerSegments(
  { sql, copies }: SegmentParts,
  {
    name,
    about,
    segments,
  }: { readonly name: string; readonly about: OwnDataClass; readonly segments: readonly SegmentSeen[] },
): Promise<void> {
  const db: Kysely<Tables> = sql.for<Tables>();
  const open = await db
    .selectFrom('vault.copy')
    .select(['id', 'place'])
    .where('kind', '=', 'stream-segment')
    .where('place', 'like', `${PREFIX}${name}/%`)
    .where('closed_at', 'is', null)
    .execute();
  const known = new Set(open.map(({ place }) => place));
  const there = new Set(segments.map(({ place }) => `${PREFIX}${place}`));
  for (const { place, firstAt } of segments)
    if (!known.has(`${PREFIX}${place}`))
      await copies.register({
        ...({ kind: 'stream-segment', place: `${PREFIX}${place}`, custodian: 'city', basis: about.basis } as const),
        // No version of a record lies in it, and no key opens it: pseudonyms whose key was never here.
        ...({ holding: { of: 'versions', versions: [] }, openedBy: [] } as const),
        expires: firstAt === null ? null : firstAt + about.keptDays * DAY_MS,
      });
  for (const { id, place } of open)
    if (!there.has(place)) await copies.close(id, `kept for ${about.keptDays} days, then deleted`);
}
