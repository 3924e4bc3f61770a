/** Requests to see one's records: read in words, allowed by the same steps as everything else, or declined with one click. */
import { api, type AccessRequest } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import { markup, type Html } from '../markup.ts';
import { actButton, emptyState, linkButton, panel } from '../parts.ts';
import { rightsList, whatOf } from '../sentences.ts';
import { refusedBy, whoIs, type Answer, type OwnVisit, type PageRoute, type Visit } from '../visit.ts';
import type { Sentence } from '../words/index.ts';

/** What is asked for, as a sentence's parts. */
export const askSentence = (visit: Visit, ask: AccessRequest, person: string = ask.asker): Sentence => ({
  who: whoIs(visit, person),
  what: whatOf(visit, ask.scope),
  purpose: ask.purpose,
  until: visit.calendar.day(visit.needs.clock() + ask.days * DAY_MS),
});

/** The questions of giving, filled with what was asked: the person still says each of them, and may say less. */
function giveFields(visit: Visit, ask: AccessRequest): Record<string, string | string[]> {
  const [year, month, day] = visit.calendar.key(visit.needs.clock() + (ask.days - 1) * DAY_MS).split('-') as [
    string,
    string,
    string,
  ];
  return {
    ...{
      ask: ask.id,
      person: ask.asker,
      what: ask.scope.of === 'categories' ? ask.scope.categories : [],
      how: ask.rights,
      purpose: ask.purpose,
    },
    ...{ 'until-day': String(Number(day)), 'until-month': String(Number(month)), 'until-year': year },
  };
}

function card(visit: OwnVisit, ask: AccessRequest): Html {
  const { requests } = visit.words;
  const sentence = askSentence(visit, ask);
  const of = ` (${sentence.who.name})`;
  return markup`<article class="card"><p>${requests.asks(sentence, ask.days)}</p><blockquote><p>${ask.why}</p></blockquote><p><strong>${requests.may}</strong></p>${rightsList(visit, ask.rights)}<p class="muted">${visit.calendar.moment(ask.at)}</p><div class="buttons">${actButton(visit, { to: '/give', label: requests.yes, of, fields: giveFields(visit, ask) })}${actButton(visit, { to: `/requests/${ask.id}/decline`, label: requests.no, of, look: 'second' })}</div></article>`;
}

async function show(visit: OwnVisit): Promise<Answer> {
  const { requests } = visit.words;
  const listed = await visit.ask(api.listAccessRequests, { query: {} });
  if (!listed.ok) return refusedBy(listed.error);
  const asks = listed.value.requests.filter(({ state }) => state === 'open');
  return {
    is: 'page',
    title: requests.title,
    back: '/',
    main: markup`<h1>${requests.title}</h1>${asks.length === 0 ? emptyState(requests.none, visit.words.home.numberWhy) : markup`<p class="lead">${requests.unsure}</p>${asks.map((one) => card(visit, one))}`}`,
  };
}

async function decline(visit: OwnVisit): Promise<Answer> {
  const done = await visit.ask(api.answerAccessRequest, {
    params: { id: visit.params['id'] ?? '' },
    body: { answer: 'decline' },
  });
  if (!done.ok) return refusedBy(done.error);
  const { requests, given } = visit.words;
  const { name } = whoIs(visit, done.value.request.asker);
  return {
    is: 'page',
    title: requests.declined,
    main: markup`${panel(requests.declined, requests.declinedWhy(name))}<p>${linkButton('/', given.home)}</p>`,
  };
}

export const requestPages: readonly PageRoute[] = [
  { method: 'GET', path: '/requests', show },
  { method: 'POST', path: '/requests/:id/decline', show: decline },
];
