/** What the ledger says of notices: whatever somebody was told is in their list again, as unread where the list that was put back had it not. */
import type { Notice } from '@cityward/contracts';
import type { Json } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import { numberOf, textOf, type Replayer } from '../gate/replay.ts';
import { someAtATime } from '../some-at-a-time.ts';
import { addLostNotices, type StoredNotice } from './notices.ts';

export function noticeReplayer(sql: Sql): Replayer {
  const told: StoredNotice[] = [];
  return {
    types: ['notice.given'],
    take: ({ body: { subject, at, data } }) => {
      const { notice: id, about, clauses, shownFrom } = data;
      if (typeof id !== 'string' || !isAbout(about)) return;
      const kind = textOf(data['kind']) as Notice['kind'];
      const named = Array.isArray(clauses) ? clauses.map(String) : [];
      told.push({ id, subject, at, kind, about, clauses: named, shownFrom: Math.max(at, numberOf(shownFrom) ?? at) });
    },
    apply: async () => {
      let found = 0;
      for (const some of someAtATime(told)) found += await sql.transact((tx) => addLostNotices(tx, some));
      return found;
    },
  };
}
/** As this program wrote it: the ledger's chain vouches for it. */
const isAbout = (value: Json | undefined): value is Json & Notice['about'] =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
