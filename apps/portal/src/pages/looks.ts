/** Who looked: everything that was done with one's records, by week, in words, refusals too. */
import { api, LOOKS_PAGE_MAX, type HeldRecord, type Look } from '@cityward/contracts';
import { markup, NOTHING, type Html } from '../markup.ts';
import type { Who } from '../words/index.ts';
import { emptyState, linkButton } from '../parts.ts';
import { categoryName, granteeOf, refusedBy, whoIs, type Answer, type OwnVisit, type PageRoute } from '../visit.ts';

const PAGE = LOOKS_PAGE_MAX;

/** The same thing, done by the same one on the same day, one after the other. */
interface Run {
  readonly looks: readonly [Look, ...Look[]];
}

interface Telling {
  readonly visit: OwnVisit;
  readonly categories: ReadonlyMap<string, string>;
  /** Whom each consent is for. */
  readonly people: ReadonlyMap<string, Who>;
}

const sameAs = ({ visit: { calendar }, categories }: Telling, one: Look, other: Look): boolean =>
  one.what === other.what &&
  one.by === other.by &&
  one.purpose === other.purpose &&
  one.why === other.why &&
  one.consent === other.consent &&
  categories.get(one.record ?? '') === categories.get(other.record ?? '') &&
  calendar.key(one.at) === calendar.key(other.at);

function runsOf(telling: Telling, looks: readonly Look[]): readonly Run[] {
  const runs: { looks: [Look, ...Look[]] }[] = [];
  for (const look of looks) {
    const last = runs.at(-1);
    if (last && sameAs(telling, last.looks[0], look)) last.looks.push(look);
    else runs.push({ looks: [look] });
  }
  return runs;
}

function byWhom(visit: OwnVisit, by: string): string {
  const { words, needs, me } = visit;
  if (by === me.person) return words.looks.you;
  return needs.faceOf(by) ? words.who(whoIs(visit, by)) : words.looks.theCity;
}

function sentence({ visit, categories, people }: Telling, { looks: [look, ...more] }: Run): string {
  const { words, me } = visit;
  const { looks: say } = words;
  const by = byWhom(visit, look.by);
  const isOwn = look.by === me.person;
  const category = categories.get(look.record ?? '');
  const what = category === undefined ? say.aRecord : categoryName(visit, category);
  const rest = `${look.purpose === null ? '' : say.forPurpose(look.purpose)}${say.times(more.length + 1)}`;
  const why = look.why ?? '';
  switch (look.what) {
    case 'viewed':
      return isOwn ? say.viewedOwn(what, say.times(more.length + 1)) : say.viewed(by, what, rest);
    case 'refused':
      return say.refused(by, what, say.why[why] ?? why);
    case 'stored':
      return say.stored(by, what);
    case 'destroyed':
      return say.destroyed(by, what, why);
    case 'given': {
      const person = people.get(look.consent ?? '');
      if (person === undefined) return say.given(by);
      const whom = words.who(person);
      return isOwn ? say.givenOwn(whom) : say.givenFor(by, whom);
    }
    case 'taken-back': {
      const person = people.get(look.consent ?? '');
      return person === undefined ? say.takenBack(by) : say.takenBackOf(by, person.name);
    }
    case 'exposed':
      return say.exposed;
    default:
      return say.other(by, look.what);
  }
}

function row(telling: Telling, run: Run): Html {
  const { words, calendar } = telling.visit;
  const { looks } = run;
  const [newest] = looks;
  const when = `${calendar.weekday(newest.at)}, ${calendar.time(newest.at)}`;
  const entry = words.looks.entries(looks.map((one) => String(one.entry)).reverse());
  return markup`<li class="${newest.what}"><span><p>${sentence(telling, run)}</p><small><time datetime="${new Date(newest.at).toISOString()}">${when}</time> · ${entry}</small></span></li>`;
}

async function show(visit: OwnVisit): Promise<Answer> {
  const { words, calendar } = visit;
  const before = /^\d{1,15}$/.test(visit.query.get('before') ?? '') ? Number(visit.query.get('before')) : undefined;
  const [listed, held, consents] = [
    await visit.ask(api.listLooks, { query: { limit: PAGE, ...(before === undefined ? {} : { before }) } }),
    await visit.ask(api.listRecords, { query: {} }),
    await visit.ask(api.listConsents, { query: {} }),
  ];
  if (!listed.ok) return refusedBy(listed.error);
  if (!held.ok) return refusedBy(held.error);
  if (!consents.ok) return refusedBy(consents.error);
  const categories = new Map(held.value.records.map(({ id, category }: HeldRecord) => [id, category]));
  const people = new Map(consents.value.consents.map((one) => [one.id, granteeOf(visit, one)]));
  const telling = { visit, categories, people };
  const { looks } = listed.value;
  const weeks = Map.groupBy(looks, ({ at }) => calendar.weekOf(at));
  const isFull = looks.length === PAGE;
  return {
    is: 'page',
    title: words.looks.title,
    main: markup`<h1>${words.looks.title}</h1><p class="lead">${words.looks.lead}</p>
${looks.length === 0 ? emptyState(words.looks.none, words.looks.noneWhy) : NOTHING}
${[...weeks].map(
  ([monday, some]) =>
    markup`<h2>${words.looks.week(calendar.day(Date.parse(`${monday}T00:00:00Z`)))}</h2><ul class="rows">${runsOf(telling, some).map((run) => row(telling, run))}</ul>`,
)}
<div class="buttons">${before === undefined ? NOTHING : linkButton('/looks', words.looks.newest, 'second')}${isFull ? linkButton(`/looks?before=${looks.at(-1)!.entry}`, words.looks.older, 'second') : NOTHING}</div>`,
  };
}

export const lookPages: readonly PageRoute[] = [{ method: 'GET', path: '/looks', show }];
