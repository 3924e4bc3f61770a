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
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { textOrNull } from '../gate/replay.ts';
import { linesOf, weekNamed, weekOf } from '../domain/looks/weeks.ts';
import { GLASS_PAPERS } from '../desk-papers.ts';
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
  'glass.broken': 'emergency',
  'glass.refused': 'emergency-refused',
  'glass.ended': 'emergency-ended',
  'glass.reviewed': 'emergency-reviewed',
  'blind.turned-on': 'blind-on',
  'blind.turned-off': 'blind-off',
  'blind.shared': 'blind-shared',
  'blind.asked': 'blind-asked',
  'blind.released': 'blind-released',
  'blind.recovery-ended': 'blind-recovery-ended',
  'unsealing.opened': 'unsealed',
  'unsealing.ended': 'sealed-again',
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

/** What is not told to a person at this moment. */
export interface Orders {
  /** Does an order keep emergencies from this person? */
  readonly isHushed: (subject: string) => boolean;
  /** Which of what was done belongs to sealed records that were opened under an order; `null` where there are none. */
  readonly unsealedQuietly: (subject: string) => ((done: Done) => boolean) | null;
}
export interface Done {
  readonly actor: string;
  readonly record: string | null;
  readonly unsealing: string | null;
  readonly isRefusal: boolean;
}
interface Parts extends Pick<VaultOptions, 'ledger' | 'sql' | 'clock' | 'zone'>, Orders {}
type Window = Omit<Parameters<LedgerNeeds['bodiesOf']>[0], 'types'>;

export function createLooks(parts: Parts): Looks {
  const { ledger, sql, clock, zone } = parts;
  const looksIn = (window: Window): Promise<Look[]> => toldIn(parts, window);
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
      looksIn({ subject, limit, ...(before === undefined ? {} : { before }) }),
    week: async (subject, name) => {
      const week = weekFor(name);
      if (!week.ok) return week;
      const { from, to } = week.value;
      const read = await looksIn({ subject, from, to: to - 1, limit: LOOKS_WEEK_MAX + 1 });
      const looks = read.slice(0, LOOKS_WEEK_MAX);
      const categories = await categoriesOf(sql, [...new Set(looks.flatMap(({ record }) => record ?? []))]);
      const [before] = await looksIn({ subject, to: from - 1, limit: 1 });
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
      const looks = await looksIn({ subject, from, to: to - 1, limit: LOOKS_WEEK_MAX });
      return ok(await ledger.packOf({ subject, entries: looks.map(({ entry }) => entry) }, actor));
    },
  };
}

/** Readings of the ledger for one answer, where some of what they find is not told. */
const ROUNDS_MAX = 50;

type Body = Awaited<ReturnType<LedgerNeeds['bodiesOf']>>[number];
const lookIn = ({ entry, body }: Body): Look => lookOf(entry, body);
const doneIn = ({ body: { type, actor, data } }: Body): Done => ({
  ...{ actor, record: textOrNull(data['record']), unsealing: textOrNull(data['unsealing']) },
  isRefusal: type === 'record.refused',
});

/** While an order keeps emergencies or opened seals from the person, none is among these, nor anything that was done in one. */
async function toldIn({ ledger, sql, isHushed, unsealedQuietly }: Parts, window: Window): Promise<Look[]> {
  const [hushed, isQuiet] = [isHushed(window.subject), unsealedQuietly(window.subject)];
  const readIn = (part: Window): Promise<readonly Body[]> => ledger.bodiesOf({ ...part, types: TYPES });
  if (!hushed && isQuiet === null) return (await readIn(window)).map(lookIn);
  const told: Look[] = [];
  const limit = Math.max(window.limit, LOOKS_PAGE_MAX);
  let at = window.before;
  for (let round = 0; round < ROUNDS_MAX && told.length < window.limit; round++) {
    const read = await readIn({ ...window, limit, ...(at === undefined ? {} : { before: at }) });
    const looks = read.filter((one) => !isQuiet?.(doneIn(one))).map(lookIn);
    const categories = await categoriesOf(sql, [...new Set(looks.flatMap(({ record }) => record ?? []))]);
    told.push(...looks.filter((look) => !hushed || !isOfEmergency(look, categories.get(look.record ?? ''))));
    if (read.length < limit) break;
    at = read.at(-1)!.entry;
  }
  return told.slice(0, window.limit);
}

const isOfEmergency = ({ what, emergency, purpose }: Look, category: string | undefined): boolean =>
  emergency !== null || EMERGENCIES.has(what) || purpose === 'ETREAT' || category === GLASS_PAPERS;
const EMERGENCIES: ReadonlySet<Look['what']> = new Set([
  'emergency',
  'emergency-refused',
  'emergency-ended',
  'emergency-reviewed',
]);

function lookOf(entry: number, { type, actor, at, data }: TellingBody): Look {
  const { record, version, purpose, consent, glass, why, reason, outcome, machine, times } = data;
  return {
    entry,
    at,
    what: WHAT[type as FactType]!,
    by: actor,
    machine: machine === true,
    record: textOrNull(record),
    version: typeof version === 'number' ? version : null,
    purpose: PURPOSES.find((one) => one === purpose) ?? null,
    consent: textOrNull(consent),
    emergency: textOrNull(glass),
    why: textOrNull(why) ?? textOrNull(reason) ?? textOrNull(outcome),
    ...(typeof times === 'number' ? { times } : {}),
  };
}
