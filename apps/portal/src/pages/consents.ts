/** One consent: what it says, taking it back, and that it is taken back. */
import { api, type Consent } from '@cityward/contracts';
import type { Refusal, Result } from '@cityward/kernel';
import { refuse } from '@cityward/kernel';
import { markup, NOTHING } from '../markup.ts';
import { linkButton, panel } from '../parts.ts';
import { canSee, consentSummary, promiseOf } from '../sentences.ts';
import { elsewhere, fileIn, refusedBy, toWhom, type Answer, type OwnVisit, type PageRoute } from '../visit.ts';
import { takeBackButton } from './home.ts';

/** One of one's own; another's is not found. */
async function ownConsent(visit: OwnVisit): Promise<Result<Consent, Refusal>> {
  const listed = await visit.ask(api.listConsents, { query: {} });
  if (!listed.ok) return listed;
  const found = listed.value.consents.find(({ id }) => id === visit.params['id']);
  return found
    ? { ok: true, value: found }
    : refuse('not-found', 'CONSENT_UNKNOWN', 'show a consent: it is none of theirs');
}

/** What proves it to others, to be kept: also after the consent is over. */
const receiptLink = ({ words }: OwnVisit, { id }: Consent) =>
  markup`<p><a href="/consents/${id}/receipt" download>${words.consent.receiptFile}</a></p>`;

const isOver = ({ state }: Consent): boolean => state === 'taken-back' || state === 'ended';

async function show(visit: OwnVisit): Promise<Answer> {
  const found = await ownConsent(visit);
  if (!found.ok) return refusedBy(found.error);
  const { words } = visit;
  const consent = found.value;
  return {
    is: 'page',
    title: words.consent.title,
    back: '/',
    main: markup`<h1>${words.consent.title}</h1>${isOver(consent) ? NOTHING : markup`<p class="lead">${canSee(visit, consent)}</p>`}${consentSummary(visit, consent)}${receiptLink(visit, consent)}${
      isOver(consent)
        ? NOTHING
        : markup`<h2>${words.consent.back}</h2>${promiseOf(visit, consent.rights)}${takeBackButton(visit, consent)}`
    }`,
  };
}

async function takeBack(visit: OwnVisit): Promise<Answer> {
  const { id = '' } = visit.params;
  const taken = await visit.ask(api.takeBackConsent, { params: { id } });
  return taken.ok ? elsewhere(`/consents/${id}/taken-back`) : refusedBy(taken.error);
}

async function takenBack(visit: OwnVisit): Promise<Answer> {
  const found = await ownConsent(visit);
  if (!found.ok) return refusedBy(found.error);
  const { takenBack: taken, rights, id } = found.value;
  if (taken === null) return elsewhere(`/consents/${id}`);
  const { words, calendar } = visit;
  return {
    is: 'page',
    title: words.taken.title,
    main: markup`${panel(words.taken.title, words.taken.now(toWhom(visit, found.value).name))}
<p>${words.taken.at(calendar.moment(taken.at))} ${words.consent.receipt}: <span class="number">${id}</span></p>
${receiptLink(visit, found.value)}
${promiseOf(visit, rights)}
<p class="muted">${words.taken.again}</p>
<p>${linkButton('/', words.given.home)}</p>`,
  };
}

async function given(visit: OwnVisit): Promise<Answer> {
  const found = await ownConsent(visit);
  if (!found.ok) return refusedBy(found.error);
  const { words } = visit;
  return {
    is: 'page',
    title: words.given.title,
    main: markup`${panel(words.given.title, canSee(visit, found.value))}
<p>${words.consent.receipt}: <span class="number">${found.value.id}</span></p>
${receiptLink(visit, found.value)}
<h2>${words.consent.back}</h2>${promiseOf(visit, found.value.rights)}
<div class="buttons">${linkButton('/', words.given.home)}${takeBackButton(visit, found.value)}</div>`,
  };
}

async function receipt(visit: OwnVisit): Promise<Answer> {
  const { id = '' } = visit.params;
  const asked = await visit.ask(api.getReceipt, { params: { id }, query: {} });
  if (!asked.ok) return refusedBy(asked.error);
  const { media, bytes, name } = fileIn(asked.value);
  return { is: 'file', media, bytes, ...(name === null ? {} : { name }) };
}

export const consentPages: readonly PageRoute[] = [
  { method: 'GET', path: '/consents/:id', show },
  { method: 'GET', path: '/consents/:id/given', show: given },
  { method: 'GET', path: '/consents/:id/receipt', show: receipt },
  { method: 'POST', path: '/consents/:id/take-back', show: takeBack },
  { method: 'GET', path: '/consents/:id/taken-back', show: takenBack },
];
