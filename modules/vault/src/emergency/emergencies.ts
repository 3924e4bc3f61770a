/** Breaking the glass: decided by care, limits and the person's wishes; in the ledger on disk before it counts; told at once; reviewed. */
import { GLASSES_SHOWN_MAX } from '@cityward/contracts';
import type { Glass, GlassDraft, HeldRecord, Principal, RecordDraft } from '@cityward/contracts';
import { DAY_MS, inTurn, newId, ok, refuse, type Json, type Refusal, type Result } from '@cityward/kernel';
import type { Saver } from '@cityward/journal';
import type { Tx } from '@cityward/sql';
import {
  BARRED_MS,
  decideGlass,
  glassAgainst,
  type Emergency,
  type GlassHeld,
  type GlassOver,
  type GlassWhy,
} from '../domain/glass.ts';
import type { Lives } from '../lives/lives.ts';
import { DESK_PAPERS, GLASS_PAPERS } from '../desk-papers.ts';
import type { VaultOptions } from '../needs.ts';
import { addNotice } from '../notices/notices.ts';
import type { Sharing } from '../nodes/shared.ts';
import type { VaultChange, VaultJournal } from '../vault-journal.ts';
import type { CareRegister } from './care-register.ts';
import { claimIn, dropClaim, dropClaims } from './glass-claims.ts';
import * as store from './glass-store.ts';
import type { StoredGlass } from './glass-store.ts';

const MODULE = 'vault';
const REMEMBERED_MS = BARRED_MS + DAY_MS;

export interface EmergencyParts extends Pick<VaultOptions, 'sql' | 'clock' | 'ledger' | 'may' | 'postsOf' | 'alarm'> {
  readonly journal: VaultJournal;
  readonly sharing: Sharing;
  /** Do other processes count too? */
  readonly isShared: boolean;
  readonly saver: Saver;
  readonly lives: Pick<Lives, 'of'>;
  readonly care: Pick<CareRegister, 'of' | 'get'>;
  readonly put: (draft: RecordDraft, by: string) => Promise<Result<{ readonly record: string }, Refusal>>;
  readonly records: (subject: string) => Promise<readonly HeldRecord[]>;
}
type Ended = Extract<VaultChange, { do: 'end-glass' }>;

export class Emergencies {
  readonly #parts: EmergencyParts;
  readonly #glasses = new Map<string, StoredGlass>();
  /** Counted and decided one after the other: two at once do not both pass a limit. In SQL so among processes. */
  readonly #inTurn = inTurn();

  constructor(parts: EmergencyParts) {
    this.#parts = parts;
  }

  async open(): Promise<number> {
    const { sql, clock, journal, isShared } = this.#parts;
    // Of a process that ended in the middle; where others may be in the middle of theirs, they count until their time is over.
    if (!isShared) await dropClaims(sql);
    for (const glass of await store.readGlasses(sql, clock() - REMEMBERED_MS)) this.#glasses.set(glass.id, glass);
    let replayed = 0;
    for (const change of journal.entries) {
      if (change.do !== 'end-glass' || this.#glasses.get(change.glass)?.ended !== null) continue;
      this.#change(change.glass, { ended: change.at });
      await sql.transact((tx) => saveEnd(tx, change));
      replayed++;
    }
    return replayed;
  }

  /** When the person is told of what is done in an emergency at that moment: later where an order says so. */
  shownFrom(subject: string, at: number): number {
    return Math.max(at, this.#parts.lives.of(subject).hushedUntil ?? at);
  }

  break(draft: GlassDraft, principal: Principal): Promise<Result<Glass, Refusal>> {
    return this.#inTurn(async () => {
      const { clock, care, lives, postsOf, may } = this.#parts;
      const { subject } = draft;
      const now = clock();
      const asked: Emergency = {
        ...{ subject, clinician: principal.id, life: lives.of(subject), care: care.of(subject) },
        organisations: postsOf(principal.id).map(({ organisation }) => organisation),
        before: [...this.#glasses.values()].map(heldOf),
      };
      const known = decideGlass(asked, now);
      if (!known.ok) return this.#refused(draft, principal, known.error);
      const person = { type: 'Person', id: subject, attributes: { inCare: true } } as const;
      if (!may(principal, 'breakGlass', person).ok) return this.#refused(draft, principal, 'policy');
      const claim = newId<string>('gla');
      const claimed = await this.#claimed(claim, asked, now);
      if (!claimed.ok) return this.#refused(draft, principal, claimed.error);
      return this.#opened(draft, principal, { ...claimed.value, claim, now }).catch(async (fault: unknown) => {
        // Where SQL does not take it either, it counts as one that was opened.
        await dropClaim(this.#parts.sql, claim).catch(() => undefined);
        throw fault;
      });
    });
  }

  /** Decided anew by all that SQL has of both, whichever process did it; from the commit on this one counts everywhere. */
  #claimed(id: string, asked: Emergency, now: number): Promise<ReturnType<typeof decideGlass>> {
    const { clinician: by, subject } = asked;
    return this.#parts.sql.transact((tx) =>
      claimIn<ReturnType<typeof decideGlass>>(
        tx,
        { by, subject, since: now - REMEMBERED_MS },
        ({ glasses, claims }) => {
          const saved = glasses.map((glass) => this.#newer(glass));
          const ids = new Set(saved.map((glass) => glass.id));
          const notSaved = [...asked.before, ...claims].filter((glass) => !ids.has(glass.id));
          const before = [...notSaved, ...saved.map(heldOf)];
          const decided = decideGlass({ ...asked, before }, now);
          if (!decided.ok) return { decided, claim: null };
          const { care, until } = decided.value;
          return {
            decided,
            claim: { id, subject, by, organisation: care.organisation, care: care.id, at: now, until },
          };
        },
      ),
    );
  }
  /** An end is in force here before SQL has it. */
  #newer(saved: StoredGlass): StoredGlass {
    const here = this.#glasses.get(saved.id);
    return { ...saved, ended: saved.ended ?? here?.ended ?? null, review: saved.review ?? here?.review ?? null };
  }

  async #opened(
    { subject, reason, words }: GlassDraft,
    { id: by }: Principal,
    { care, until, flags, claim, now: at }: DecidedAt,
  ): Promise<Result<Glass, Refusal>> {
    const { put, sql } = this.#parts;
    const content = Buffer.from(JSON.stringify({ words })).toString('base64');
    const paper = await put({ subject, category: GLASS_PAPERS, media: 'application/json', content }, by);
    if (!paper.ok) {
      await dropClaim(sql, claim);
      return paper;
    }
    const glass: StoredGlass = {
      ...{ id: claim, subject, by, organisation: care.organisation, care: care.id, reason },
      ...{ paper: paper.value.record, at, until, ended: null, flags: [...flags], review: null },
    };
    const shownFrom = this.shownFrom(subject, at);
    // Where this cannot be written it throws, and no glass is broken.
    await this.#write('glass.broken', { by, subject, at }, told(glass, shownFrom));
    await sql.transact(async (tx) => {
      await dropClaim(tx, claim);
      await store.addGlass(tx, glass);
      await this.#parts.sharing.tell(tx, { do: 'glass', glass });
      const about = { glass: glass.id, by, organisation: care.organisation, until, reason };
      await addNotice(tx, { subject, kind: 'glass-broken', at, about, shownFrom, by });
      if (flags.length > 0)
        tx.record({
          ...{ module: MODULE, type: 'glass.alarmed', actor: 'system', subject: by, at, personal: true },
          data: { glass: glass.id, flags: [...flags] },
        });
    });
    this.#glasses.set(glass.id, glass);
    if (flags.length > 0) this.#parts.alarm(by, `broke the glass: ${flags.join(', ')}`);
    return ok(shownGlass(glass));
  }

  async #refused(
    { subject, reason }: GlassDraft,
    { id: by }: Principal,
    why: GlassWhy | 'policy',
  ): Promise<Result<never, Refusal>> {
    const at = this.#parts.clock();
    const isPatient = why !== 'not-in-care' && why !== 'policy';
    // Of somebody who is not in their care nobody learns whether there is such a person.
    await this.#write('glass.refused', { by, subject, at }, { why, reason });
    const where = `break the glass for "${subject}"`;
    if (!isPatient)
      return refuse('not-found', 'GLASS_NO_PATIENT', `${where}: wanted a patient who is in care where you work`);
    if (LIMITS.has(why)) this.#parts.alarm(by, `was not let break the glass again: ${why}`);
    const message = `${where}: ${WORDS[why]}`;
    return { ok: false, error: { kind: 'forbidden', code: 'GLASS_REFUSED', message, details: [why] } };
  }

  /** By the clinician whose it is, before its time. */
  async end(id: string, by: string): Promise<Result<Glass, Refusal>> {
    const glass = this.#glasses.get(id);
    if (glass?.by !== by) return unknownGlass(`end emergency "${id}"`);
    await this.#end(id, by);
    return ok(shownGlass(this.#glasses.get(id)!));
  }

  async #end(id: string, by: string): Promise<void> {
    const { clock, journal, saver } = this.#parts;
    const glass = this.#glasses.get(id)!;
    if (glass.ended !== null) return;
    const at = clock();
    this.#change(id, { ended: at });
    const [change] = await journal.append([{ do: 'end-glass', glass: id, subject: glass.subject, at, by }]);
    await saver.save((tx) => saveEnd(tx, change as Ended));
  }

  review(id: string, outcome: NonNullable<Glass['review']>['outcome'], by: string): Promise<Result<Glass, Refusal>> {
    return this.#inTurn(async () => {
      const { sql, clock, lives } = this.#parts;
      const where = `review emergency "${id}"`;
      const glass = this.#glasses.get(id);
      if (!glass) return unknownGlass(where);
      const { subject } = glass;
      const isParty =
        [glass.by, subject].includes(by) || lives.of(subject).standings.some(({ person }) => person === by);
      if (isParty) return refuse('forbidden', 'REVIEW_OF_ONESELF', `${where}: wanted an officer who has no part in it`);
      if (glass.review) return refuse('conflict', 'REVIEWED_ALREADY', `${where}: "${glass.review.by}" did so`);
      const review = { at: clock(), by, outcome };
      if (outcome === 'not-justified') await this.#end(id, by);
      await sql.transact(async (tx) => {
        await store.reviewGlass(tx, id, review);
        await this.#parts.sharing.tell(tx, { do: 'glass', glass: { ...this.#glasses.get(id)!, review } });
        const { at } = review;
        const data = { glass: id, outcome };
        tx.record({ module: MODULE, type: 'glass.reviewed', actor: by, subject, at, personal: true, data });
        const shownFrom = this.shownFrom(subject, at);
        await addNotice(tx, { subject, kind: 'glass-reviewed', at, about: { glass: id, outcome }, shownFrom, by });
      });
      this.#change(id, { review });
      return ok(shownGlass(this.#glasses.get(id)!));
    });
  }

  of(clinician: string): Glass[] {
    return this.#shown(({ by }) => by === clinician).reverse();
  }
  /** What is flagged first, then what waits longest. */
  waiting(): Glass[] {
    return this.#shown(({ review }) => review === null).sort(
      (a, b) => Number(b.flags.length > 0) - Number(a.flags.length > 0) || a.at - b.at,
    );
  }
  #shown(which: (glass: StoredGlass) => boolean): Glass[] {
    return [...this.#glasses.values()].filter(which).slice(-GLASSES_SHOWN_MAX).map(shownGlass);
  }
  get(id: string): StoredGlass | null {
    return this.#glasses.get(id) ?? null;
  }
  /** Whose reason that record tells. */
  ofPaper(record: string): StoredGlass | null {
    for (const glass of this.#glasses.values()) if (glass.paper === record) return glass;
    return null;
  }

  /** The open emergency of this clinician for this person; why the last of them is none, or `null` where there never was one. */
  openFor(subject: string, clinician: string): { readonly glass: StoredGlass } | { readonly why: GlassOver } | null {
    let why: GlassOver | null = null;
    for (const glass of this.#glasses.values()) {
      if (glass.subject !== subject || glass.by !== clinician) continue;
      const against = this.against(glass);
      if (against === null) return { glass };
      why = against;
    }
    return why === null ? null : { why };
  }
  against(glass: StoredGlass): GlassOver | null {
    const { care, lives, postsOf, clock } = this.#parts;
    const now = this.#glasses.get(glass.id);
    if (!now) return 'glass-over';
    const organisations = postsOf(glass.by).map(({ organisation }) => organisation);
    const around = { care: care.get(glass.care), life: lives.of(glass.subject), organisations };
    return glassAgainst(heldOf(now), around, clock());
  }

  /** What may be seen in it, without content. */
  async recordsFor(id: string, by: string): Promise<Result<readonly HeldRecord[], Refusal>> {
    const glass = this.#glasses.get(id);
    if (glass?.by !== by || this.against(glass) !== null) return unknownGlass(`list records of emergency "${id}"`);
    const { excluded } = this.#parts.lives.of(glass.subject);
    const all = await this.#parts.records(glass.subject);
    return ok(all.filter(({ category }) => !DESK_PAPERS.has(category) && !excluded.includes(category)));
  }

  /** As another node did it. */
  learn(change: { readonly do: 'glass'; readonly glass: StoredGlass } | Ended): void {
    if (change.do === 'glass') this.#glasses.set(change.glass.id, change.glass);
    else if (this.#glasses.get(change.glass)?.ended === null) this.#change(change.glass, { ended: change.at });
  }

  #change(id: string, change: Partial<StoredGlass>): void {
    this.#glasses.set(id, { ...this.#glasses.get(id)!, ...change });
  }

  #write(
    type: 'glass.broken' | 'glass.refused',
    { by: actor, subject, at }: { readonly by: string; readonly subject: string; readonly at: number },
    data: { readonly [key: string]: Json },
  ): Promise<void> {
    return this.#parts.ledger.append([
      { id: newId<string>('evt'), module: MODULE, type, actor, subject, at, personal: true, data },
    ]);
  }
}

/** All of it: a vault that is put back counts it from the ledger. */
const told = (
  { id: glass, reason, care, until, organisation, paper, flags }: StoredGlass,
  shownFrom: number,
): { readonly [key: string]: Json } => ({ glass, reason, care, until, organisation, paper, flags, shownFrom });

type DecidedAt = Extract<ReturnType<typeof decideGlass>, { ok: true }>['value'] & {
  readonly claim: string;
  readonly now: number;
};

const LIMITS: ReadonlySet<GlassWhy | 'policy'> = new Set([
  'own-family',
  'barred',
  'another-patient-open',
  'too-many-by-clinician',
  'too-many-of-patient',
]);
const WORDS: Readonly<Record<Exclude<GlassWhy, 'not-in-care'>, string>> = {
  oneself: 'wanted somebody else than oneself',
  deceased: 'they died, wanted their executor asked',
  'own-family': 'they are family, wanted a colleague to do it',
  barred: 'an earlier one was not justified, wanted a colleague to do it',
  'another-patient-open': 'one of another patient is open, wanted it ended first',
  'too-many-by-clinician': 'too many in a day, wanted a colleague to do it',
  'too-many-of-patient': 'too many of this patient in a day, wanted an officer asked',
};

const unknownGlass = (where: string): Result<never, Refusal> =>
  refuse('not-found', 'GLASS_UNKNOWN', `${where}: you have none of that id`);

function heldOf({ id, subject, by, organisation, care, at, until, ended, review }: StoredGlass): GlassHeld {
  const { outcome = null, at: reviewedAt = null } = review ?? {};
  return { id, subject, by, organisation, care, at, until, ended, outcome, reviewedAt };
}
function shownGlass({ care: _care, ...glass }: StoredGlass): Glass {
  return glass;
}

async function saveEnd(tx: Tx, { glass, subject, at, by }: Ended): Promise<void> {
  if (!(await store.endGlass(tx, glass, at))) return;
  tx.record({ module: MODULE, type: 'glass.ended', actor: by, subject, at, personal: true, data: { glass } });
}
