/** Breaking the glass: for one patient in care here, with a reason, after saying what will happen; then what may be seen, and its end. */
import { api, GLASS_REASONS, type Glass, type GlassReason, type HeldRecord } from '@cityward/contracts';
import { field } from '../forms.ts';
import { formMark } from '../layout.ts';
import { markup, NOTHING, type Html } from '../markup.ts';
import { actButton, choiceField, faultSummary, tag, textField, type Faults } from '../parts.ts';
import { cameByLink, problemPage } from '../problems.ts';
import { elsewhere, refusedBy, whoIs, type Answer, type OwnVisit, type PageRoute } from '../visit.ts';
import { NUMBER, numberIn } from './give.ts';
import { openableRow } from './shared.ts';

const [WORDS_MIN_CHARS, WORDS_MAX_CHARS] = [10, 1_000] as const;
/** Each on a page that goes dark; as text for whoever cannot read pictures. */
const RIGHTS = ['view', 'text'];

export const isOpen = ({ ended, until }: Glass, now: number): boolean => ended === null && now < until;
const list = (items: readonly string[]): Html => markup`<ul>${items.map((one) => markup`<li>${one}</li>`)}</ul>`;

function reviewTag({ words: { emergency } }: OwnVisit, { review, flags }: Glass): Html {
  if (review === null) return tag('warn', flags.length > 0 ? emergency.waitsFirst : emergency.waits);
  return tag(review.outcome === 'justified' ? 'good' : 'quiet', emergency.outcomes[review.outcome] ?? review.outcome);
}

function before(visit: OwnVisit, glasses: readonly Glass[]): Html {
  const { words, calendar } = visit;
  const { emergency: say } = words;
  if (glasses.length === 0) return NOTHING;
  const row = (glass: Glass): Html =>
    markup`<li><span><p>${whoIs(visit, glass.subject).name}</p><small>${calendar.moment(glass.at)}. ${say.reasons[glass.reason]}</small></span>${reviewTag(visit, glass)}</li>`;
  return markup`<h2>${say.before}</h2><p class="muted">${say.reviewers}</p><ul class="rows">${glasses.map(row)}</ul>`;
}

function formPart(visit: OwnVisit, form: URLSearchParams, faults: Faults): Html {
  const { emergency: say } = visit.words;
  return markup`<div class="inset"><p><strong>${say.happens}</strong></p>${list(say.will)}</div>
<h2>${say.limits}</h2>${list(say.limited)}
<form method="post" action="/emergency" novalidate>${formMark(visit)}
${textField({ id: 'number', label: say.number, hint: say.numberHint, value: field(form, 'number'), width: 'code', fault: faults.get('number') })}
${choiceField({ id: 'reason', kind: 'radio', label: say.reason, choices: GLASS_REASONS.map((value) => ({ value, label: say.reasons[value] })), chosen: new Set(form.getAll('reason')), fault: faults.get('reason') })}
${textField({ id: 'words', label: say.words, hint: say.wordsHint, value: field(form, 'words'), fault: faults.get('words') })}
<button class="warn" type="submit">${say.open}</button></form>`;
}

function openPart(visit: OwnVisit, glass: Glass, records: readonly HeldRecord[]): Html {
  const { words, calendar } = visit;
  const { emergency: say } = words;
  const { name } = whoIs(visit, glass.subject);
  const fields = { purpose: 'ETREAT', subject: glass.subject, rights: RIGHTS };
  const row = ({ id, category, versions }: HeldRecord): Html =>
    openableRow(visit, { id, category, last: versions.at(-1) }, fields);
  const there = records.filter(({ destroyed }) => destroyed === null);
  return markup`<div class="banner" role="status"><p><strong>${say.isOpen(name, calendar.time(glass.until))}</strong></p><p>${say.told(name)}</p></div>
${actButton(visit, { to: `/emergency/${glass.id}/end`, label: say.end, look: 'second' })}
${there.length === 0 ? markup`<p>${say.nothing}</p>` : markup`<ul class="rows">${there.map(row)}</ul>`}`;
}

async function page(visit: OwnVisit, form: URLSearchParams, faults: Faults = new Map()): Promise<Answer> {
  const { emergency: say } = visit.words;
  if (cameByLink(visit)) return problemPage(visit, 'own');
  const own = await visit.ask(api.listOwnGlass);
  if (!own.ok) return refusedBy(own.error);
  const now = visit.needs.clock();
  const open = own.value.glasses.find((one) => isOpen(one, now)) ?? null;
  // It may be over by another reason than its time: then nothing is listed, and only ending it is left.
  const records = open && (await visit.ask(api.listGlassRecords, { params: { id: open.id } }));
  const part = open ? openPart(visit, open, records?.ok ? records.value.records : []) : formPart(visit, form, faults);
  return {
    is: 'page',
    title: say.title,
    back: '/shared',
    isFaulty: faults.size > 0,
    ...(faults.size > 0 ? { status: 400 } : {}),
    main: markup`${faultSummary(visit, faults)}<h1>${say.title}</h1><p class="lead">${say.lead}</p>${part}${before(
      visit,
      own.value.glasses.filter((one) => one !== open),
    )}`,
  };
}

const isReason = (text: string): text is GlassReason => (GLASS_REASONS as readonly string[]).includes(text);

async function breakGlass(visit: OwnVisit): Promise<Answer> {
  const { form } = visit;
  const { faults: say, refused } = visit.words.emergency;
  const [subject, reason] = [numberIn(field(form, 'number')), field(form, 'reason')];
  const words = field(form, 'words').slice(0, WORDS_MAX_CHARS);
  const faults = new Map<string, string>();
  if (!NUMBER.test(subject)) faults.set('number', visit.words.ask.faults.number);
  if (!isReason(reason)) faults.set('reason', say.reason);
  if (words.length < WORDS_MIN_CHARS) faults.set('words', say.words);
  if (faults.size > 0 || !isReason(reason)) return page(visit, form, faults);
  const done = await visit.ask(api.breakGlass, { body: { subject, reason, words } });
  if (done.ok) return elsewhere('/emergency');
  const { code, details } = done.error;
  if (code === 'GLASS_NO_PATIENT') return page(visit, form, new Map([['number', say.noPatient]]));
  const why = refused[details?.[0] ?? ''];
  return code === 'GLASS_REFUSED' && why ? page(visit, form, new Map([['number', why]])) : refusedBy(done.error);
}

async function end(visit: OwnVisit): Promise<Answer> {
  const done = await visit.ask(api.endGlass, { params: { id: visit.params['id'] ?? '' } });
  return done.ok ? elsewhere('/emergency') : refusedBy(done.error);
}

export const emergencyPages: readonly PageRoute[] = [
  { method: 'GET', path: '/emergency', show: (visit) => page(visit, visit.query) },
  { method: 'POST', path: '/emergency', show: breakGlass },
  { method: 'POST', path: '/emergency/:id/end', show: end },
];
