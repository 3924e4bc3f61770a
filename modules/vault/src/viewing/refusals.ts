/**
 * Who asks for what they may not see, over and over, fills no ledger: the first refusals of a person in a minute are facts each, the
 * others are counted, and each person they are about reads in one fact how many they were.
 */
import { MINUTE_MS, newId } from '@cityward/kernel';
import type { NewFact } from '@cityward/contracts';
import type { LedgerNeeds, VaultOptions } from '../needs.ts';

/** Of one person in one minute. */
export const REFUSALS_EACH_MAX = 30;
/** People whom the counted ones of one minute name; those about others are counted together. */
const REFUSAL_SUBJECTS_MAX = 100;
const OTHERS = 'nobody';
/** So many of one subject are written before the minute is over: a kill loses no more. */
const WRITTEN_EVERY = 1_000;

type Told = NewFact & { readonly id: string };
interface Minute {
  readonly minute: number;
  told: number;
  readonly counted: Map<string, { readonly first: Told; times: number }>;
}
export interface Refusals {
  /** The ledger, with refusals counted. */
  readonly ledger: LedgerNeeds;
  /** Writes what was counted in minutes that are over, or in all. */
  flush(which: 'over' | 'all'): Promise<void>;
}

export function countRefusals({ ledger, clock }: Pick<VaultOptions, 'ledger' | 'clock'>): Refusals {
  const minutes = new Map<string, Minute>();
  const minuteOf = (at: number): number => Math.floor(at / MINUTE_MS);
  const write = async ({ counted }: Minute): Promise<void> => {
    for (const [about, { first, times }] of [...counted]) {
      counted.delete(about);
      const fact = { ...first, subject: about, id: newId<string>('evt'), data: { ...first.data, times } };
      try {
        await ledger.append([fact]);
      } catch (fault) {
        // Nothing is lost from the count: it is written with what comes after.
        counted.set(about, { first, times: times + (counted.get(about)?.times ?? 0) });
        throw fault;
      }
    }
  };
  const refused = async (fact: Told): Promise<void> => {
    const before = minutes.get(fact.actor);
    const minute = minuteOf(fact.at);
    if (before && before.minute !== minute) await write(before);
    let now = minutes.get(fact.actor);
    if (now?.minute !== minute) minutes.set(fact.actor, (now = { minute, told: 0, counted: new Map() }));
    if (now.told < REFUSALS_EACH_MAX) {
      now.told++;
      return ledger.append([fact]);
    }
    const about = now.counted.has(fact.subject) || now.counted.size < REFUSAL_SUBJECTS_MAX ? fact.subject : OTHERS;
    const one = now.counted.get(about) ?? { first: fact, times: 0 };
    now.counted.set(about, one);
    if (++one.times >= WRITTEN_EVERY) await write(now);
  };
  const append: LedgerNeeds['append'] = async (facts) => {
    const rest = facts.filter(({ type }) => type !== 'record.refused');
    for (const fact of facts) if (fact.type === 'record.refused') await refused(fact);
    if (rest.length > 0) await ledger.append(rest);
  };
  return {
    // A ledger may be an object whose parts are its class's: what it has beside stays its own.
    ledger: Object.assign(Object.create(ledger) as LedgerNeeds, { append }),
    flush: async (which) => {
      const present = minuteOf(clock());
      for (const [actor, minute] of minutes) {
        if (which === 'over' && minute.minute === present) continue;
        await write(minute);
        if (minutes.get(actor) === minute && minute.counted.size === 0) minutes.delete(actor);
      }
    },
  };
}
