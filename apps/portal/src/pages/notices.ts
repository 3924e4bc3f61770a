/** Notices: what a person is told about what is held about them, in words; marked as read by themself. */
import { api, NOTICES_SHOWN_MAX, type Notice, type NoticeKind } from '@cityward/contracts';
import { markup, NOTHING, type Html } from '../markup.ts';
import { actButton, emptyState, tag } from '../parts.ts';
import { categoryName, elsewhere, refusedBy, type Answer, type OwnVisit, type PageRoute } from '../visit.ts';
import { byWhom } from './looks.ts';

interface Told {
  readonly visit: OwnVisit;
  readonly say: OwnVisit['words']['notices'];
  readonly about: Notice['about'];
}
const textIn = ({ about }: Pick<Told, 'about'>, name: string): string => String(about[name] ?? '');
const listIn = ({ about }: Pick<Told, 'about'>, name: string): readonly string[] => {
  const value = about[name];
  return Array.isArray(value) ? value : [];
};
const momentIn = (told: Told, name: string): string => {
  const { calendar } = told.visit;
  const at = Number(told.about[name]);
  return Number.isFinite(at) ? `${calendar.day(at)}, ${calendar.time(at)}` : '';
};
const dayIn = ({ visit, about }: Told, name: string): string => visit.calendar.day(Number(about[name] ?? 0));
const paragraph = (text: string): Html => markup`<p>${text}</p>`;
const letter = (told: Told): Html => {
  const paper = textIn(told, 'paper');
  return paper === '' ? NOTHING : markup`<p><a href="/records/${paper}">${told.say.paper}</a></p>`;
};

const DETAILS: Readonly<Record<NoticeKind, (told: Told) => Html>> = {
  'collected-indirectly': (told) =>
    paragraph(
      told.say.collected(byWhom(told.visit, textIn(told, 'by')), categoryName(told.visit, textIn(told, 'category'))),
    ),
  'glass-broken': (told) => {
    const reason = textIn(told, 'reason');
    const [by, why] = [byWhom(told.visit, textIn(told, 'by')), told.say.reasons[reason] ?? reason];
    return paragraph(told.say.broken(by, why, momentIn(told, 'until')));
  },
  'glass-reviewed': (told) => paragraph(told.say.reviewed[textIn(told, 'outcome')] ?? textIn(told, 'outcome')),
  represented: (told) => {
    const did = told.say.acted[textIn(told, 'did')];
    return did ? paragraph(did(byWhom(told.visit, textIn(told, 'by')))) : NOTHING;
  },
  'life-changed': (told) => paragraph(told.say.life(told.say.lives[textIn(told, 'what')] ?? told.say.lifeOther)),
  'turned-sixteen': ({ say }) => paragraph(say.sixteen),
  'consents-asleep': ({ say }) => paragraph(say.asleep),
  'request-received': (told) => paragraph(told.say.due(dayIn(told, 'due'))),
  'request-extended': (told) => markup`${paragraph(told.say.due(dayIn(told, 'due')))}${letter(told)}`,
  'request-answered': (told) => {
    const outcome = textIn(told, 'outcome');
    return markup`${paragraph(told.say.outcomes[outcome] ?? outcome)}${letter(told)}`;
  },
  'request-overdue': (told) => paragraph(told.say.late(dayIn(told, 'due'))),
  'copy-not-ended': (told) => paragraph(told.say.copyLeft(byWhom(told.visit, textIn(told, 'recipient')))),
  sealed: letter,
  opened: (told) => {
    const [reference, clause] = [textIn(told, 'reference'), textIn(told, 'clause')];
    return paragraph(
      told.say.unsealed(byWhom(told.visit, textIn(told, 'by')), momentIn(told, 'until'), `${reference} (${clause})`),
    );
  },
  destroyed: letter,
  exposed: exposure,
  'blind-turned-on': (told) => paragraph(told.say.blindOn(Number(told.about['needed'] ?? 0))),
  'blind-turned-off': ({ say }) => paragraph(say.blindOff),
  'blind-share-asked': (told) => {
    const by = byWhom(told.visit, textIn(told, 'by'));
    const text = isForOwner(told)
      ? told.say.shareAskedBack(by)
      : told.say.shareAsked(by, byWhom(told.visit, textIn(told, 'of')));
    return markup`${paragraph(text)}${toPrivate(told.say.shareDecide)}`;
  },
  'blind-share-released': (told) => {
    const by = byWhom(told.visit, textIn(told, 'by'));
    const text = isForOwner(told)
      ? told.say.shareReleasedBack(by)
      : told.say.shareReleased(by, byWhom(told.visit, textIn(told, 'to')));
    return markup`${paragraph(text)}${toPrivate(told.say.shareReleasedLook)}`;
  },
  'blind-key-replaced': ({ say }) => paragraph(say.keyReplaced),
  'blind-other-key': (told) => {
    const by = byWhom(told.visit, textIn(told, 'by'));
    const text = textIn(told, 'holds') === 'yes' ? told.say.otherKeyHolds(by) : told.say.otherKey(by);
    return markup`${paragraph(text)}${toPrivate(told.say.shareReleasedLook)}`;
  },
};
/** Shares are asked for by their owner, who lost what opens their key, or by a clinician in an emergency. */
const isForOwner = (told: Told): boolean => textIn(told, 'kind') === 'recovery';
const toPrivate = (text: string): Html => markup`<p><a href="/private">${text}</a></p>`;

/** In the officer's own words, and what of this one person it was. */
function exposure(told: Told): Html {
  const { say, visit } = told;
  const { words } = visit;
  const touches = (['stored', 'viewed', 'exported'] as const).flatMap((of) => {
    const kinds = listIn(told, of).map((one) => categoryName(visit, one));
    return kinds.length === 0 ? [] : [say.touched[of](words.joined(kinds))];
  });
  const datasets = listIn(told, 'datasets').map((one) => `“${one}”`);
  if (datasets.length > 0) touches.push(say.touched.datasets(words.joined(datasets)));
  const lines = textIn(told, 'text').split('\n').filter(Boolean);
  return markup`<blockquote>${lines.map(paragraph)}</blockquote>
<p>${say.touchedFrom(momentIn(told, 'from'), momentIn(told, 'to'))}</p><ul>${touches.map((one) => markup`<li>${one}</li>`)}</ul><p class="muted">${say.notUsed}</p>`;
}

function card(visit: OwnVisit, { kind, about, at, clauses, readAt }: Notice): Html {
  const { words, calendar, needs } = visit;
  const { notices: say } = words;
  const law = clauses.length === 0 ? NOTHING : markup` · ${say.because(clauses.map(needs.clauseInWords).join('; '))}`;
  return markup`<article class="card"><h2>${say.kinds[kind]}</h2>${readAt === null ? markup`<p>${tag('warn', say.new)}</p>` : NOTHING}${DETAILS[kind]({ visit, say, about })}<p class="muted"><time datetime="${new Date(at).toISOString()}">${calendar.moment(at)}</time>${law}</p></article>`;
}

async function show(visit: OwnVisit): Promise<Answer> {
  const { notices: say } = visit.words;
  const listed = await visit.ask(api.listNotices, { query: {} });
  if (!listed.ok) return refusedBy(listed.error);
  const { notices } = listed.value;
  const unread = notices.filter(({ readAt }) => readAt === null).map(({ id }) => id);
  const mark = actButton(visit, { to: '/notices/read', label: say.mark, look: 'second', fields: { notice: unread } });
  return {
    is: 'page',
    title: say.title,
    main: markup`<h1>${say.title}</h1><p class="lead">${say.lead}</p>
${notices.length === 0 ? emptyState(say.none, say.noneWhy) : notices.map((one) => card(visit, one))}
${unread.length === 0 ? NOTHING : mark}`,
  };
}

async function read(visit: OwnVisit): Promise<Answer> {
  const notices = [...new Set(visit.form.getAll('notice'))].slice(0, NOTICES_SHOWN_MAX);
  if (notices.length === 0) return elsewhere('/notices');
  const done = await visit.ask(api.readNotices, { body: { subject: visit.me.person, notices } });
  return done.ok ? elsewhere('/notices') : refusedBy(done.error);
}

export const noticePages: readonly PageRoute[] = [
  { method: 'GET', path: '/notices', show },
  { method: 'POST', path: '/notices/read', show: read },
];
