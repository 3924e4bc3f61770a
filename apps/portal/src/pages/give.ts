/** Letting somebody see: one page of questions, one page that says in words what would be allowed, and only then the consent. */
import {
  api,
  CONSENT_USES_MAX,
  POST_ROLES,
  PURPOSES,
  RIGHTS,
  type Consent,
  type ConsentDraft,
  type PreviewSentence,
  type Purpose,
  type Right,
} from '@cityward/contracts';
import { DAY_MS, ok, type Refusal, type Result } from '@cityward/kernel';
import { field } from '../forms.ts';
import { formMark } from '../layout.ts';
import { markup, NOTHING, type Html } from '../markup.ts';
import {
  actButton,
  choiceField,
  dateField,
  faultSummary,
  selectField,
  textField,
  type ChoiceGroup,
  type Faults,
} from '../parts.ts';
import { cameByLink, problemPage } from '../problems.ts';
import { previewed } from '../sentences.ts';
import { categoryName, elsewhere, refusedBy, type Answer, type OwnVisit, type PageRoute } from '../visit.ts';

/** A person chooses among these; what is one's own use, or the service's, is not for a consent. */
export const OFFERED_PURPOSES: readonly Purpose[] = ['TREAT', 'FAMRQT', 'HPAYMT', 'HRESCH', 'PUBHLTH'];
const FIELDS = [
  'ask',
  'person',
  'number',
  'post',
  'what',
  'how',
  'purpose',
  'until-day',
  'until-month',
  'until-year',
  'uses',
] as const;
const LONGEST_MS = 5 * 365.25 * DAY_MS;
const NUMBER_MAX_CHARS = 64;

export const NUMBER = /^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$/;
/** As people write a number down: in groups, in capitals. */
export const numberIn = (text: string): string => text.toLowerCase().replace(/\s+/g, '').slice(0, NUMBER_MAX_CHARS);

interface Whom {
  readonly people: readonly ChoiceGroup[];
  /** Whoever has a post: a role at an organisation. */
  readonly posts: readonly ChoiceGroup[];
}
async function professionals(visit: OwnVisit): Promise<Whom> {
  const listed = await visit.ask(api.listProfessionals);
  if (!listed.ok) return { people: [], posts: [] };
  const { words, me } = visit;
  const people: Placed[] = [];
  const posts = new Map<string, Placed>();
  for (const { id, name, profession, organisation, organisationName: group } of listed.value.professionals) {
    if (id !== me.person) people.push({ group, value: id, label: `${name}, ${words.professions[profession]}` });
    const value = `${profession}@${organisation}`;
    posts.set(value, { group, value, label: words.anybody(profession, group) });
  }
  return { people: grouped(people), posts: grouped([...posts.values()]) };
}
interface Placed {
  readonly group: string;
  readonly value: string;
  readonly label: string;
}
const grouped = (placed: readonly Placed[]): ChoiceGroup[] =>
  [...Map.groupBy(placed, ({ group }) => group)]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([label, choices]) => ({ label, choices: choices.map(({ value, label: said }) => ({ value, label: said })) }));

async function heldCategories(visit: OwnVisit): Promise<readonly string[]> {
  const held = await visit.ask(api.listRecords, { query: {} });
  return held.ok ? [...new Set(held.value.records.map(({ category }) => category))].sort() : [];
}

async function formPage(visit: OwnVisit, form: URLSearchParams, faults: Faults = new Map()): Promise<Answer> {
  const { words } = visit;
  const { give } = words;
  if (cameByLink(visit)) return problemPage(visit, 'own');
  const value = (id: string): string => field(form, id);
  const [{ people, posts }, categories] = [await professionals(visit), await heldCategories(visit)];
  const isAnswer = value('ask') !== '';
  const fault = (id: string): string | undefined => faults.get(id);
  return {
    is: 'page',
    title: give.title,
    back: '/',
    isFaulty: faults.size > 0,
    ...(faults.size > 0 ? { status: 400 } : {}),
    main: markup`${faultSummary(visit, faults)}<h1>${give.title}</h1><p class="lead">${give.lead}</p>
<form method="post" action="/give" novalidate>${formMark(visit)}${isAnswer ? markup`<input type="hidden" name="ask" value="${value('ask')}">` : NOTHING}
<h2>${give.who}</h2>
${selectField({ id: 'person', label: give.professional, nothing: give.choose, groups: people, value: value('person'), fault: fault('person') })}
${textField({ id: 'number', label: give.other, hint: give.otherHint, value: value('number'), fault: fault('number') })}
${isAnswer ? NOTHING : selectField({ id: 'post', label: give.post, nothing: give.choosePost, groups: posts, value: value('post'), fault: fault('post'), hint: give.postHint })}
${
  categories.length === 0
    ? markup`<p>${give.nothing}</p>`
    : choiceField({
        id: 'what',
        kind: 'checkbox',
        label: give.what,
        hint: give.whatHint,
        choices: categories.map((one) => ({ value: one, label: categoryName(visit, one) })),
        chosen: new Set(form.getAll('what')),
        fault: fault('what'),
      })
}
${choiceField({ id: 'how', kind: 'checkbox', label: give.how, hint: give.howHint, choices: RIGHTS.map((one) => ({ value: one, label: words.rights[one] })), chosen: new Set(form.getAll('how')), fault: fault('how') })}
${choiceField({ id: 'purpose', kind: 'radio', label: give.purpose, choices: OFFERED_PURPOSES.map((one) => ({ value: one, label: words.purposes[one] })), chosen: new Set(form.getAll('purpose')), fault: fault('purpose') })}
${dateField({ id: 'until', label: give.until, hint: give.untilHint, names: give, values: { day: value('until-day'), month: value('until-month'), year: value('until-year') }, fault: fault('until') })}
${textField({ id: 'uses', label: give.uses, hint: give.usesHint, value: value('uses'), width: 'year', mode: 'numeric', fault: fault('uses') })}
<button class="main" type="submit">${give.next}</button></form>`,
  };
}

type Read = { readonly draft: ConsentDraft } | { readonly faults: Faults };

export const isRight = (text: string): text is Right => (RIGHTS as readonly string[]).includes(text);
export const isPurpose = (text: string): text is Purpose => (PURPOSES as readonly string[]).includes(text);
const wholeIn = (text: string): number => (/^\d{1,5}$/.test(text) ? Number(text) : NaN);

function readUntil(visit: OwnVisit, form: URLSearchParams): number | string {
  const { faults } = visit.words.give;
  const [day, month, year] = ['day', 'month', 'year'].map((name) => wholeIn(field(form, `until-${name}`))) as [
    number,
    number,
    number,
  ];
  const until = visit.calendar.endOf({ day, month, year });
  const now = visit.needs.clock();
  if (until === null) return faults.noDate;
  if (until <= now) return faults.past;
  return until - now > LONGEST_MS ? faults.far : until;
}

type Grantee = Pick<ConsentDraft, 'person' | 'organisation' | 'role'>;
const POST = /^([a-z-]{1,40})@([a-z0-9-]{1,64})$/;

function readWho(visit: OwnVisit, form: URLSearchParams): { readonly to: Grantee } | readonly [string, string] {
  const { faults } = visit.words.give;
  const [chosen, number, post] = [field(form, 'person'), numberIn(field(form, 'number')), field(form, 'post')];
  if ([chosen, number, post].filter(Boolean).length > 1) return ['person', faults.both];
  if (post !== '') return readPost(post) ?? ['post', faults.nobody];
  const person = chosen || number;
  if (person === '') return ['person', faults.nobody];
  if (person === visit.me.person) return [chosen ? 'person' : 'number', faults.oneself];
  return visit.needs.faceOf(person) === null ? [chosen ? 'person' : 'number', faults.unknown] : { to: { person } };
}

function readPost(text: string): { readonly to: Grantee } | null {
  const [, named, organisation = ''] = POST.exec(text) ?? [];
  const role = POST_ROLES.find((one) => one === named);
  return role === undefined ? null : { to: { organisation, role } };
}

function read(visit: OwnVisit, form: URLSearchParams): Read {
  const faults = new Map<string, string>();
  const words = visit.words.give.faults;
  const who = readWho(visit, form);
  if (!('to' in who)) faults.set(who[0], who[1]);
  const categories = [...new Set(form.getAll('what'))];
  if (categories.length === 0) faults.set('what', words.nothing);
  const rights = [...new Set(form.getAll('how'))].filter(isRight);
  if (rights.length === 0) faults.set('how', words.noRight);
  const purpose = field(form, 'purpose');
  if (!isPurpose(purpose)) faults.set('purpose', words.noPurpose);
  const until = readUntil(visit, form);
  if (typeof until === 'string') faults.set('until', until);
  const times = field(form, 'uses');
  const uses = times === '' ? null : wholeIn(times);
  if (uses !== null && !(uses >= 1 && uses <= CONSENT_USES_MAX)) faults.set('uses', words.uses);
  if (faults.size > 0 || !('to' in who) || !isPurpose(purpose) || typeof until === 'string') return { faults };
  const keeps = rights.includes('store') || rights.includes('export');
  return {
    draft: {
      ...{ subject: visit.me.person, ...who.to, scope: { of: 'categories', categories }, rights, purpose },
      ...{ from: visit.needs.clock(), until, uses },
      refrains: keeps ? ['NORDSCLCD'] : ['NORDSCLCD', 'NOPERSISTP'],
    },
  };
}

const given = (form: URLSearchParams): Record<string, string[]> =>
  Object.fromEntries(
    FIELDS.map((name) => [name, form.getAll(name)] as const).filter(([, values]) => values.length > 0),
  );

/** In the sentences of the vault itself, which are what would be in force. */
async function checkPage(visit: OwnVisit, draft: ConsentDraft): Promise<Answer> {
  const { check } = visit.words;
  const preview = await visit.ask(api.previewConsent, { body: draft });
  if (!preview.ok) return refusedBy(preview.error);
  const { sentences, faults } = preview.value;
  const fields = given(visit.form);
  const part = (title: string, isOf: (one: PreviewSentence) => boolean): Html => {
    const said = sentences.filter(isOf).map((one) => markup`<li>${previewed(visit, one)}</li>`);
    return said.length === 0 ? NOTHING : markup`<h2>${title}</h2><ul>${said}</ul>`;
  };
  const allow = actButton(visit, { to: '/consents', label: check.confirm, fields, id: 'allow' });
  return {
    is: 'page',
    title: check.title,
    isFaulty: faults.length > 0,
    main: markup`${faults.length === 0 ? NOTHING : markup`<div class="faults" role="alert"><h2>${check.cannot}</h2><ul lang="en-NZ">${faults.map((one) => markup`<li>${one}</li>`)}</ul></div>`}<h1>${check.title}</h1>
${part(check.allows, ({ about, kind }) => kind === 'enforced' && !APART.has(about))}
${part(check.closed, ({ about, kind }) => about === 'may-not' && kind === 'enforced')}
${part(check.duty, ({ kind }) => kind === 'duty')}
<div class="inset">${part(check.back, ({ about }) => BACK.has(about))}</div>
<div class="buttons">${faults.length === 0 ? allow : NOTHING}${actButton(visit, { to: '/give/change', label: check.change, look: 'second', fields })}</div>
<p><a href="/">${check.cancel}</a></p>`,
  };
}
const BACK: ReadonlySet<PreviewSentence['about']> = new Set(['taking-back', 'cannot-be-recalled']);
const APART: ReadonlySet<PreviewSentence['about']> = new Set([...BACK, 'may-not']);

async function check(visit: OwnVisit): Promise<Answer> {
  const found = read(visit, visit.form);
  return 'draft' in found ? checkPage(visit, found.draft) : formPage(visit, visit.form, found.faults);
}

/** To somebody who asked: what they asked for, or less of it. */
async function agree(visit: OwnVisit, id: string, draft: ConsentDraft): Promise<Result<Pick<Consent, 'id'>, Refusal>> {
  const { scope, rights, from, until, uses, refrains } = draft;
  const body = { answer: 'agree' as const, scope, rights, from, until, uses, refrains };
  const done = await visit.ask(api.answerAccessRequest, { params: { id }, body });
  return done.ok ? ok({ id: done.value.consent?.id ?? '' }) : done;
}

/** Read again from the fields: what is allowed is what they say, whatever page they came from. */
async function give(visit: OwnVisit): Promise<Answer> {
  const found = read(visit, visit.form);
  if (!('draft' in found)) return formPage(visit, visit.form, found.faults);
  const asked = field(visit.form, 'ask');
  const done =
    asked === '' ? await visit.ask(api.giveConsent, { body: found.draft }) : await agree(visit, asked, found.draft);
  if (done.ok) return elsewhere(`/consents/${done.value.id}/given`);
  const { faults } = visit.words.give;
  if (done.error.code === 'PERSON_UNKNOWN') return formPage(visit, visit.form, new Map([['person', faults.unknown]]));
  if (done.error.code === 'CONSENTS_FULL') return formPage(visit, visit.form, new Map([['person', faults.full]]));
  if (done.error.code === 'BEYOND_ASKED') return formPage(visit, visit.form, new Map([['how', faults.beyond]]));
  return refusedBy(done.error);
}

export const givePages: readonly PageRoute[] = [
  { method: 'GET', path: '/give', show: (visit) => formPage(visit, visit.query) },
  { method: 'POST', path: '/give', show: check },
  { method: 'POST', path: '/give/change', show: (visit) => formPage(visit, visit.form) },
  { method: 'POST', path: '/consents', show: give },
];
