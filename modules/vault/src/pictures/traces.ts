/** Whose copy is this picture? Asked of every mark that was ever given out; that it was asked is in the ledger before it is answered. */
import { createHash } from 'node:crypto';
import { TRACED_MAX_BYTES, type PictureTrace, type TracedCopy } from '@cityward/contracts';
import { newId, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { searchIn, type Search, type Studio } from '@cityward/pictures';
import type { Sql } from '@cityward/sql';
import type { VaultOptions } from '../needs.ts';
import { marksAfter, readMark } from './mark-store.ts';

const MODULE = 'vault';
/** Where no mark is found: what the ledger names instead of a person. */
const NOBODY = 'nobody';
const MARKS_A_READ = 2_000;
/** Of the oldest: more than a city gives out in years. */
export const MARKS_TRIED_MAX = 5_000_000;

interface Parts extends Pick<VaultOptions, 'sql' | 'clock' | 'ledger'> {
  readonly studio: () => Promise<Pick<Studio, 'search' | 'word'>>;
}
export type Trace = (picture: Buffer, by: string) => Promise<Result<PictureTrace, Refusal>>;

export const createTrace =
  (parts: Parts): Trace =>
  async (picture, by) => {
    if (picture.length > TRACED_MAX_BYTES)
      return refuse(
        'too-large',
        'PICTURE_TOO_LARGE',
        `trace a picture: it has ${picture.length} bytes, wanted at most ${TRACED_MAX_BYTES}`,
      );
    const sha256 = createHash('sha256').update(picture).digest('hex');
    const studio = await parts.studio();
    const places = await studio.search(picture);
    if (!places.ok) return places;
    const search = searchIn<string>(places.value);
    const among = await tryAll(parts.sql, studio, search);
    const copies: TracedCopy[] = [];
    for (const { name } of search.found()) {
      const copy = await readMark(parts.sql, name);
      if (copy) copies.push(copy);
    }
    await record(parts, { copies, by, sha256 });
    return ok({ copies, among });
  };

async function tryAll(sql: Sql, studio: Pick<Studio, 'word'>, search: Search<string>): Promise<number> {
  let among = 0;
  let after = '';
  while (among < MARKS_TRIED_MAX) {
    const marks = await marksAfter(sql, after, MARKS_A_READ);
    for (const { mark } of marks) search.try(mark, studio.word(mark));
    among += marks.length;
    if (marks.length < MARKS_A_READ) break;
    after = marks.at(-1)!.mark;
  }
  return among;
}

interface Asked {
  readonly copies: readonly TracedCopy[];
  readonly by: string;
  /** Of the picture, which is not kept. */
  readonly sha256: string;
}
/** For each person whose record it shows, among what was done with what is held about them. */
function record({ ledger, clock }: Parts, { copies, by, sha256 }: Asked): Promise<void> {
  const fact = { module: MODULE, type: 'picture.traced', actor: by, at: clock(), personal: true } as const;
  const facts = copies.map(({ subject, record, mark, person, consent }) => ({
    ...fact,
    ...{ id: newId<string>('evt'), subject, data: { record, mark, person, consent, picture: sha256 } },
  }));
  if (facts.length > 0) return ledger.append(facts);
  return ledger.append([{ ...fact, id: newId<string>('evt'), subject: NOBODY, data: { picture: sha256 } }]);
}
