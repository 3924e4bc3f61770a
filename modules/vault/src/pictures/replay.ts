/** What the ledger says of hidden marks: whose each is, so that a picture made before is traced after everything was put back. */
import type { Purpose } from '@cityward/contracts';
import type { Sql } from '@cityward/sql';
import { textOf, textOrNull, type Replayer } from '../gate/replay.ts';
import { someAtATime } from '../some-at-a-time.ts';
import { addLostMarks, type StoredMark } from './mark-store.ts';

export function markReplayer(sql: Sql): Replayer {
  const marks = new Map<string, StoredMark>();
  return {
    types: ['record.viewed'],
    take: ({ body: { subject, actor: person, at, data } }) => {
      const { mark, session, record, purpose } = data;
      // One mark is on all pages of a record: when it was first shown counts.
      if (typeof mark !== 'string' || typeof session !== 'string' || marks.has(mark)) return;
      const about = { record: textOf(record), subject, person, purpose: textOf(purpose) as Purpose };
      marks.set(mark, { mark, session, ...about, consent: textOrNull(data['consent']), at });
    },
    apply: async () => {
      let found = 0;
      for (const some of someAtATime([...marks.values()])) found += await sql.transact((tx) => addLostMarks(tx, some));
      return found;
    },
  };
}
