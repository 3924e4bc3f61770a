/** A consent in words: who, what, what for, until when, and what they may do. */
import { POST_ROLES, RIGHTS, type Consent, type PreviewSentence, type Right } from '@cityward/contracts';
import { markup, type Html } from './markup.ts';
import { summaryList, tag } from './parts.ts';
import { categoryName, toWhom, whoIs, type Visit } from './visit.ts';
import type { Said, Sentence } from './words/index.ts';

type Told = Pick<Consent, 'person' | 'organisation' | 'role' | 'scope' | 'purpose' | 'until'>;

export function whatOf(visit: Visit, scope: Consent['scope']): readonly string[] {
  return scope.of === 'categories'
    ? scope.categories.map((one) => categoryName(visit, one))
    : [visit.words.home.records(scope.records.length)];
}

/** @param person of whom it speaks, where that is not the one who may see */
export const sentenceOf = (visit: Visit, consent: Told, person?: string): Sentence => ({
  who: person === undefined ? toWhom(visit, consent) : whoIs(visit, person),
  what: whatOf(visit, consent.scope),
  purpose: consent.purpose,
  until: visit.calendar.lastDay(consent.until),
});

export const canSee = (visit: Visit, consent: Told & Pick<Consent, 'from' | 'state'>): string => {
  const { home } = visit.words;
  const sentence = sentenceOf(visit, consent);
  return consent.state === 'not-yet' ? home.willSee(sentence, visit.calendar.day(consent.from)) : home.canSee(sentence);
};

export const rightsList = ({ words }: Pick<Visit, 'words'>, rights: readonly Right[]): Html =>
  markup`<ul>${RIGHTS.filter((one) => rights.includes(one)).map((one) => markup`<li>${words.rights[one]}</li>`)}</ul>`;

/** What taking it back does, in the words that are promised everywhere. */
export const promiseOf = ({ words: { promise } }: Pick<Visit, 'words'>, rights: readonly Right[]): Html =>
  markup`<ul><li>${promise.served}</li><li>${promise.dark}</li><li>${promise.seen}</li>${
    rights.some((one) => LEAVES.has(one)) ? markup`<li>${promise.copies}</li>` : ''
  }</ul>`;
const LEAVES: ReadonlySet<Right> = new Set(['copy', 'print', 'export', 'store']);

export const stateTag = ({ words }: Pick<Visit, 'words'>, { state }: Pick<Consent, 'state'>): Html =>
  tag(state === 'standing' ? 'good' : state === 'not-yet' ? 'warn' : 'quiet', words.states[state]);

export function consentSummary(visit: Visit, consent: Consent): Html {
  const { words, calendar } = visit;
  const { consent: names } = words;
  const { scope, purpose, rights, uses, used, given, takenBack } = consent;
  return summaryList([
    [names.state, stateTag(visit, consent)],
    [names.who, words.who(toWhom(visit, consent))],
    [names.what, words.joined(whatOf(visit, scope))],
    [names.why, words.purposes[purpose]],
    [names.how, markup`${rightsList(visit, rights)}<p>${names.refrain}</p>`],
    [names.from, calendar.day(consent.from)],
    [names.until, calendar.lastDay(consent.until)],
    [names.uses, uses === null ? names.noLimit : words.home.times(used, uses)],
    [names.given, markup`${calendar.moment(given.at)}${given.behalf ? markup`. ${words.home.behalf}` : ''}`],
    ...(takenBack === null ? [] : ([[words.states['taken-back'], calendar.moment(takenBack.at)]] as const)),
    [names.receipt, markup`<span class="number">${consent.id}</span>`],
  ]);
}

/** A sentence of the vault's preview in the reader's language: its own, or what its values fill. */
export function previewed(visit: Visit, { about, kind, values, english }: PreviewSentence): string {
  const { words, calendar } = visit;
  const list = (name: string): readonly string[] => [values[name] ?? []].flat().map(String);
  const text = (name: string): string => list(name)[0] ?? '';
  const number = (name: string): number => Number(values[name] ?? 0);
  const categories = list('categories').map((one) => categoryName(visit, one));
  const role = POST_ROLES.find((one) => one === text('role')) ?? null;
  const said: Said = {
    ...{ about, kind, english, purpose: text('purpose'), refrain: text('refrain') },
    whom: text('person') || words.anybody(role, text('organisation')),
    isPost: text('person') === '',
    what: categories.length > 0 ? words.joined(categories) : words.home.records(list('records').length),
    rights: words.joined(RIGHTS.filter((one) => list('rights').includes(one)).map((one) => words.rights[one])),
    ...{ from: calendar.day(number('from')), until: calendar.lastDay(number('until')) },
    ...{ uses: number('uses'), depth: number('depth') },
  };
  return words.preview(said);
}
