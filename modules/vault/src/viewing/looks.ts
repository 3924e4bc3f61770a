/** What a person reads of what was done with what is held about them: from the ledger, so that it is what others can prove too. */
import { LOOKS_PAGE_MAX, PURPOSES, type FactType, type Look } from '@cityward/contracts';
import type { Json } from '@cityward/kernel';
import type { LedgerNeeds, TellingBody } from '../needs.ts';

const WHAT: readonly (readonly [FactType, Look['what']])[] = [
  ['record.put', 'stored'],
  ['record.viewed', 'viewed'],
  ['record.refused', 'refused'],
  ['record.destroyed', 'destroyed'],
  ['consent.given', 'given'],
  ['consent.taken-back', 'taken-back'],
];

export interface LooksPage {
  readonly before?: number | undefined;
  readonly limit?: number | undefined;
}

export async function looksAt(
  ledger: Pick<LedgerNeeds, 'bodiesOf'>,
  subject: string,
  { before, limit = LOOKS_PAGE_MAX }: LooksPage,
): Promise<Look[]> {
  const window = { subject, limit, ...(before === undefined ? {} : { before }) };
  const found = await Promise.all(
    WHAT.map(async ([type, what]) =>
      (await ledger.bodiesOf({ ...window, type })).map(({ entry, body }) => lookOf(entry, what, body)),
    ),
  );
  return found
    .flat()
    .sort((a, b) => b.entry - a.entry)
    .slice(0, limit);
}

const textOf = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);

function lookOf(...[entry, what, { actor, at, data }]: readonly [number, Look['what'], TellingBody]): Look {
  const { record, version, purpose, consent, why, reason } = data;
  return {
    entry,
    at,
    what,
    by: actor,
    record: textOf(record),
    version: typeof version === 'number' ? version : null,
    purpose: PURPOSES.find((one) => one === purpose) ?? null,
    consent: textOf(consent),
    why: textOf(why) ?? textOf(reason),
  };
}
