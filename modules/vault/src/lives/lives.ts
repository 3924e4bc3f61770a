/** People's lives: recorded by officers with a document, in force from the journal on, and asked at each look. In memory, waiting for nothing. */
import type { LifeProposal, LifeShown, NoticeKind, SwiftChange, WeightyChange } from '@cityward/contracts';
import { DAY_MS, inTurn, newId, ok, refuse, type Json, type Refusal, type Result } from '@cityward/kernel';
import type { Saver } from '@cityward/journal';
import type { Tx } from '@cityward/sql';
import { readConsentsOf, type StoredConsent } from '../consents/consent-store.ts';
import { decideSwift, decideWeighty } from '../domain/lives/decide-life.ts';
import {
  consentAgainst,
  evolve,
  isBeyond,
  phaseAt,
  representativesAt,
  unwritten,
  type GivenConsent,
  type Life,
  type LifeChange,
  type LifeEvent,
  type StandingWhy,
} from '../domain/lives/life.ts';
import type { VaultOptions } from '../needs.ts';
import type { Sharing } from '../nodes/shared.ts';
import { addNotice } from '../notices/notices.ts';
import { readHead } from '../records/store.ts';
import type { VaultChange, VaultJournal } from '../vault-journal.ts';
import * as store from './lives-store.ts';
import { shownLife } from './shown-life.ts';

const MODULE = 'vault';
/** What two officers do not agree on in that time is asked for anew. */
const PROPOSAL_LIFE_MS = 14 * DAY_MS;
const PROPOSALS_PER_PERSON_MAX = 20;
/** In one city; more is refused, never forgotten. */
export const LIVES_MAX = 1_000_000;

export interface LivesParts extends Pick<VaultOptions, 'sql' | 'clock' | 'zone' | 'isPerson'> {
  readonly journal: VaultJournal;
  readonly saver: Saver;
  readonly sharing: Sharing;
  /** From what age on a person decides alone, as the law says. */
  readonly ageYears: number;
  /** What emergencies see whatever the person wishes, as the law says. */
  readonly floor: readonly string[];
  /** Is this a clause by which notices may wait? */
  readonly mayWait: (clause: string) => boolean;
}
type Recorded = Extract<VaultChange, { do: 'life' }>;

export class Lives {
  readonly #parts: LivesParts;
  readonly #lives = new Map<string, Life>();
  /** Read, decided and written one after the other. */
  readonly #inTurn = inTurn();

  constructor(parts: LivesParts) {
    this.#parts = parts;
  }

  /** Reads what was recorded, and adds what the journal knows and SQL does not. Answers how many of those there were. */
  async open(): Promise<number> {
    const { sql, journal } = this.#parts;
    const known = new Set<string>();
    for (const event of await store.readEvents(sql)) {
      known.add(event.id);
      this.#apply(event);
    }
    const unsaved = journal.entries.filter((one): one is Recorded => one.do === 'life' && !known.has(one.event.id));
    await this.#parts.sharing.retell(unsaved);
    for (const { event } of unsaved) {
      this.#apply(event);
      await sql.transact((tx) => this.#save(tx, event));
    }
    return unsaved.length;
  }

  /** Is anything recorded of this person's life? Of most people nothing is. */
  isWritten(subject: string): boolean {
    return this.#lives.has(subject);
  }
  of(subject: string): Life {
    return this.#lives.get(subject) ?? unwritten(subject);
  }
  /** Does an order keep emergencies from this person at this moment? */
  isHushed(subject: string): boolean {
    return this.#parts.clock() < (this.#lives.get(subject)?.hushedUntil ?? -Infinity);
  }
  /** Who acts for this person now. */
  representatives(subject: string): readonly string[] {
    const life = this.#lives.get(subject);
    return life ? representativesAt(life, this.#parts.clock()) : [];
  }
  /** Why this consent does not let anybody see a record of the category, though it says so. */
  consentAgainst(consent: GivenConsent, category: string): StandingWhy | null {
    const life = this.#lives.get(consent.subject);
    if (!life) return null;
    return isBeyond(life, consent, category)
      ? 'kept-from-representative'
      : consentAgainst(life, consent, this.#parts.clock());
  }
  represented(person: string): { subject: string; standing: string; as: LifeShown['standings'][number]['as'] }[] {
    const now = this.#parts.clock();
    return [...this.#lives.values()].flatMap((life) =>
      shownLife(life, [], now)
        .standings.filter((one) => one.person === person && one.acts)
        .map(({ id, as }) => ({ subject: life.subject, standing: id, as })),
    );
  }

  async shown(subject: string): Promise<LifeShown> {
    const now = this.#parts.clock();
    const life = this.of(subject);
    return shownLife(life, await asleepOf(this.#parts.sql, life, now), now);
  }

  proposals(): Promise<LifeProposal[]> {
    return store.openProposals(this.#parts.sql, { now: this.#parts.clock() });
  }

  async propose(
    subject: string,
    { change, document }: { readonly change: WeightyChange; readonly document: string },
    by: string,
  ): Promise<Result<LifeProposal, Refusal>> {
    const { sql, clock } = this.#parts;
    const at = clock();
    const proof = { document, recordedBy: by, confirmedBy: by };
    const decided = decideWeighty(this.of(subject), { change, proof, standing: 'sta-0' }, this.#circumstances(at));
    if (!decided.ok) return decided;
    const where = `record "${change.do}" of "${subject}"`;
    const refused = await this.#refusalOf({ where, subject, change, document, by });
    if (refused) return refused;
    if ((await store.openProposals(sql, { now: at, subject })).length >= PROPOSALS_PER_PERSON_MAX)
      return refuse('conflict', 'PROPOSALS_FULL', `${where}: wanted at most ${PROPOSALS_PER_PERSON_MAX} that wait`);
    const proposal = { id: newId<string>('lip'), subject, change, document, by, at, expires: at + PROPOSAL_LIFE_MS };
    await sql.transact(async (tx) => {
      await store.addProposal(tx, proposal);
      const data = { proposal: proposal.id, what: change.do, document };
      tx.record({ module: MODULE, type: 'life.proposed', actor: by, subject, at, personal: true, data });
    });
    return ok(proposal);
  }

  async #refusalOf(asked: {
    readonly where: string;
    readonly subject: string;
    readonly change: WeightyChange;
    readonly document: string;
    readonly by: string;
  }): Promise<Result<never, Refusal> | null> {
    const { where, subject, change, document, by } = asked;
    if (isParty(subject, change, by))
      return refuse('forbidden', 'LIFE_OF_ONESELF', `${where}: wanted an officer whom it gives and takes nothing`);
    if (change.do === 'appoint' && !this.#parts.isPerson(change.person))
      return refuse(
        'not-found',
        'PERSON_UNKNOWN',
        `${where}: wanted "${change.person}" to be one who may sign in here`,
      );
    if (change.do === 'hush' && !this.#parts.mayWait(change.clause))
      return refuse(
        'invalid',
        'CLAUSE_LETS_NOTHING_WAIT',
        `${where}: "${change.clause}" lets no notice wait, wanted a clause that does`,
      );
    const head = await readHead(this.#parts.sql, document);
    return head?.subject === subject && !head.isDestroyed
      ? null
      : refuse(
          'not-found',
          'DOCUMENT_UNKNOWN',
          `${where}: "${subject}" has no record "${document}", wanted one with the document`,
        );
  }

  async subjectOf(proposal: string): Promise<string | null> {
    return (await store.readProposal(this.#parts.sql, proposal))?.subject ?? null;
  }

  /** The second pair of eyes: another officer than the first, who sees the same document. In force once it resolves. */
  confirm(id: string, by: string): Promise<Result<LifeShown, Refusal>> {
    return this.#inTurn(async () => {
      const { sql, clock } = this.#parts;
      const where = `confirm "${id}"`;
      const at = clock();
      const proposal = this.#spent.has(id) ? null : await store.readProposal(sql, id);
      if (!proposal || proposal.expires <= at)
        return refuse('not-found', 'PROPOSAL_UNKNOWN', `${where}: none of that id waits`);
      const { subject, change, document } = proposal;
      if (proposal.by === by)
        return refuse('forbidden', 'SECOND_OFFICER_WANTED', `${where}: "${by}" recorded it, wanted another officer`);
      const refused = await this.#refusalOf({ where, subject, change, document, by });
      if (refused) return refused;
      const proof = { document, recordedBy: proposal.by, confirmedBy: by };
      const standing = newId<string>('sta');
      const decided = decideWeighty(this.of(subject), { change, proof, standing }, this.#circumstances(at));
      if (!decided.ok) return decided;
      await this.#record(subject, decided.value, { by, proposal: id });
      return ok(await this.shown(subject));
    });
  }

  change(subject: string, change: SwiftChange, by: string): Promise<Result<LifeShown, Refusal>> {
    return this.#inTurn(async () => {
      const where = `record "${change.do}" of "${subject}"`;
      const standings = this.of(subject).standings;
      if (by === subject || standings.some(({ person }) => person === by))
        return refuse('forbidden', 'LIFE_OF_ONESELF', `${where}: wanted an officer whom it gives and takes nothing`);
      const decided = decideSwift(this.of(subject), change, this.#parts.clock());
      if (!decided.ok) return decided;
      await this.#record(subject, decided.value, { by });
      return ok(await this.shown(subject));
    });
  }

  /** What the person alone decides. */
  wish(
    subject: string,
    change: Extract<LifeChange, { do: 'wishes' | 'confirm' }>,
    by: string,
  ): Promise<Result<LifeShown, Refusal>> {
    return this.#inTurn(async () => {
      if (by !== subject || phaseAt(this.of(subject), this.#parts.clock()) === 'deceased')
        return refuse('forbidden', 'WISHES_OF_ANOTHER', `set wishes of "${subject}": wanted the person alone to do it`);
      const needed = change.do === 'wishes' ? change.exclude.find((one) => this.#parts.floor.includes(one)) : undefined;
      if (needed !== undefined)
        return refuse(
          'invalid',
          'NEEDED_TO_LIVE',
          `set wishes of "${subject}": emergencies always see "${needed}", wanted others`,
        );
      await this.#record(subject, change, { by });
      return ok(await this.shown(subject));
    });
  }

  /** Who turned sixteen is told, once, of the moment at which it was; their rights changed then, whenever this runs. */
  async tick(): Promise<void> {
    const { sql, clock } = this.#parts;
    const now = clock();
    for (const life of this.#lives.values()) {
      const { subject, sixteenAt: at } = life;
      if (at === null || at > now || this.#told.has(subject)) continue;
      const asleep = await asleepOf(sql, life, now);
      await sql.transact(async (tx) => {
        if (!(await store.markTurned(tx, subject, at))) return;
        const data = { asleep: asleep.length };
        tx.record({ module: MODULE, type: 'life.turned-sixteen', actor: 'system', subject, at, personal: true, data });
        await addNotice(tx, { subject, kind: 'turned-sixteen', at, about: { consents: asleep }, by: 'system' });
      });
      this.#told.add(subject);
    }
  }
  readonly #told = new Set<string>();

  #circumstances(now: number) {
    const { zone, ageYears } = this.#parts;
    return { now, zone, ageYears };
  }

  /** Dark at once where it takes something away; then on disk; then in force for good, and in SQL with what the person is told. */
  async #record(subject: string, change: LifeChange, how: Pick<LifeEvent, 'by' | 'proposal'>): Promise<void> {
    const { journal, saver, clock } = this.#parts;
    if (!this.#lives.has(subject) && this.#lives.size >= LIVES_MAX)
      throw new Error(`record "${change.do}": ${this.#lives.size} lives are kept, wanted at most ${LIVES_MAX}`);
    const event: LifeEvent = { id: newId<string>('lif'), subject, at: clock(), change, ...how };
    const before = this.of(subject);
    if (TAKES.has(change.do)) this.#apply(event);
    await journal.append([{ do: 'life', event }]);
    if (!TAKES.has(change.do)) this.#apply(event);
    await saver.save((tx) => this.#save(tx, event, before));
  }

  /** Another node has it on disk. */
  learn(event: LifeEvent): void {
    if (this.#known.has(event.id)) return;
    this.#apply(event);
    void this.#parts.saver.save((tx) => this.#save(tx, event));
  }
  /** Events that are in the lives. */
  readonly #known = new Set<string>();
  /** Proposals that were confirmed, which SQL may not know yet. */
  readonly #spent = new Set<string>();

  #apply(event: LifeEvent): void {
    this.#known.add(event.id);
    if (event.proposal !== undefined) this.#spent.add(event.proposal);
    this.#lives.set(event.subject, evolve(this.of(event.subject), event, this.#parts.zone));
  }

  async #save(tx: Tx, event: LifeEvent, before?: Life): Promise<void> {
    if (!(await store.addEvent(tx, event))) return;
    const { subject, at, by, change, proposal } = event;
    // Whole: where the tables are put back from a backup, it is brought back from the ledger.
    const data = {
      event: event.id,
      what: change.do,
      change: change as Json,
      ...(proposal === undefined ? {} : { proposal }),
    };
    tx.record({ module: MODULE, type: 'life.changed', actor: by, subject, at, personal: true, data });
    if (by === subject) return;
    // That somebody is not told for a time, they are not told before it is over.
    const shownFrom = change.do === 'hush' ? Math.max(at, change.until) : at;
    const tell = (kind: NoticeKind, about: Record<string, string | string[]>) =>
      addNotice(tx, { subject, kind, at, about, by, shownFrom });
    await tell('life-changed', { what: change.do, event: event.id });
    const consents = await readConsentsOf(tx, subject);
    const slept = new Set(before ? asleepAmong(before, consents, at) : []);
    const fell = asleepAmong(this.of(subject), consents, at).filter((id) => !slept.has(id));
    if (fell.length > 0) await tell('consents-asleep', { consents: fell });
  }
}

/** What ends or stops something counts before the disk has it; what gives somebody a say only after. */
const TAKES: ReadonlySet<LifeChange['do']> = new Set(['died', 'capable', 'end', 'dispute', 'keep']);

const isParty = (subject: string, change: WeightyChange, by: string): boolean =>
  by === subject || (change.do === 'appoint' && change.person === by);

const givenOf = ({ grant: { id, subject, purpose }, given }: StoredConsent): GivenConsent => ({
  ...{ id, subject, purpose, given },
});
const asleepAmong = (life: Life, consents: readonly StoredConsent[], now: number): string[] =>
  consents
    .filter(({ grant }) => grant.state.is === 'standing' && grant.until > now)
    .map(givenOf)
    .filter((consent) => consentAgainst(life, consent, now) !== null)
    .map(({ id }) => id);

const asleepOf = async (sql: VaultOptions['sql'], life: Life, now: number): Promise<string[]> =>
  asleepAmong(life, await readConsentsOf(sql, life.subject), now);
