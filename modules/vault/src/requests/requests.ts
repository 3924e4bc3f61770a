/** Requests by law: each has a clock that begins as it comes, a reminder, an end that shows, and an answer that says why. */
import type { Regime, RequestDraft, RequestKind, RightRequest, RecordDraft } from '@cityward/contracts';
import { dayAt, inTurn, newId, ok, type Json, type Refusal, refuse, type Result, startOfDay } from '@cityward/kernel';
import type { Tx } from '@cityward/sql';
import { CLOCK_OF, dueAfter, dutyFor, type Clockwork } from '../domain/law/request.ts';
import { workingDaysAfter } from '../domain/law/working-days.ts';
import { REQUEST_PAPERS } from '../desk-papers.ts';
import type { Law } from '../law/law.ts';
import type { Lives } from '../lives/lives.ts';
import type { VaultOptions } from '../needs.ts';
import type { Sharing } from '../nodes/shared.ts';
import { addNotice, type NewNotice } from '../notices/notices.ts';
import * as store from './request-store.ts';

const MODULE = 'vault';
const OPEN_PER_PERSON_MAX = 20;
/** So many working days before the end officers are reminded. */
const REMINDED_DAYS = 5;

export interface RequestParts extends Pick<VaultOptions, 'sql' | 'clock' | 'zone'> {
  readonly sharing: Sharing;
  readonly law: Law;
  readonly lives: Pick<Lives, 'of'>;
  readonly put: (draft: RecordDraft, by: string) => Promise<Result<{ readonly record: string }, Refusal>>;
}
type Said = Pick<NewNotice, 'kind' | 'about' | 'clauses'>;

export class Requests {
  readonly #parts: RequestParts;
  readonly #clockwork: Clockwork;
  readonly #inTurn = inTurn();
  /** Papers of requests that wait for an answer, with who asked: what an officer may read meanwhile. */
  readonly #waiting = new Map<string, { readonly request: string; readonly by: string; readonly subject: string }>();

  constructor(parts: RequestParts) {
    this.#parts = parts;
    this.#clockwork = { calendar: parts.law.calendar('nz-days'), zone: parts.zone };
  }

  async open(): Promise<number> {
    const { sql, clock } = this.#parts;
    for (const request of await store.openRequests(sql, clock())) this.learn(request);
    return 0;
  }

  /** Received at this moment, whatever hour it is. */
  make(draft: RequestDraft, by: string): Promise<Result<RightRequest, Refusal>> {
    return this.#inTurn(async () => {
      const { sql, clock, law, zone } = this.#parts;
      const { subject, kind, regime } = draft;
      const at = clock();
      const open = (await store.requestsOf(sql, subject, at)).filter(isOpen);
      if (open.length >= OPEN_PER_PERSON_MAX)
        return refuse(
          'conflict',
          'REQUESTS_FULL',
          `make a request of "${subject}": wanted at most ${OPEN_PER_PERSON_MAX} that wait`,
        );
      const paper = await this.#paper(subject, draft.words, by);
      if (!paper.ok) return paper;
      const clause = CLOCK_OF[regime][kind];
      const due = dueAfter(dayAt(at, zone), law.duty(clause, 'clock').count, this.#clockwork);
      const request: RightRequest = {
        ...{ id: newId<string>('req'), subject, kind, regime, by, at, paper: paper.value, state: 'received' },
        ...{ due, clause, isOverdue: false, extended: null, answer: null },
      };
      await sql.transact(async (tx) => {
        await store.addRequest(tx, request);
        await this.#parts.sharing.tell(tx, { do: 'request', request });
        const about = { request: request.id, kind, due };
        const more = { regime, paper: paper.value, clause, due };
        await this.#told(tx, request, { kind: 'request-received', about, clauses: [clause], at, by, more });
      });
      this.learn(request);
      return ok(request);
    });
  }

  withdraw(id: string, by: string): Promise<Result<RightRequest, Refusal>> {
    return this.#changed(id, `withdraw request "${id}"`, async (tx, request, at) => {
      if (!(await store.changeOpen(tx, id, { withdrawn_at: at }))) return false;
      this.#record(tx, request, { type: 'request.withdrawn', at, by });
      return true;
    });
  }

  /** Before the time is over, once, by a clause that lets it be, and not beyond what that clause says. */
  async extend(
    id: string,
    { clause, until, words }: { readonly clause: string; readonly until: number; readonly words: string },
    by: string,
  ): Promise<Result<RightRequest, Refusal>> {
    const where = `extend request "${id}"`;
    const found = await this.#open(id, where);
    if (!found.ok) return found;
    const request = found.value;
    const refused = this.#partyTo(request, by, where) ?? this.#faultOfExtension(request, { clause, until, where });
    if (refused) return refused;
    const paper = await this.#paper(request.subject, words, by);
    if (!paper.ok) return paper;
    return this.#changed(id, where, async (tx, { due }, at) => {
      const extended = { extended_at: at, extended_by: by, extended_clause: clause, extended_from: due };
      if (
        !(await store.changeOpen(tx, id, { ...extended, extended_paper: paper.value, due: until, reminded_at: null }))
      )
        return false;
      const about = { request: id, due: until, was: due, paper: paper.value };
      const more = { clause, due: until, was: due, paper: paper.value };
      await this.#told(tx, request, { kind: 'request-extended', about, clauses: [clause], at, by, more });
      return true;
    });
  }

  #faultOfExtension(
    { kind, regime, due, at, extended }: RightRequest,
    { clause, until, where }: { readonly clause: string; readonly until: number; readonly where: string },
  ): Result<never, Refusal> | null {
    const { law, clock } = this.#parts;
    const fault = (message: string): Result<never, Refusal> =>
      refuse('invalid', 'EXTENSION_NOT_VALID', `${where}: ${message}`);
    if (extended) return fault('it was made longer already, wanted that once');
    if (clock() >= due) return fault('its time is over, wanted that before');
    const duty = law.has(clause) ? dutyFor(law.clause(clause), { is: 'extension', kind, regime }) : null;
    if (!duty) return fault(`"${clause}" does not let it, wanted a clause that does`);
    if (until <= due) return fault('wanted an end after the one it has');
    const most = duty.most === null ? Infinity : this.#most(at, kind, { regime, more: duty.most });
    return until > most ? fault(`wanted an end by ${new Date(most).toISOString()}`) : null;
  }
  /** The first time and what it may be longer by, counted from when it came. */
  #most(
    at: number,
    kind: RequestKind,
    { regime, more }: { readonly regime: Regime; readonly more: { workingDays: number } | { months: number } },
  ): number {
    const { law, zone } = this.#parts;
    const { count } = law.duty(CLOCK_OF[regime][kind], 'clock');
    const both = 'months' in count && 'months' in more ? { months: count.months + more.months } : more;
    return dueAfter(dayAt(at, zone), both, this.#clockwork);
  }

  async answer(
    id: string,
    {
      outcome,
      clauses,
      words,
    }: {
      readonly outcome: NonNullable<RightRequest['answer']>['outcome'];
      readonly clauses: readonly string[];
      readonly words: string;
    },
    by: string,
  ): Promise<Result<RightRequest, Refusal>> {
    const where = `answer request "${id}"`;
    const found = await this.#open(id, where);
    if (!found.ok) return found;
    const request = found.value;
    const refused = this.#partyTo(request, by, where) ?? this.#faultOfAnswer(request, { outcome, clauses, where });
    if (refused) return refused;
    const paper = await this.#paper(request.subject, words, by);
    if (!paper.ok) return paper;
    return this.#changed(id, where, async (tx, _, at) => {
      const answered = { answered_at: at, answered_by: by, outcome, clauses: JSON.stringify(clauses) };
      if (!(await store.changeOpen(tx, id, { ...answered, answer_paper: paper.value }))) return false;
      const about = { request: id, outcome, paper: paper.value };
      const more = { outcome, clauses: [...clauses], paper: paper.value };
      await this.#told(tx, request, { kind: 'request-answered', about, clauses, at, by, more });
      return true;
    });
  }

  #faultOfAnswer(
    { kind, regime }: RightRequest,
    {
      outcome,
      clauses,
      where,
    }: { readonly outcome: string; readonly clauses: readonly string[]; readonly where: string },
  ): Result<never, Refusal> | null {
    const { law } = this.#parts;
    if (outcome === 'granted')
      return clauses.length === 0
        ? null
        : refuse('invalid', 'ANSWER_NOT_VALID', `${where}: it is granted, wanted no clause that lets it be refused`);
    const idle = clauses.find((id) => !law.has(id) || !dutyFor(law.clause(id), { is: 'refusal', kind, regime }));
    if (clauses.length === 0 || idle !== undefined)
      return refuse(
        'invalid',
        'ANSWER_NOT_VALID',
        `${where}: ${idle === undefined ? 'no clause is named' : `"${idle}" does not let it be refused`}, wanted one that does`,
      );
    return null;
  }

  of(subject: string): Promise<RightRequest[]> {
    return store.requestsOf(this.#parts.sql, subject, this.#parts.clock());
  }
  waiting(): Promise<RightRequest[]> {
    return store.openRequests(this.#parts.sql, this.#parts.clock());
  }
  async subjectOf(id: string): Promise<string | null> {
    return (await store.readRequest(this.#parts.sql, id, this.#parts.clock()))?.subject ?? null;
  }
  /** Whose words that paper has, while they wait for an answer. */
  paperOf(record: string): { readonly request: string; readonly by: string; readonly subject: string } | null {
    return this.#waiting.get(record) ?? null;
  }

  /** Officers are reminded before the end; past it the person is told that it is late. */
  async tick(): Promise<void> {
    const { sql, clock, zone } = this.#parts;
    const now = clock();
    const { calendar } = this.#clockwork;
    const soon = startOfDay(workingDaysAfter(calendar, dayAt(now, zone), REMINDED_DAYS) + 1, zone);
    for (const request of await store.openRequests(sql, now)) {
      const { id, due, clause } = request;
      if (due > soon) break; // what is due first comes first
      const stamp = { at: now, by: 'system' };
      await sql.transact(async (tx) => {
        if (await store.markOnce(tx, id, { what: 'reminded_at', at: now }))
          this.#record(tx, request, { type: 'request.reminded', ...stamp });
        if (due > now || !(await store.markOnce(tx, id, { what: 'overdue_at', at: now }))) return;
        await this.#told(tx, request, {
          kind: 'request-overdue',
          about: { request: id, due },
          clauses: [clause],
          ...stamp,
        });
      });
    }
  }

  async #paper(subject: string, words: string, by: string): Promise<Result<string, Refusal>> {
    const content = Buffer.from(JSON.stringify({ words })).toString('base64');
    const stored = await this.#parts.put({ subject, category: REQUEST_PAPERS, media: 'application/json', content }, by);
    return stored.ok ? ok(stored.value.record) : stored;
  }
  async #open(id: string, where: string): Promise<Result<RightRequest, Refusal>> {
    const request = await store.readRequest(this.#parts.sql, id, this.#parts.clock());
    if (!request) return refuse('not-found', 'REQUEST_UNKNOWN', `${where}: there is none of that id`);
    return isOpen(request)
      ? ok(request)
      : refuse('conflict', 'REQUEST_OVER', `${where}: it is ${request.state}, wanted one that waits`);
  }
  #partyTo({ subject, by: asker }: RightRequest, by: string, where: string): Result<never, Refusal> | null {
    const isParty =
      [subject, asker].includes(by) || this.#parts.lives.of(subject).standings.some((one) => one.person === by);
    return isParty
      ? refuse('forbidden', 'REQUEST_OF_ONESELF', `${where}: wanted an officer who has no part in it`)
      : null;
  }
  #changed(
    id: string,
    where: string,
    work: (tx: Tx, request: RightRequest, at: number) => Promise<boolean>,
  ): Promise<Result<RightRequest, Refusal>> {
    return this.#inTurn(async () => {
      const { sql, clock } = this.#parts;
      const found = await this.#open(id, where);
      if (!found.ok) return found;
      await sql.transact(async (tx) => {
        if (await work(tx, found.value, clock()))
          await this.#parts.sharing.tell(tx, { do: 'request', request: (await store.readRequest(tx, id, clock()))! });
      });
      const now = (await store.readRequest(sql, id, clock()))!;
      this.learn(now);
      return ok(now);
    });
  }
  async #told(tx: Tx, request: RightRequest, { at, by, more, ...said }: Said & Stamp): Promise<void> {
    this.#record(tx, request, { type: FACT_OF[said.kind as keyof typeof FACT_OF], at, by, more });
    await addNotice(tx, { subject: request.subject, at, by, ...said });
  }
  #record(
    tx: Tx,
    { id, subject, kind }: RightRequest,
    { type, at, by, more }: Stamp & { readonly type: RequestFact },
  ): void {
    const data = { request: id, kind, ...more };
    tx.record({ module: MODULE, type, actor: by, subject, at, personal: true, data });
  }
  /** Its paper is read while it waits, here and on every node. */
  learn(request: RightRequest): void {
    const { id, paper, by, subject } = request;
    if (isOpen(request)) this.#waiting.set(paper, { request: id, by, subject });
    else this.#waiting.delete(paper);
  }
}

interface Stamp {
  readonly at: number;
  readonly by: string;
  /** What a vault that is put back knows it by; words are in no fact. */
  readonly more?: { readonly [key: string]: Json } | undefined;
}
const FACT_OF = {
  'request-received': 'request.received',
  'request-extended': 'request.extended',
  'request-answered': 'request.answered',
  'request-overdue': 'request.overdue',
} as const;
type RequestFact = (typeof FACT_OF)[keyof typeof FACT_OF] | 'request.withdrawn' | 'request.reminded';

const isOpen = ({ state }: RightRequest): boolean => state === 'received' || state === 'extended';
