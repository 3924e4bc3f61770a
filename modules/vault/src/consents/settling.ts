/**
 * Lets go, at a start, of what the journal has of consents taken back long ago: by then SQL has it, and so has the ledger. In its
 * place stands a line with what SQL has to say from then on; where SQL says anything else, as one that was put back does, the whole
 * ledger is read into it again.
 */
import { HOUR_MS } from '@cityward/kernel';
import { takenUntil } from './consent-store.ts';
import type { VaultOptions } from '../needs.ts';
import type { Settled, VaultChange, VaultJournal } from '../vault-journal.ts';

/** Taken back, in the journal: more is let go of at the next start. */
const SETTLE_ABOVE = 10_000;
/** Younger ones stay: another process may still be bringing SQL what it took back before. */
export const SETTLED_AFTER_MS = HOUR_MS;

type Found = Pick<VaultJournal, 'entries'>;
type TakeBack = Extract<VaultChange, { do: 'take-back' }>;

const settledIn = ({ entries }: Found): Settled | null => entries.findLast((change) => change.do === 'settled') ?? null;

/** Does SQL not say what it said when the journal let go of it? */
export async function hasForgotten({ sql }: Pick<VaultOptions, 'sql'>, journal: Found): Promise<boolean> {
  const settled = settledIn(journal);
  if (settled === null) return false;
  const { count, hash } = await takenUntil(sql, settled.until);
  return count !== settled.count || hash !== settled.hash;
}

export interface SettlingParts extends Pick<VaultOptions, 'sql' | 'clock' | 'ledger' | 'log' | 'settleAbove'> {
  readonly journal: Pick<VaultJournal, 'entries' | 'rewrite'>;
}
/**
 * To be called once SQL has all of the journal, before anything is appended. Answers how many entries were let go of.
 * @param isBehind the whole ledger was read again: what SQL says now is what it has to say
 */
export async function settle(parts: SettlingParts, isBehind: boolean): Promise<number> {
  const { sql, clock, ledger, log, journal, settleAbove = SETTLE_ABOVE } = parts;
  const { entries } = journal;
  const so = settledIn(journal);
  const end = clock() - SETTLED_AFTER_MS;
  const old = entries.filter((change): change is TakeBack => change.do === 'take-back' && change.at <= end);
  if (old.length <= settleAbove && !(isBehind && so !== null)) return 0;
  const scanned = await inLedger(ledger, so, new Set(old.map(({ consent }) => consent)));
  const gone = (change: VaultChange): boolean =>
    change.do === 'settled' || ('consent' in change && scanned.consents.has(change.consent));
  const last = entries.findLast(gone);
  if (last === undefined) return 0;
  // Never earlier than before: whatever was let go of stays within it.
  const until = entries.reduce(
    (latest, change) => (change.do === 'take-back' && gone(change) ? Math.max(latest, change.at) : latest),
    so?.until ?? 0,
  );
  const line = { ...(await takenUntil(sql, until)), until, ledger: scanned.to };
  const settled: VaultChange = { sequence: last.sequence, do: 'settled', ...line };
  const kept = [...entries.filter((change) => !gone(change)), settled].sort((a, b) => a.sequence - b.sequence);
  const before = entries.length;
  try {
    await journal.rewrite(kept);
  } catch (fault) {
    // It holds all that it held, or what was to be: either is enough.
    log.error('let go of what was taken back long ago: the journal stays as long as it is', { fault: String(fault) });
  }
  return before - entries.length;
}

/** Of these, the ones that the ledger says are taken back, from where it was looked through last. */
async function inLedger(
  ...[ledger, settled, wanted]: readonly [VaultOptions['ledger'], Settled | null, ReadonlySet<string>]
): Promise<{ readonly to: number; readonly consents: ReadonlySet<string> }> {
  const consents = new Set<string>();
  const from = Math.min(settled?.ledger ?? 0, ledger.standing().size);
  const to = await ledger.scan(from, (part) => {
    for (const { body } of part) {
      const id = body.type === 'consent.taken-back' ? body.data['consent'] : null;
      if (typeof id === 'string' && wanted.has(id)) consents.add(id);
    }
  });
  return { to, consents };
}
