/** What a person reads of what was done with what is held about them: from the ledger, so that it is what others can prove too. */
import {
  LOOKS_PAGE_MAX,
  LOOKS_WEEK_MAX,
  PURPOSES,
  type FactType,
  type Look,
  type LooksOfWeek,
  type LookWeek,
} from '@cityward/contracts';
import { ok, refuse, type Json, type Refusal, type Result } from '@cityward/kernel';
import { linesOf, weekNamed, weekOf } from '../domain/looks/weeks.ts';
import type { LedgerNeeds, TellingBody, VaultOptions } from '../needs.ts';
import { categoriesOf } from '../records/store.ts';

const WHAT: Readonly<Partial<Record<FactType, Look['what']>>> = {
  'record.put': 'stored',
  'record.viewed': 'viewed',
  'record.refused': 'refused',
  'record.destroyed': 'destroyed',
  'record.exported': 'exported',
  'records.put': 'stored',
  'records.destroyed': 'destroyed',
  'record.sealed': 'sealed',
  'record.restricted': 'restricted',
  'record.used-again': 'used-again',
  'consent.given': 'given',
  'consent.handed-on': 'handed-on',
  'consent.taken-back': 'taken-back',
  'data.exposed': 'exposed',
  'data.taken-out': 'taken-out',
  'picture.traced': 'traced',
};
const TYPES = Object.keys(WHAT) as FactType[];

interface LooksPage {
  readonly before?: number | undefined;
  readonly limit?: number | undefined;
}

export interface Looks {
  /** Newest first. */
  list(subject: string, page: LooksPage): Promise<readonly Look[]>;
  /** The present week without a name. */
  week(subject: string, week?: string): Promise<Result<LooksOfWeek, Refusal>>;
  /** A pack of all entries of a week, for the person they are about; `null` where nothing was done. */
  prove(
    ...asked: readonly [subject: string, week: string | undefined, actor: string]
  ): Promise<Result<Uint8Array | null, Refusal>>;
}

type Parts = Pick<VaultOptions, 'ledger' | 'sql' | 'clock' | 'zone'>;

export function createLooks(parts: Parts): Looks {
  const { ledger, sql, clock, zone } = parts;
  const weekFor = (name: string | undefined): Result<LookWeek, Refusal> => {
    const week = name === undefined ? weekOf(clock(), zone) : weekNamed(name, zone);
    return week
      ? ok(week)
      : refuse(
          'invalid',
          'WEEK_UNKNOWN',
          `read week "${name}": there is none of that name, wanted one such as 2027-W03`,
        );
  };
  return {
    list: async (subject, { before, limit = LOOKS_PAGE_MAX }) =>
      looksIn(ledger, { subject, limit, ...(before === undefined ? {} : { before }) }),
    week: async (subject, name) => {
      const week = weekFor(name);
      if (!week.ok) return week;
      const { from, to } = week.value;
      const read = await looksIn(ledger, { subject, from, to: to - 1, limit: LOOKS_WEEK_MAX + 1 });
      const looks = read.slice(0, LOOKS_WEEK_MAX);
      const categories = await categoriesOf(sql, [...new Set(looks.flatMap(({ record }) => record ?? []))]);
      const [before] = await looksIn(ledger, { subject, to: from - 1, limit: 1 });
      const sorted = looks.map((look) => ({
        ...look,
        category: look.record ? (categories.get(look.record) ?? null) : null,
      }));
      return ok({
        week: week.value,
        lines: linesOf(sorted, zone),
        cut: read.length > looks.length,
        earlier: before ? weekOf(before.at, zone).id : null,
      });
    },
    prove: async (...[subject, name, actor]) => {
      const week = weekFor(name);
      if (!week.ok) return week;
      const { from, to } = week.value;
      const looks = await looksIn(ledger, { subject, from, to: to - 1, limit: LOOKS_WEEK_MAX });
      return ok(await ledger.packOf({ subject, entries: looks.map(({ entry }) => entry) }, actor));
    },
  };
}

async function looksIn(
  ledger: Pick<LedgerNeeds, 'bodiesOf'>,
  window: Omit<Parameters<LedgerNeeds['bodiesOf']>[0], 'types'>,
): Promise<Look[]> {
  return (await ledger.bodiesOf({ ...window, types: TYPES })).map(({ entry, body }) => lookOf(entry, body));
}

const textOf = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);

function lookOf(entry: number, { type, actor, at, data }: TellingBody): Look {
  const { record, version, purpose, consent, why, reason, machine } = data;
  return {
    entry,
    at,
    what: WHAT[type as FactType]!,
    by: actor,
    machine: machine === true,
    record: textOf(record),
    version: typeof version === 'number' ? version : null,
    purpose: PURPOSES.find((one) => one === purpose) ?? null,
    consent: textOf(consent),
    why: textOf(why) ?? textOf(reason),
  };
}
