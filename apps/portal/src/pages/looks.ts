/** Who looked: what was done with one's records, week by week as the city groups it, in words; with the proofs of each week. */
import { api, type LookLine } from '@cityward/contracts';
import { markup, NOTHING, type Html } from '../markup.ts';
import type { Who } from '../words/index.ts';
import { actButton, emptyState, linkButton, tag } from '../parts.ts';
import {
  categoryName,
  fileIn,
  granteeOf,
  refusedBy,
  whoIs,
  type Answer,
  type OwnVisit,
  type PageRoute,
} from '../visit.ts';

const WEEK = /^\d{4}-W\d{2}$/;
/** Entries named by a line; the proofs of the week have all. */
const ENTRIES_SHOWN = 4;

interface Telling {
  readonly visit: OwnVisit;
  /** Whom each consent is for. */
  readonly people: ReadonlyMap<string, Who>;
}

export function byWhom(visit: OwnVisit, by: string): string {
  const { words, needs, me } = visit;
  if (by === me.person) return words.looks.you;
  if (needs.faceOf(by)) return words.who(whoIs(visit, by));
  const machine = needs.machineName(by);
  return machine === null ? words.looks.theCity : words.looks.aMachine(machine);
}

type Sentences = Readonly<Record<LookLine['what'], (told: Told) => string>>;
interface Told {
  readonly say: OwnVisit['words']['looks'];
  readonly by: string;
  readonly isOwn: boolean;
  readonly isInEmergency: boolean;
  readonly what: string;
  readonly times: string;
  readonly rest: string;
  /** As it is written; in words where there are any. */
  readonly why: string;
  readonly whom: Who | undefined;
  readonly whomInWords: string;
  readonly visit: OwnVisit;
}
const SENTENCES: Sentences = {
  viewed: ({ say, by, isOwn, what, times, rest }) => (isOwn ? say.viewedOwn(what, times) : say.viewed(by, what, rest)),
  refused: ({ say, by, what, why }) => say.refused(by, what, say.why[why] ?? why),
  stored: ({ say, by, what }) => say.stored(by, what),
  destroyed: ({ say, by, what, why }) => say.destroyed(by, what, why),
  restricted: ({ say, by, what }) => say.restricted(by, what),
  'used-again': ({ say, by, what }) => say.usedAgain(by, what),
  sealed: ({ say, by, what }) => say.sealed(by, what),
  exported: ({ say, by, what, rest }) => say.exported(by, what, rest),
  'taken-out': ({ say, by, isOwn }) => (isOwn ? say.takenOutOwn : say.takenOut(by)),
  traced: ({ say, by }) => say.traced(by),
  given: ({ say, by, isOwn, whom, whomInWords }) =>
    whom === undefined ? say.given(by) : isOwn ? say.givenOwn(whomInWords) : say.givenFor(by, whomInWords),
  'handed-on': ({ say, by, whom, whomInWords }) => (whom === undefined ? say.given(by) : say.handedOn(by, whomInWords)),
  'taken-back': ({ say, by, whom }) => (whom === undefined ? say.takenBack(by) : say.takenBackOf(by, whom.name)),
  exposed: ({ say }) => say.exposed,
  emergency: ({ say, by, why, visit }) => say.emergency(by, visit.words.notices.reasons[why] ?? why),
  'emergency-refused': ({ say, by }) => say.emergencyRefused(by),
  'emergency-ended': ({ say, by }) => say.emergencyEnded(by),
  unsealed: ({ say, by, why }) => say.unsealed(by, why),
  'sealed-again': ({ say }) => say.sealedAgain,
  'emergency-reviewed': ({ say, by, why, visit }) =>
    say.emergencyReviewed(by, visit.words.emergency.outcomes[why] ?? why),
  'blind-on': ({ say }) => say.blindOn,
  'blind-off': ({ say }) => say.blindOff,
  'blind-shared': ({ say, whom, whomInWords }) => say.blindShared(whom === undefined ? say.somebodyNamed : whomInWords),
  'blind-asked': ({ say, by, isOwn }) => (isOwn ? say.blindAskedOwn : say.blindAsked(by)),
  'blind-released': ({ say, by, isInEmergency }) => (isInEmergency ? say.blindReleased(by) : say.blindReleasedOwn(by)),
  'blind-recovery-ended': ({ say }) => say.blindRecoveryEnded,
};

function sentence({ visit, people }: Telling, line: LookLine): string {
  const { words, me } = visit;
  const { looks: say } = words;
  const whom = people.get(line.consent ?? '');
  const times = `${say.times(line.count)}${say.ofRecords(line.count === line.records ? 0 : line.records)}`;
  return SENTENCES[line.what]({
    ...{ say, visit, whom, times, isOwn: line.by === me.person, by: byWhom(visit, line.by), why: line.why ?? '' },
    isInEmergency: line.emergency !== null,
    what: line.category === null ? say.aRecord : categoryName(visit, line.category),
    rest: `${line.purpose === null ? '' : say.forPurpose(line.purpose)}${times}`,
    whomInWords: whom === undefined ? '' : words.who(whom),
  });
}

function row(telling: Telling, line: LookLine): Html {
  const { words, calendar } = telling.visit;
  const { what, emergency, first, last, count, entries } = line;
  const [from, to] = [calendar.moment(first), calendar.moment(last)];
  const times = calendar.key(first) === calendar.key(last) ? to : words.looks.from(from, to);
  const shown = entries.slice(0, ENTRIES_SHOWN).reverse();
  const entry = words.looks.entries(shown.map(String), count - shown.length);
  const isEmergency = emergency !== null || what.startsWith('emergency');
  return markup`<li class="${what}"><span><p>${sentence(telling, line)}</p><small><time datetime="${new Date(last).toISOString()}">${times}</time> · ${entry}</small></span>${isEmergency ? tag('warn', words.looks.inEmergency) : NOTHING}</li>`;
}

async function show(visit: OwnVisit): Promise<Answer> {
  const { words, calendar } = visit;
  const { looks: say } = words;
  const asked = weekIn(visit.query);
  const [found, consents] = [
    await visit.ask(api.looksOfWeek, { query: asked }),
    await visit.ask(api.listConsents, { query: {} }),
  ];
  if (!found.ok) return refusedBy(found.error);
  if (!consents.ok) return refusedBy(consents.error);
  const { week, lines, cut, earlier } = found.value;
  const telling = { visit, people: new Map(consents.value.consents.map((one) => [one.id, granteeOf(visit, one)])) };
  const proof = actButton(visit, { to: '/looks/proof', label: say.proof, look: 'second', fields: { week: week.id } });
  const isNothing = lines.length === 0 && earlier === null && asked.week === undefined;
  return {
    is: 'page',
    title: say.title,
    main: markup`<h1>${say.title}</h1><p class="lead">${say.lead}</p>
${isNothing ? emptyState(say.none, say.noneWhy) : markup`<h2>${say.week(calendar.day(week.from))}</h2>${lines.length === 0 ? markup`<p>${say.quiet}</p>` : markup`<ul class="rows">${lines.map((line) => row(telling, line))}</ul>`}`}
${cut ? markup`<p class="muted">${say.cut}</p>` : NOTHING}
<div class="buttons">${asked.week === undefined ? NOTHING : linkButton('/looks', say.newest, 'second')}${earlier === null ? NOTHING : linkButton(`/looks?week=${earlier}`, say.earlier, 'second')}</div>
${lines.length === 0 ? NOTHING : markup`<div class="inset"><p>${say.proofWhy}</p>${proof}</div>`}`,
  };
}

const weekIn = (from: URLSearchParams): { readonly week?: string } => {
  const week = from.get('week') ?? '';
  return WEEK.test(week) ? { week } : {};
};

/** A click, not a link: that it was taken is an entry of its own. */
async function proof(visit: OwnVisit): Promise<Answer> {
  const asked = weekIn(visit.form);
  const made = await visit.ask(api.proveLooks, { query: asked });
  if (!made.ok) return refusedBy(made.error);
  return { is: 'file', ...fileIn(made.value), name: `who-looked-${asked.week ?? 'this-week'}.zip` };
}

export const lookPages: readonly PageRoute[] = [
  { method: 'GET', path: '/looks', show },
  { method: 'POST', path: '/looks/proof', show: proof },
];
