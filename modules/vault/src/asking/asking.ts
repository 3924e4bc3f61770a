/** Requests to see records: asked by somebody who works somewhere, looked through, and answered by the person alone. */
import {
  ACCESS_REQUESTS_OPEN_MAX,
  type AccessAnswer,
  type AccessRequest,
  type AccessRequestDraft,
  type Consent,
  type FactType,
} from '@cityward/contracts';
import { DAY_MS, newId, ok, refuse, type Json, type Refusal, type Result } from '@cityward/kernel';
import type { Tx } from '@cityward/sql';
import type { Consents } from '../consents/consents.ts';
import { beyondAsked } from '../domain/asked.ts';
import { misleadingIn } from '../domain/request-lint.ts';
import type { VaultOptions } from '../needs.ts';
import * as store from './store.ts';

const MODULE = 'vault';
/** A request that nobody answers ends by itself. */
const OPEN_FOR_MS = 30 * DAY_MS;
/** Somebody who said no is not asked again by the same one for so long. */
const QUIET_MS = 30 * DAY_MS;

interface Parts extends Pick<VaultOptions, 'sql' | 'clock' | 'postsOf'> {
  readonly consents: () => Pick<Consents, 'giveWith'>;
}
export interface Asking {
  /** Answers the same whether anything is held about that subject or nobody is called so. */
  ask(draft: AccessRequestDraft, by: string): Promise<Result<AccessRequest, Refusal>>;
  asked(by: string): Promise<readonly AccessRequest[]>;
  about(subject: string): Promise<readonly AccessRequest[]>;
  withdraw(id: string, by: string): Promise<Result<AccessRequest, Refusal>>;
  answer(
    id: string,
    answer: AccessAnswer,
    by: string,
  ): Promise<Result<{ request: AccessRequest; consent: Consent | null }, Refusal>>;
  subjectOf(id: string): Promise<string | null>;
}

export function createAsking(parts: Parts): Asking {
  const { sql, clock } = parts;
  const read = (id: string): Promise<AccessRequest | null> => store.readRequest(sql, id, clock());
  return {
    ask: (draft, by) => ask(parts, draft, by),
    asked: (id) => store.readRequests(sql, { of: 'asker', id }, clock()),
    about: (id) => store.readRequests(sql, { of: 'subject', id }, clock()),
    withdraw: async (id, by) => {
      const found = await read(id);
      if (found?.asker !== by) return unknown('withdraw', id);
      return close(parts, found, { state: 'withdrawn', by });
    },
    answer: (id, answer, by) => answerTo(parts, { id, answer, by }),
    subjectOf: async (id) => (await read(id))?.subject ?? null,
  };
}

const unknown = (verb: string, id: string): Result<never, Refusal> =>
  refuse('not-found', 'REQUEST_UNKNOWN', `${verb} request "${id}": there is none of that id that waits for you`);

async function ask(parts: Parts, draft: AccessRequestDraft, by: string): Promise<Result<AccessRequest, Refusal>> {
  const { sql, clock, postsOf } = parts;
  const now = clock();
  const where = `ask "${draft.subject}" to let one see records`;
  const [post] = postsOf(by);
  if (post === undefined)
    return refuse('forbidden', 'POST_NEEDED', `${where}: wanted somebody who is written down as working somewhere`);
  if (draft.subject === by) return refuse('invalid', 'REQUEST_TO_ONESELF', `${where}: wanted somebody else`);
  const faults = misleadingIn(draft);
  if (faults.length > 0)
    return {
      ok: false,
      error: { kind: 'invalid', code: 'REQUEST_MISLEADS', message: `${where}: ${faults[0]!}`, details: [...faults] },
    };
  const before = await store.readRequests(sql, { of: 'asker', id: by }, now);
  const busy = tooSoon(before, draft.subject, now);
  if (busy !== null) return refuse('conflict', 'REQUESTED_ALREADY', `${where}: ${busy}`);
  const request: AccessRequest = {
    ...{ id: newId<string>('ask'), ...draft, asker: by, organisation: post.organisation, role: post.role },
    ...{ at: now, until: now + OPEN_FOR_MS },
    ...{ state: 'open', consent: null },
  };
  await sql.transact(async (tx) => {
    await store.dropLapsed(tx, by, now);
    await store.addRequest(tx, request);
    note(tx, { type: 'consent.asked', request, by, at: now });
  });
  return ok(request);
}

function tooSoon(before: readonly AccessRequest[], subject: string, now: number): string | null {
  const open = before.filter(({ state }) => state === 'open');
  if (open.some((one) => one.subject === subject)) return 'one waits for an answer already';
  if (before.some((one) => one.subject === subject && one.state === 'declined' && one.until + QUIET_MS > now))
    return 'they said no, wanted thirty days of quiet after that';
  return open.length >= ACCESS_REQUESTS_OPEN_MAX ? `wanted at most ${ACCESS_REQUESTS_OPEN_MAX} that wait` : null;
}

async function answerTo(
  parts: Parts,
  { id, answer, by }: { readonly id: string; readonly answer: AccessAnswer; readonly by: string },
): Promise<Result<{ request: AccessRequest; consent: Consent | null }, Refusal>> {
  const found = await store.readRequest(parts.sql, id, parts.clock());
  if (found?.state !== 'open') return unknown('answer', id);
  if (answer.answer === 'decline') {
    const declined = await close(parts, found, { state: 'declined', by });
    return declined.ok ? ok({ request: declined.value, consent: null }) : declined;
  }
  const beyond = beyondAsked(found, answer, parts.clock());
  if (beyond.length > 0) return refuse('invalid', 'BEYOND_ASKED', `agree to request "${id}": ${beyond[0]!}`);
  const { scope, rights, from, until, uses, refrains } = answer;
  const { subject, asker: person, organisation, role, purpose } = found;
  const draft = { subject, person, organisation, role, purpose, scope, rights, from, until, uses, refrains };
  const closing = { at: parts.clock(), state: 'agreed', by } as const;
  // In one transaction: a consent beside a request that still waits would be agreed to twice.
  const given = await parts
    .consents()
    .giveWith(draft, by, (tx, consent) => closeIn(tx, found, { ...closing, consent }));
  if (!given.ok) return given;
  // Withdrawn meanwhile: nobody asks for it any more.
  if (given.value === null) return unknown('close', id);
  return ok({ request: closedAs(found, { ...closing, consent: given.value.id }), consent: given.value });
}

interface Closing {
  readonly state: 'agreed' | 'declined' | 'withdrawn';
  readonly by: string;
  readonly at: number;
  readonly consent: string | null;
}
const closedAs = (request: AccessRequest, { state, at, consent }: Closing): AccessRequest => ({
  ...request,
  ...{ state, until: at, consent },
});
/** `false` where it is not open any more. */
async function closeIn(tx: Tx, request: AccessRequest, closing: Closing): Promise<boolean> {
  const { state, by, at } = closing;
  if (!(await store.closeRequest(tx, request.id, closing))) return false;
  note(tx, { type: 'consent.ask-closed', request: { ...request, state, consent: closing.consent }, by, at });
  return true;
}
async function close(
  { sql, clock }: Parts,
  request: AccessRequest,
  how: Pick<Closing, 'state' | 'by'>,
): Promise<Result<AccessRequest, Refusal>> {
  const closing = { ...how, at: clock(), consent: null };
  const isClosed = await sql.transact((tx) => closeIn(tx, request, closing));
  return isClosed ? ok(closedAs(request, closing)) : unknown('close', request.id);
}

interface Noted {
  readonly type: Extract<FactType, 'consent.asked' | 'consent.ask-closed'>;
  readonly request: AccessRequest;
  readonly by: string;
  readonly at: number;
}
function note(tx: Tx, { type, request, by, at }: Noted): void {
  const { id, subject, asker, organisation, role, purpose, state, scope, rights, days, until, consent } = request;
  // What a vault that is put back knows it by; their words are in no fact.
  const more = type === 'consent.asked' ? { scope: scope as Json, rights: [...rights], days, until } : { consent };
  const data = { request: id, asker, organisation, role, purpose, state, ...more };
  tx.record({ module: MODULE, type, actor: by, subject, at, personal: true, data });
}
