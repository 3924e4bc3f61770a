/** Serves the pages: who is there, in which language, whether the form was ours; and every answer as a page. */
import { api, type Problem, type Session } from '@cityward/contracts';
import {
  SECURITY_HEADERS,
  type Caller,
  type FailedRequest,
  type RawReply,
  type RawRequest,
  type RawRoute,
} from '@cityward/http';
import type { Refusal } from '@cityward/kernel';
import { ASSETS, type Asset } from './assets.ts';
import { ATTEMPT, LANGUAGE, readCookie, type CookieRules } from './cookies.ts';
import { calendarFor, type Calendar } from './dates.ts';
import { FORM_MAX_BYTES, isMarked, readForm } from './forms.ts';
import { documentOf } from './layout.ts';
import type { PortalNeeds } from './needs.ts';
import { kindOf, problemPage, refusedPage } from './problems.ts';
import { refusedBy, type Answer, type AnyPageRoute, type OwnVisit, type Visit } from './visit.ts';
import { LANGUAGES, languageOf, WORDS, type Language } from './words/index.ts';

/** Nothing but our own files; no frame, no other site, no inline script or style. */
export const PORTAL_HEADERS: Readonly<Record<string, string>> = {
  ...SECURITY_HEADERS,
  'content-security-policy': [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "img-src 'self' blob:",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; '),
  // With no referrer at all, a browser would not name the origin of a form either.
  'referrer-policy': 'same-origin',
};
const HTML = 'text/html; charset=utf-8';
const HOUR_SECONDS = 3_600;

export interface Serving {
  readonly needs: PortalNeeds;
  readonly cookies: CookieRules;
}

export interface Served {
  readonly rawRoutes: readonly RawRoute[];
  problemPage(problem: Problem, failed: FailedRequest): string | null;
}

export function servePages({ needs, cookies }: Serving, pages: readonly AnyPageRoute[]): Served {
  const calendars = new Map(LANGUAGES.map((one) => [one, calendarFor(one, needs.timeZone)] as const));
  const parts: Parts = { needs, cookies, calendars };
  return {
    rawRoutes: [...ASSETS.map(assetRoute), ...pages.map((page) => pageRoute(parts, page))],
    problemPage: (problem, failed) => problemDocument(parts, problem, failed),
  };
}

const assetRoute = ({ path, media, bytes }: Asset): RawRoute => ({
  name: `portal ${path}`,
  method: 'GET',
  path,
  action: 'openShell',
  handle: () => ({
    status: 200,
    headers: { 'content-type': media, 'cache-control': `public, max-age=${HOUR_SECONDS}` },
    body: bytes,
  }),
});

interface Parts extends Serving {
  readonly calendars: ReadonlyMap<Language, Calendar>;
}

/** Opening a page is everybody's; what is on it is asked of policy by `ask`, piece by piece. */
const pageRoute = (parts: Parts, page: AnyPageRoute): RawRoute => ({
  name: `portal ${page.method} ${page.path}`,
  method: page.method,
  path: page.path,
  action: 'openShell',
  bodyMaxBytes: FORM_MAX_BYTES,
  handle: async (request, caller) => {
    const visit = await visitOf(parts, request, caller);
    return replyOf(visit, await answerOf(parts, { page, request }, visit));
  },
});

interface Asked {
  readonly page: AnyPageRoute;
  readonly request: RawRequest;
}
async function answerOf({ needs }: Parts, { page, request }: Asked, visit: Visit): Promise<Answer> {
  if (page.method === 'POST') {
    const isUnmarked = 'isUnmarked' in page && page.isUnmarked === true;
    const token = isUnmarked ? null : visit.caller.sessionToken;
    // Every browser names the origin of a form; with the mark, neither a foreign page nor a page of somebody else before passes.
    if (request.headers.origin?.toLowerCase() !== needs.origin || !isMarked(visit.form, token)) return notOurs();
  }
  if (page.isOpen) return page.show(visit as OwnVisit);
  if (visit.me === null) return { is: 'elsewhere', to: '/sign-in' };
  return page.show(visit as OwnVisit);
}

const notOurs = (): Answer =>
  refusedBy({
    kind: 'forbidden',
    code: 'FORM_NOT_OURS',
    message: 'take a form: it does not come from a page of this sign-in',
  });

const NO_FORM = new URLSearchParams();

async function visitOf(parts: Parts, request: RawRequest, caller: Caller): Promise<Visit> {
  const { needs, cookies, calendars } = parts;
  const language = languageOf(readCookie(request.headers, LANGUAGE, cookies), request.headers);
  const session = await needs.ask(api.getSession, {}, caller);
  if (!session.ok) throw new Error(`read session: ${session.error.message}`);
  return {
    needs,
    caller,
    me: session.value.me,
    session: session.value,
    language,
    words: WORDS[language],
    calendar: calendars.get(language)!,
    path: request.query === '' ? request.path : `${request.path}?${request.query}`,
    params: request.params,
    query: new URLSearchParams(request.query),
    form: readForm(request) ?? NO_FORM,
    attempt: readCookie(request.headers, ATTEMPT, cookies),
    ask: (endpoint, input = {}) => needs.ask(endpoint, input, caller),
  };
}

function replyOf(visit: Visit, answer: Answer): RawReply {
  if (answer.is === 'refused') {
    tell(visit, answer.refusal);
    return pageReply(visit, refusedPage(visit, answer.refusal));
  }
  if (answer.is === 'page') return pageReply(visit, answer);
  if (answer.is === 'file')
    return {
      status: 200,
      // Whatever is in it: it runs nothing and asks nobody.
      headers: {
        'content-type': answer.media,
        'content-security-policy': "sandbox; default-src 'none'",
        ...(answer.name === undefined ? {} : { 'content-disposition': `attachment; filename="${answer.name}"` }),
      },
      body: answer.bytes,
    };
  return { status: 303, headers: { location: answer.to, ...cookieHeader(answer.cookies) }, body: '' };
}

const pageReply = (visit: Visit, page: Extract<Answer, { is: 'page' }>): RawReply => ({
  status: page.status ?? 200,
  headers: { 'content-type': HTML, ...cookieHeader(page.cookies) },
  body: documentOf(visit, page),
});

/** An answer sets one cookie of its own at most; that of the session goes beside it. */
const cookieHeader = (cookies: readonly string[] = []): Record<string, string> =>
  cookies[0] === undefined ? {} : { 'set-cookie': cookies[0] };

const tell = ({ needs, caller }: Visit, { kind, code }: Refusal): void =>
  needs.log.debug('a page was refused', { id: caller.id, kind, code });

const NOBODY_THERE: Omit<Session, 'city'> = { me: null, notice: null, version: '', provider: null, portal: null };

/** For what fails before a page is reached: no such path, another host, a body that is too large, a fault of ours. */
function problemDocument({ needs, cookies, calendars }: Parts, { code, id }: Problem, failed: FailedRequest) {
  const { status, path, headers } = failed;
  if (path.startsWith('/api/')) return null;
  const language = languageOf(readCookie(headers, LANGUAGE, cookies), headers);
  const words = WORDS[language];
  const caller = { id, sessionToken: null } as Caller;
  const kind = kindOf({ kind: KIND_OF_STATUS[status] ?? 'unavailable', code });
  const page = { ...problemPage({ words, caller }, kind), back: '/' };
  const nobody = {
    me: null,
    session: { ...NOBODY_THERE, city: needs.city },
    form: NO_FORM,
    query: NO_FORM,
    params: {},
  };
  const visit = {
    ...nobody,
    needs,
    caller,
    language,
    words,
    calendar: calendars.get(language)!,
    path: '/',
    attempt: null,
  };
  return documentOf(visit as unknown as Visit, page);
}
const KIND_OF_STATUS: Readonly<Record<number, Refusal['kind']>> = {
  400: 'invalid',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  410: 'gone',
  413: 'too-large',
};
