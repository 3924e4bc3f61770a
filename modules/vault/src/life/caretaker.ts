/** Moves what is due: holds that lapse, records whose time is over, copies that are left. Each step stands by itself and is found again after a kill. */
import type { Clock } from '@cityward/kernel';
import { inTurn } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import { classOf, type RetentionLaw } from '../domain/retention.ts';
import type { Lanes } from '../records/lanes.ts';
import type { Destructions } from './destructions.ts';
import type { Erasing } from './erasing.ts';
import type { Holds } from './holds.ts';
import * as store from './life-store.ts';
import { UNHINDERED, type RecordLives, type Move } from './record-lives.ts';

const SYSTEM = 'system';
/** People in one round; the others are in the next. */
const SUBJECTS_PER_ROUND = 500;
const REASON = 'the time for which it is kept is over';

export interface CaretakerParts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly law: RetentionLaw;
  readonly lives: RecordLives;
  readonly holds: Holds;
  readonly erasing: Erasing;
  readonly destructions: Destructions;
  readonly inLane: Lanes;
  /** Keys that no record names. */
  readonly sweep: () => Promise<number>;
}
export interface Tended {
  readonly lapsed: number;
  readonly fellDue: number;
  readonly destroyed: number;
  readonly purged: number;
  readonly swept: number;
}

export interface Caretaker {
  /** One round of everything that is due. */
  tend(): Promise<Tended>;
  /** Waits for the round under way; none begins after. */
  rest(): Promise<void>;
}
const NOTHING: Tended = { lapsed: 0, fellDue: 0, destroyed: 0, purged: 0, swept: 0 };

export function createCaretaker(parts: CaretakerParts): Caretaker {
  const turn = inTurn();
  let isResting = false;
  const round = async (): Promise<Tended> => ({
    lapsed: await parts.holds.lapse(),
    fellDue: await fallDue(parts),
    destroyed: await destroyDue(parts),
    purged: await parts.destructions.purgeLeft(),
    swept: await parts.sweep(),
  });
  return {
    tend: () => turn(() => (isResting ? Promise.resolve(NOTHING) : round())),
    rest: () => {
      isResting = true;
      return turn(() => Promise.resolve());
    },
  };
}

/** Sealed, its date has come, and nothing keeps it any more: due. */
async function fallDue({ lives, clock, erasing, inLane, log }: CaretakerParts): Promise<number> {
  const bySubject = Map.groupBy(
    lives.ready(clock()).filter(({ life }) => life.state === 'sealed'),
    ({ subject }) => subject,
  );
  let moved = 0;
  for (const [subject, some] of [...bySubject].slice(0, SUBJECTS_PER_ROUND)) {
    const sealed = new Set(some.map(({ record }) => record));
    const done = await inLane(subject, async () => {
      const judged = (await erasing.judge(subject)).filter(({ id }) => sealed.has(id));
      const free = judged.filter(({ isHeld, keptUntil }) => !isHeld && (keptUntil ?? 0) <= clock());
      const moves = free.map(({ id, retention, keptUntil }): Move => {
        const because = { reason: 'time-is-over', by: SYSTEM, clause: retention?.clause ?? '', next: null } as const;
        return { record: id, subject, step: { do: 'fall-due' }, because, at: { ...UNHINDERED, keptUntil } };
      });
      return moves.length === 0 ? null : lives.move(moves);
    });
    if (done?.ok) moved += done.value.length;
    else if (done) log.error('records that are due could not be moved', { why: done.error.code });
  }
  return moved;
}

/** Due records, and those of a class that is kept for a time only. */
async function destroyDue(parts: CaretakerParts): Promise<number> {
  const { lives, clock, erasing } = parts;
  const due = new Map<string, string[]>();
  for (const { record, subject, life } of lives.ready(clock()))
    if (life.state === 'due') due.set(subject, [...(due.get(subject) ?? []), record]);
  for (const subject of await beyondTheirTime(parts)) {
    const over = (await erasing.judge(subject)).filter(({ isHeld, retention }) => {
      return !isHeld && retention?.atMost != null && retention.atMost <= clock();
    });
    const records = new Set([...(due.get(subject) ?? []), ...over.map(({ id }) => id)]);
    if (records.size > 0) due.set(subject, [...records]);
  }
  let destroyed = 0;
  for (const [subject, records] of [...due].slice(0, SUBJECTS_PER_ROUND)) {
    const done = await erasing.erase({ subject, records, by: SYSTEM, code: 'time-is-over', reason: REASON });
    if (done.ok) destroyed += done.value.destroyed;
    else parts.log.error('records that are due could not be destroyed', { why: done.error.code });
  }
  return destroyed;
}

async function beyondTheirTime({ sql, law, clock }: CaretakerParts): Promise<string[]> {
  const categories = Object.keys(law.categories).filter(
    (category) => law.classes[classOf(law, category)!]!.keepAtMost !== null,
  );
  if (categories.length === 0) return [];
  // Coarse: whoever has anything older than the shortest time; what is really over is judged record by record.
  const shortest = Math.min(...categories.map((category) => shortestOf(law, category)));
  return store.subjectsBefore(sql, { categories, before: clock() - shortest, limit: SUBJECTS_PER_ROUND });
}
const DAY_MS = 86_400_000;
function shortestOf(law: RetentionLaw, category: string): number {
  const period = law.classes[classOf(law, category)!]!.keepAtMost!;
  return ('days' in period ? period.days : period.years * 365) * DAY_MS;
}
