/** In and out: a code of the sheet without a script, a passkey, an account of the city's provider, a one-time link; the language. */
import { api } from '@cityward/contracts';
import type { Refusal } from '@cityward/kernel';
import { ATTEMPT, LANGUAGE, writeCookie, type CookieRules } from '../cookies.ts';
import { field } from '../forms.ts';
import { formMark } from '../layout.ts';
import { markup, NOTHING, type Html } from '../markup.ts';
import { faultSummary, linkButton, textField } from '../parts.ts';
import { elsewhere, refusedBy, type Answer, type OpenPageRoute, type Visit } from '../visit.ts';
import { languageNamed } from '../words/index.ts';

const YEAR_SECONDS = 31_536_000;
const ATTEMPT_SECONDS = 600;
const CODE_MAX_CHARS = 60;
/** What the attempt is for, before it in its cookie. */
const [SIGN_IN, CONNECT] = ['s-', 'c-'] as const;

/** A path of ours, so that nobody's link leads from here to another site. */
export const ownPath = (text: string | null): string =>
  /^\/(?![/\\])[\w/?=&%.,:~-]{0,300}$/.test(text ?? '') ? text! : '/';

interface Fault {
  readonly field: 'code' | 'account' | 'link-token';
  readonly text: string;
}

export function signInPage(visit: Visit, fault: Fault | null = null): Answer {
  const { words, session } = visit;
  const { signIn } = words;
  const faults = new Map(fault ? [[fault.field, fault.text] as const] : []);
  return {
    is: 'page',
    title: signIn.title,
    isFaulty: fault !== null,
    ...(fault ? { status: 400 } : {}),
    main: markup`${faultSummary(visit, faults)}
<h1>${signIn.title}</h1>
<p class="lead">${signIn.lead}</p>
${linkForm(visit)}
<form method="post" action="/sign-in" novalidate>${formMark(visit)}
${textField({ id: 'code', label: signIn.code, hint: signIn.codeHint, fault: faults.get('code'), width: 'code', autocomplete: 'one-time-code' })}
<button class="main" type="submit">${signIn.byCode}</button></form>
${passkeyPart(visit)}
${session.provider === null ? NOTHING : markup`<p id="account">${linkButton('/sign-in/account/begin', signIn.byAccount(session.provider), 'second')}</p>`}
<details><summary>${signIn.lost}</summary><p>${signIn.lostWhy}</p></details>`,
  };
}

/** Shown by the script alone, once it has found a link's token. */
const linkForm = (visit: Visit): Html => {
  const { signIn } = visit.words;
  return markup`<form method="post" action="/sign-in/link" data-link hidden>${formMark(visit)}<input type="hidden" id="link-token" name="token" value=""><div class="banner"><p>${signIn.linkLead}</p><p><button class="main" type="submit">${signIn.byLink}</button></p></div></form>`;
};

const passkeyPart = ({ words: { signIn } }: Visit): Html =>
  markup`<div class="with-script"><button class="second" type="button" data-passkey="sign-in" data-then="/" data-failed="passkey-failed">${signIn.byPasskey}</button><p class="hint">${signIn.passkeyHint}</p><p class="fault" id="passkey-failed" role="alert" hidden>${signIn.passkeyFailed}</p></div>
<p class="hint without-script">${signIn.passkeyNeeds}</p>`;

async function byCode(visit: Visit): Promise<Answer> {
  const { signIn } = visit.words;
  const code = field(visit.form, 'code').slice(0, CODE_MAX_CHARS);
  if (code === '') return signInPage(visit, { field: 'code', text: signIn.empty });
  const done = await visit.ask(api.signInByRecoveryCode, { body: { code } });
  if (done.ok) return elsewhere('/');
  return isUnknown(done.error) ? signInPage(visit, { field: 'code', text: signIn.wrong }) : refusedBy(done.error);
}

/** Too short to be one, or no such code: to the person it is the same. */
const isUnknown = ({ kind, code }: Refusal): boolean =>
  kind === 'invalid' || (kind === 'forbidden' && code !== 'TOO_MANY_ATTEMPTS');

async function byLink(visit: Visit): Promise<Answer> {
  const done = await visit.ask(api.signInByLink, { body: { token: field(visit.form, 'token') } });
  if (done.ok) return elsewhere('/me');
  if (!isUnknown(done.error)) return refusedBy(done.error);
  return signInPage(visit, { field: 'link-token', text: visit.words.signIn.wrongLink });
}

const forget = (cookies: CookieRules): string =>
  writeCookie(ATTEMPT, { value: 'none', maxAgeSeconds: 0, sameSite: 'Lax' }, cookies);

async function toProvider(visit: Visit, cookies: CookieRules): Promise<Answer> {
  const isConnecting = visit.me !== null;
  const begun = await visit.ask(isConnecting ? api.beginAccountConnection : api.beginAccountSignIn);
  if (!begun.ok) return signInPage(visit, { field: 'account', text: visit.words.signIn.accountAway });
  const { url, attempt } = begun.value;
  const value = `${isConnecting ? CONNECT : SIGN_IN}${attempt}`;
  const kept = writeCookie(ATTEMPT, { value, maxAgeSeconds: ATTEMPT_SECONDS, sameSite: 'Lax' }, cookies);
  return { is: 'elsewhere', to: url, cookies: [kept] };
}

/** The provider sends the browser here: its own cookie is kept back from such a visit, so it is never known who is there already. */
async function fromProvider(visit: Visit, cookies: CookieRules): Promise<Answer> {
  const { signIn } = visit.words;
  const kept = visit.attempt;
  const over = (text: string): Answer => ({
    ...(signInPage(visit, { field: 'account', text }) as Extract<Answer, { is: 'page' }>),
    cookies: [forget(cookies)],
  });
  const answer = visit.query.toString();
  if (kept?.startsWith(CONNECT)) return toConnect(visit, answer);
  if (!kept?.startsWith(SIGN_IN)) return over(signIn.accountOver);
  const attempt = kept.slice(SIGN_IN.length);
  const done = await visit.ask(api.signInByAccount, { body: { attempt, answer } });
  if (done.ok) return arrived(visit, cookies);
  if (done.error.code === 'PROVIDER_AWAY') return over(signIn.accountAway);
  return over(done.error.code === 'ACCOUNT_NOT_CONNECTED' ? signIn.notConnected : signIn.accountOver);
}

/** Only a click on a page of ours brings the sign-in along to which the account is to be connected. */
function toConnect(visit: Visit, answer: string): Answer {
  const { me } = visit.words;
  const mark = formMark({ caller: { ...visit.caller, sessionToken: null } });
  const host = visit.session.provider ?? '';
  return {
    is: 'page',
    title: me.connect(host),
    main: markup`<h1>${me.connect(host)}</h1><form method="post" action="/me/account">${mark}<input type="hidden" name="answer" value="${answer}"><button class="main" type="submit">${me.connect(host)}</button></form>`,
  };
}

async function connect(visit: Visit, cookies: CookieRules): Promise<Answer> {
  const kept = visit.attempt ?? '';
  if (!kept.startsWith(CONNECT)) return elsewhere('/me');
  const body = { attempt: kept.slice(CONNECT.length), answer: field(visit.form, 'answer') };
  const done = await visit.ask(api.connectAccount, { body });
  return done.ok ? { is: 'elsewhere', to: '/me', cookies: [forget(cookies)] } : refusedBy(done.error);
}

/** A page of ours leads on: only then does the browser send its new sign-in along. */
const arrived = ({ words: { signIn } }: Visit, cookies: CookieRules): Answer => ({
  is: 'page',
  title: signIn.go,
  onTo: '/',
  cookies: [forget(cookies)],
  main: markup`<h1>${signIn.go}</h1><p>${linkButton('/', signIn.goOn)}</p>`,
});

async function signOut(visit: Visit): Promise<Answer> {
  const done = await visit.ask(api.signOut);
  return done.ok ? elsewhere('/sign-in') : refusedBy(done.error);
}

function inLanguage(visit: Visit, cookies: CookieRules): Answer {
  const to = ownPath(visit.query.get('back'));
  const value = languageNamed(visit.params['language']);
  if (value === null) return elsewhere(to);
  return {
    is: 'elsewhere',
    to,
    cookies: [writeCookie(LANGUAGE, { value, maxAgeSeconds: YEAR_SECONDS, sameSite: 'Strict' }, cookies)],
  };
}

export const doorPages = (cookies: CookieRules): readonly OpenPageRoute[] => [
  { method: 'GET', path: '/sign-in', isOpen: true, show: (visit) => (visit.me ? elsewhere('/') : signInPage(visit)) },
  { method: 'POST', path: '/sign-in', isOpen: true, show: byCode },
  { method: 'POST', path: '/sign-in/link', isOpen: true, show: byLink },
  { method: 'GET', path: '/sign-in/account/begin', isOpen: true, show: (visit) => toProvider(visit, cookies) },
  { method: 'GET', path: '/sign-in/account', isOpen: true, show: (visit) => fromProvider(visit, cookies) },
  // Its mark is nobody's: the attempt itself is bound to this browser and to the person who began it.
  { method: 'POST', path: '/me/account', isOpen: true, isUnmarked: true, show: (visit) => connect(visit, cookies) },
  { method: 'POST', path: '/sign-out', isOpen: true, show: signOut },
  { method: 'GET', path: '/language/:language', isOpen: true, show: (visit) => inLanguage(visit, cookies) },
];
