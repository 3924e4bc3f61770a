/** What is done with people's data (GDPR article 30): generated from what is held and consented to at this moment, never typed in. */
import type { Kysely } from 'kysely';
import { REQUEST_KINDS, type LawShown, type Register, type RequestKind } from '@cityward/contracts';
import type { Sql } from '@cityward/sql';
import { readStanding } from '../consents/consent-store.ts';
import type { Clause } from '../domain/law/clause.ts';
import { classOf, type RetentionLaw } from '../domain/retention.ts';
import type { Law } from '../law/law.ts';

interface Tables {
  'vault.record': { id: string; subject: string; category: string; destroyed_at: number | null };
}
/** More are in the count of the others. */
const CATEGORIES_MAX = 1_000;

interface Parts {
  readonly sql: Sql;
  readonly law: Law;
  readonly retention: RetentionLaw;
}

export async function registerOf({ sql, law, retention }: Parts, now: number): Promise<Register> {
  const held = await (sql.for<Tables>() as Kysely<Tables>)
    .selectFrom('vault.record')
    .select(['category', ({ fn }) => fn.countAll<string>().as('records')])
    .select(({ fn }) => fn.count<string>('subject').distinct().as('people'))
    .where('destroyed_at', 'is', null)
    .groupBy('category')
    .orderBy('category')
    .limit(CATEGORIES_MAX)
    .execute();
  const uses = await usesOf(sql, now);
  const entries = held.map(({ category, records, people }) => {
    const { purposes, recipients } = uses.get(category) ?? NO_USE;
    return {
      ...{ category, records: Number(records), people: Number(people), recipients: recipients.size },
      purposes: [...purposes].map(([purpose, consents]) => ({ purpose, consents })),
      kept: keptBy(retention, category),
    };
  });
  const safeguards = law.instruments
    .flatMap(({ clauses }) => clauses)
    .filter(({ duties }) => duties.some(({ is }) => is === 'safeguard'))
    .map(({ id }) => id);
  return { at: now, entries, safeguards };
}

/** What the law asks of all personal data, where no class of data names more. */
const KEPT_BY_ALL = 'nz-ipp-9';
/** By the clauses of its class (`law/classes.json`). */
function keptBy(retention: RetentionLaw, category: string): string[] {
  const name = classOf(retention, category);
  return name === null ? [KEPT_BY_ALL] : [...retention.classes[name]!.clauses];
}

interface Use {
  readonly purposes: ReadonlyMap<string, number>;
  readonly recipients: ReadonlySet<string>;
}
const NO_USE: Use = { purposes: new Map(), recipients: new Set() };
const CONSENTS_PER_PAGE = 5_000;

/** What consents that stand let each category be used for, page by page. */
async function usesOf(sql: Sql, now: number): Promise<ReadonlyMap<string, Use>> {
  const uses = new Map<string, { purposes: Map<string, number>; recipients: Set<string> }>();
  for (let after = ''; ;) {
    const page = await readStanding(sql, now, { after, limit: CONSENTS_PER_PAGE });
    for (const { grant } of page) {
      if (grant.scope.of !== 'categories') continue;
      for (const category of grant.scope.categories) {
        let use = uses.get(category);
        if (!use) uses.set(category, (use = { purposes: new Map(), recipients: new Set() }));
        use.purposes.set(grant.purpose, (use.purposes.get(grant.purpose) ?? 0) + 1);
        use.recipients.add(JSON.stringify(grant.grantee));
      }
    }
    if (page.length < CONSENTS_PER_PAGE) return uses;
    after = page.at(-1)!.grant.id;
  }
}

export const lawShown = ({ instruments }: Law): LawShown => ({
  instruments: instruments.map(({ instrument: { id, name, place, url }, read: { on, as }, clauses }) => ({
    ...{ id, name, place, url, read: { on, as } },
    clauses: clauses.map((clause) => ({
      ...{ id: clause.id, ref: clause.ref, words: clause.words, from: clause.from },
      refuses: kindsOf(clause, 'refusal'),
      extends: kindsOf(clause, 'extension'),
      tasks: clause.duties.flatMap((duty) => (duty.is === 'task' ? [duty.words] : [])),
    })),
  })),
});

const kindsOf = (clause: Clause, is: 'refusal' | 'extension'): RequestKind[] =>
  REQUEST_KINDS.filter((kind) => clause.duties.some((duty) => duty.is === is && duty.of.some((of) => of === kind)));
