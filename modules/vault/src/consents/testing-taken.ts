/** A vault that is used for years: so many consents given, or taken back, as SQL, journal and ledger have them then. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql as raw } from 'kysely';
import { newId } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import { AROHA, BEN, HARBOUR, NOW, TestLedger } from '../testing.ts';
import { GrantBook } from './grant-book.ts';
import { someAtATime } from '../some-at-a-time.ts';
import { journalPath, openVaultJournal, type VaultChange } from '../vault-journal.ts';

export { MIGRATIONS } from '../opening.ts';
export { AROHA, BEN, consentTo, testVault } from '../testing.ts';

const ROWS_PER_INSERT = 5_000;
const YEAR_MS = 365 * 86_400_000;

interface Rows {
  readonly ids: readonly string[];
  /** To one person, or to as many roles as there are rows. */
  readonly to: 'ben' | 'roles';
  readonly scope: object;
  readonly takenAt: number | null;
}
async function insert(sql: Sql, { ids, to, scope, takenAt }: Rows): Promise<void> {
  const body = JSON.stringify({ scope, rights: ['text'], refrains: [] });
  for (const some of someAtATime(ids, ROWS_PER_INSERT))
    await raw`insert into vault.consent (id, subject, person, organisation, role, body, purpose, from_at, until_at, given_at,
        given_by, taken_back_at, taken_back_by)
      select id, ${AROHA}, ${to === 'ben' ? BEN : null}::text, ${to === 'ben' ? null : HARBOUR}::text,
        case when ${to === 'ben'}::boolean then null else 'r-' || substr(id, 5) end, ${body}, 'TREAT', ${NOW - 1}::bigint,
        ${NOW + YEAR_MS}::bigint, ${NOW - 1}::bigint, ${AROHA}, ${takenAt}::bigint, ${takenAt === null ? null : AROHA}::text
      from unnest(${some}::text[]) as id`.execute(sql.for());
}
const idsOf = (count: number): string[] => Array.from({ length: count }, () => newId<string>('con'));

/** The book holds so many for one record; a doctor at one place looks. How many does the decision look at? */
export function lookedAt(count: number, record: string): number {
  const book = new GrantBook();
  const shared = {
    subject: AROHA,
    scope: { of: 'records', records: [record] },
    rights: ['text'],
    purpose: 'TREAT',
  } as const;
  const state = { from: NOW, until: NOW + 1, uses: null, used: 0, depth: 0, parent: null, refrains: [] } as const;
  for (const [i, id] of idsOf(count).entries()) {
    const grantee = { person: null, organisation: `party-${i}`, role: 'doctor' } as const;
    book.add({ grant: { ...shared, ...state, id, grantee, state: { is: 'standing' } }, given: { at: NOW, by: AROHA } });
  }
  const looker = { person: BEN, posts: [{ organisation: 'party-1', role: 'doctor' }] } as const;
  const found = book.from(AROHA, looker);
  if (found.length === 0) throw new Error('the decision looked at none, wanted the one that lets the doctor see');
  return found.length;
}

/** Standing, of one person, for one record, each to another role. */
export const standing = (
  sql: Sql,
  { count, record }: { readonly count: number; readonly record: string },
): Promise<void> =>
  insert(sql, { ids: idsOf(count), to: 'roles', scope: { of: 'records', records: [record] }, takenAt: null });

export interface TakenLongAgo {
  readonly ids: readonly string[];
  readonly ledger: TestLedger;
}
export async function takenLongAgo(
  { sql, folder }: { readonly sql: Sql; readonly folder: string },
  count: number,
  ledger = new TestLedger(),
): Promise<TakenLongAgo> {
  const ids = idsOf(count);
  await insert(sql, { ids, to: 'ben', scope: { of: 'categories', categories: ['blood-tests'] }, takenAt: NOW });
  mkdirSync(join(folder, 'journal'), { recursive: true, mode: 0o700 });
  const journal = await openVaultJournal(join(folder, 'journal'));
  const shared = { module: 'vault', type: 'consent.taken-back', actor: AROHA, subject: AROHA, at: NOW } as const;
  for (const some of someAtATime(ids, ROWS_PER_INSERT)) {
    await journal.append(some.map((consent) => ({ do: 'take-back', consent, at: NOW, by: AROHA })));
    await ledger.append(
      some.map((consent) => ({ ...shared, id: `evt-${consent}`, personal: true, data: { consent } })),
    );
  }
  await journal.close();
  return { ids, ledger };
}

/** What the file of the journal holds, as the next start reads it. */
export async function inJournal(folder: string): Promise<readonly VaultChange[]> {
  const journal = await openVaultJournal(join(folder, 'journal'));
  await journal.close();
  return [...journal.entries];
}
export const journalBytes = (folder: string): number => readFileSync(journalPath(join(folder, 'journal'))).length;
