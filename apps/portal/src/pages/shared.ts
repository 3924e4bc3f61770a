/** What others let a person see, until when and what for; opening a record for its purpose; asking to be let see more. */
import {
  api,
  ACCESS_REQUEST_SCOPE_MAX,
  RIGHTS,
  type AccessRequest,
  type AccessRequestDraft,
  type Consent,
  type GrantedRecord,
  type Purpose,
  type Unsealing,
} from '@cityward/contracts';
import { field } from '../forms.ts';
import { formMark } from '../layout.ts';
import { markup, NOTHING, type Html } from '../markup.ts';
import {
  actButton,
  choiceField,
  emptyState,
  faultSummary,
  linkButton,
  panel,
  tag,
  textField,
  type Faults,
} from '../parts.ts';
import { cameByLink, problemPage } from '../problems.ts';
import { rightsList, sentenceOf } from '../sentences.ts';
import { categoryName, refusedBy, whoIs, type Answer, type OwnVisit, type PageRoute } from '../visit.ts';
import { isPurpose, isRight, NUMBER, numberIn, OFFERED_PURPOSES } from './give.ts';
import type { Words } from '../words/index.ts';
import { openedPage } from './opened.ts';
import { askSentence } from './requests.ts';

/** Somebody else's record, with the button that opens it for this purpose. */
export function openableRow(
  visit: OwnVisit,
  record: Pick<GrantedRecord, 'id' | 'category'> & { readonly last: Pick<GrantedRecord, 'at' | 'media'> | undefined },
  fields: Readonly<Record<string, string | readonly string[]>>,
): Html {
  const { held } = visit.words;
  const { id, category, last } = record;
  const [what, stored] = [categoryName(visit, category), visit.calendar.day(last?.at ?? 0)];
  const button = {
    to: `/shared/${id}`,
    label: held.open,
    of: held.openOf(what, stored),
    look: 'second',
    fields,
  } as const;
  return markup`<li><span><p>${what}</p><small>${held.stored} ${stored}${last ? markup`, ${held.media[last.media]}` : NOTHING}</small></span>${actButton(visit, button)}</li>`;
}

const isOf = ({ subject, scope }: Consent, record: GrantedRecord): boolean =>
  subject === record.subject &&
  (scope.of === 'categories' ? scope.categories.includes(record.category) : scope.records.includes(record.id));

function card(visit: OwnVisit, consent: Consent, all: readonly GrantedRecord[]): Html {
  const { shared, home } = visit.words;
  const records = consent.state === 'standing' ? all.filter((one) => isOf(consent, one)) : [];
  const { uses, used, purpose, subject, rights } = consent;
  return markup`<article class="card"><p>${shared.lets(sentenceOf(visit, consent, consent.subject))}</p>
<details><summary>${shared.how}</summary>${rightsList(visit, consent.rights)}<p>${shared.refrain}</p></details>
${uses === null ? NOTHING : markup`<p class="muted">${home.times(used, uses)}</p>`}
${records.length === 0 ? markup`<p class="muted">${shared.empty}</p>` : markup`<ul class="rows">${records.map((one) => openableRow(visit, { ...one, last: one }, { purpose, subject, rights }))}</ul>`}</article>`;
}

function askRow(visit: OwnVisit, ask: AccessRequest): Html {
  const { words, calendar } = visit;
  const { who, what } = askSentence(visit, ask, ask.subject);
  // Whether there is somebody of this number is told only once they have answered.
  const whom = ask.state === 'agreed' ? who.name : ask.subject;
  const kind = { open: 'warn', agreed: 'good', declined: 'quiet', withdrawn: 'quiet', lapsed: 'quiet' } as const;
  const act =
    ask.state === 'open'
      ? actButton(visit, {
          to: `/asks/${ask.id}/withdraw`,
          label: words.ask.withdraw,
          of: ` (${whom})`,
          look: 'second',
        })
      : NOTHING;
  return markup`<li><span><p>${whom}: ${words.joined(what)}</p><small>${words.purposes[ask.purpose]}, ${words.ask.daysOf(ask.days)}, ${calendar.day(ask.at)}</small></span>${tag(kind[ask.state], words.ask.states[ask.state])}${act}</li>`;
}

/** Sealed records that two officers opened for the one who looks. */
function unsealedPart(visit: OwnVisit, unsealings: readonly Unsealing[]): Html {
  const { shared, held } = visit.words;
  if (unsealings.length === 0) return NOTHING;
  const rows = unsealings.flatMap(({ records, subject, reference, until }) =>
    records.map((id, place) => {
      const whose = whoIs(visit, subject).name;
      const what = shared.unsealedOf(whose, place + 1, records.length);
      const fields = { purpose: 'HOPERAT', subject, rights: ['view'] };
      const act = actButton(visit, { to: `/shared/${id}`, label: held.open, of: ` (${what})`, look: 'second', fields });
      return markup`<li><span><p>${what}</p><small>${shared.unsealedBy(reference, visit.calendar.day(until!), visit.calendar.time(until!))}</small></span>${act}</li>`;
    }),
  );
  return markup`<h2>${shared.unsealed}</h2><p class="muted">${shared.unsealedLead}</p><ul class="rows">${rows}</ul>`;
}

async function show(visit: OwnVisit): Promise<Answer> {
  const { words } = visit;
  const { shared } = words;
  const listed = await visit.ask(api.listGranted);
  if (!listed.ok) return refusedBy(listed.error);
  const unsealed = await visit.ask(api.listOwnUnsealings);
  if (!unsealed.ok) return refusedBy(unsealed.error);
  const asked = await visit.ask(api.listAccessAsked);
  if (!asked.ok) return refusedBy(asked.error);
  const { consents: granted, records } = listed.value;
  const asks = asked.value.requests;
  const act = linkButton('/ask', shared.ask, granted.length === 0 ? 'main' : 'second');
  return {
    is: 'page',
    title: shared.title,
    main: markup`<h1>${shared.title}</h1><p class="lead">${shared.lead}</p>
${cameByLink(visit) ? markup`<div class="banner"><p>${words.home.link} <a href="/me">${words.nav.me}</a></p></div>` : ''}
${granted.length === 0 ? emptyState(shared.none, shared.noneWhy, markup`<p>${act}</p>`) : markup`${granted.map((one) => card(visit, one, records))}<p>${act}</p>`}
${asks.length === 0 ? NOTHING : markup`<h2>${shared.asked}</h2><ul class="rows">${asks.map((one) => askRow(visit, one))}</ul>`}
${unsealedPart(visit, unsealed.value.unsealings)}<p><a href="/emergency">${shared.emergency}</a></p>
${deskPart(visit)}`,
  };
}

/** The way of those who may open it; it asks them to sign in there. */
function deskPart({ me, needs, words: { shared } }: OwnVisit): Html {
  const mayOpen = me.roles.some((role) => role === 'officer' || role === 'auditor');
  if (!mayOpen) return NOTHING;
  return markup`<h2>${shared.desk}</h2><p class="muted">${shared.deskLead}</p><p>${linkButton(needs.desk, shared.deskOpen, 'second')}</p>`;
}

/** What any resident may have; which of them this one has is told to nobody who asks. */
const ASKED_CATEGORIES = [
  'blood-tests',
  'medicines',
  'conditions',
  'allergies',
  'immunisations',
  'documents',
  'about-me',
];

function askPage(visit: OwnVisit, form: URLSearchParams, faults: Faults = new Map()): Answer {
  const { ask, purposes, rights } = visit.words;
  if (cameByLink(visit)) return problemPage(visit, 'own');
  const of = (id: string) => ({ id, chosen: new Set(form.getAll(id)), fault: faults.get(id) });
  return {
    is: 'page',
    title: ask.title,
    back: '/shared',
    isFaulty: faults.size > 0,
    ...(faults.size > 0 ? { status: 400 } : {}),
    main: markup`${faultSummary(visit, faults)}<h1>${ask.title}</h1><p class="lead">${ask.lead}</p>
<form method="post" action="/ask" novalidate>${formMark(visit)}
${textField({ id: 'number', label: ask.number, hint: ask.numberHint, value: field(form, 'number'), width: 'code', fault: faults.get('number') })}
${choiceField({ ...of('what'), kind: 'checkbox', label: ask.what, choices: ASKED_CATEGORIES.map((one) => ({ value: one, label: categoryName(visit, one) })) })}
${choiceField({ ...of('how'), kind: 'checkbox', label: ask.how, choices: RIGHTS.map((one) => ({ value: one, label: rights[one] })) })}
${choiceField({ ...of('purpose'), kind: 'radio', label: ask.purpose, choices: OFFERED_PURPOSES.map((one) => ({ value: one, label: purposes[one] })) })}
${choiceField({ ...of('days'), kind: 'radio', label: ask.days, choices: ASK_DAYS.map((one) => ({ value: String(one), label: ask.daysOf(one) })) })}
${textField({ id: 'why', label: ask.why, hint: ask.whyHint, value: field(form, 'why'), fault: faults.get('why') })}
<button class="main" type="submit">${ask.send}</button></form>`,
  };
}

const [WHY_MIN_CHARS, WHY_MAX_CHARS] = [3, 500] as const;

/** As the residents read them. */
const ASK_DAYS = [1, 7, 30, 90, 365] as const;

function readAsk({ form, words }: OwnVisit): AccessRequestDraft | Faults {
  const faults = new Map<string, string>();
  const say = words.ask.faults;
  const subject = numberIn(field(form, 'number'));
  if (!NUMBER.test(subject)) faults.set('number', say.number);
  const categories = form.getAll('what').filter((one) => ASKED_CATEGORIES.includes(one));
  if (categories.length === 0) faults.set('what', say.nothing);
  if (categories.length > ACCESS_REQUEST_SCOPE_MAX) faults.set('what', say.much);
  const why = field(form, 'why').slice(0, WHY_MAX_CHARS);
  if (why.length < WHY_MIN_CHARS) faults.set('why', say.why);
  const rights = [...new Set(form.getAll('how'))].filter(isRight);
  if (rights.length === 0) faults.set('how', say.noRight);
  const purpose = field(form, 'purpose');
  if (!isPurpose(purpose)) faults.set('purpose', say.noPurpose);
  const days = ASK_DAYS.find((one) => String(one) === field(form, 'days'));
  if (days === undefined) faults.set('days', say.noDays);
  if (faults.size > 0 || !isPurpose(purpose) || days === undefined) return faults;
  return { subject, scope: { of: 'categories', categories }, rights, purpose, days, why };
}

const ASK_FAULTS: Readonly<Record<string, { readonly field: string; readonly text: (words: Words) => string }>> = {
  REQUESTED_ALREADY: { field: 'number', text: ({ ask: { faults } }) => faults.many },
  REQUEST_TO_ONESELF: { field: 'number', text: ({ give: { faults } }) => faults.oneself },
  POST_NEEDED: { field: 'number', text: ({ ask: { faults } }) => faults.post },
  REQUEST_MISLEADS: { field: 'why', text: ({ ask: { faults } }) => faults.misleads },
};

async function ask(visit: OwnVisit): Promise<Answer> {
  const draft = readAsk(visit);
  if (!('subject' in draft)) return askPage(visit, visit.form, draft);
  const asked = await visit.ask(api.askForAccess, { body: draft });
  const { words } = visit;
  if (!asked.ok) {
    const fault = ASK_FAULTS[asked.error.code];
    if (fault === undefined) return refusedBy(asked.error);
    return askPage(visit, visit.form, new Map([[fault.field, fault.text(words)]]));
  }
  return {
    is: 'page',
    title: words.ask.sent,
    main: markup`${panel(words.ask.sent, words.ask.sentWhy)}<p>${linkButton('/shared', words.shared.title)}</p>`,
  };
}

async function withdraw(visit: OwnVisit): Promise<Answer> {
  const done = await visit.ask(api.withdrawAccessRequest, { params: { id: visit.params['id'] ?? '' } });
  return done.ok ? { is: 'elsewhere', to: '/shared' } : refusedBy(done.error);
}

/** A click, not a link: each look is counted and recorded. */
function open(visit: OwnVisit): Promise<Answer> | Answer {
  const { form, params } = visit;
  const purpose = field(form, 'purpose');
  if (!isPurpose(purpose)) return problemPage(visit, 'notFound');
  const wish = { record: params['id'] ?? '', purpose: purpose satisfies Purpose, subject: field(form, 'subject') };
  const rights = form.getAll('rights').filter(isRight);
  return openedPage(visit, { ...wish, rights, asText: field(form, 'as') === 'text' });
}

export const sharedPages: readonly PageRoute[] = [
  { method: 'GET', path: '/shared', show },
  { method: 'POST', path: '/shared/:id', show: open },
  { method: 'GET', path: '/ask', show: (visit) => askPage(visit, visit.query) },
  { method: 'POST', path: '/ask', show: ask },
  { method: 'POST', path: '/asks/:id/withdraw', show: withdraw },
];
