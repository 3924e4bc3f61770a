/** Brings back from the ledger what SQL and the key file may have forgotten: what was taken back, used and destroyed. */
import type { FactType } from '@cityward/contracts';
import type { Json } from '@cityward/kernel';
import type { LedgerNeeds, TellingBody } from '../needs.ts';

export interface ReplayedFact {
  readonly entry: number;
  readonly body: TellingBody & { readonly subject: string };
}
/** What one part of the vault brings back. Made anew for each replay. */
export interface Replayer {
  readonly types: readonly FactType[];
  take(fact: ReplayedFact): void;
  /** Puts in force what was not; without facts, since the ledger has them. Answers how much that was. */
  apply(): Promise<number>;
}

/** Of what a fact says; an older program may have said less. */
export const textOf = (value: Json | undefined): string => textOrNull(value) ?? '';
export const textOrNull = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);
export const numberOf = (value: Json | undefined): number | null => (typeof value === 'number' ? value : null);

export interface Replayed {
  /** Entries of the ledger that were read. */
  readonly to: number;
  /** What SQL did not know. */
  readonly found: number;
}

export async function replayLedger(
  ledger: Pick<LedgerNeeds, 'scan'>,
  from: number,
  replayers: readonly Replayer[],
): Promise<Replayed> {
  const byType = new Map<string, Replayer[]>();
  for (const one of replayers) for (const type of one.types) byType.set(type, [...(byType.get(type) ?? []), one]);
  const to = await ledger.scan(from, (part) => {
    for (const fact of part) for (const one of byType.get(fact.body.type) ?? []) one.take(fact);
  });
  let found = 0;
  for (const one of replayers) found += await one.apply();
  return { to, found };
}
