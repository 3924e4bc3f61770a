/** Somebody else's record, open on a page: lent to this page's own key for seconds, dark when the reason ends; without a script, as text, once. */
import type { Purpose, Right } from '@cityward/contracts';
import { formMark } from '../layout.ts';
import { markup, NOTHING, type Html } from '../markup.ts';
import { actButton, linkButton } from '../parts.ts';
import { toLocked } from '../problems.ts';
import { refusedBy, whoIs, type Answer, type OwnVisit, type PageRoute } from '../visit.ts';
import { field } from '../forms.ts';
import { contentOf, openRecord } from './held.ts';
import { isPurpose } from './give.ts';

interface Wish {
  readonly record: string;
  readonly purpose: Purpose;
  /** Whose it is, as the list said: only for words. */
  readonly subject: string;
  readonly rights: readonly Right[];
  /** Chosen by whoever looks; the right to it is asked for when it opens. */
  readonly asText: boolean;
}

const toldOf = (visit: OwnVisit, { subject, purpose }: Pick<Wish, 'subject' | 'purpose'>): string =>
  visit.words.record.others({ who: whoIs(visit, subject), what: [], purpose, until: '' });

/** As pictures, unless it may only be read as text or whoever looks chose that. */
const waysOf = ({ rights, asText }: Wish): { readonly as: 'pictures' | 'text'; readonly other: boolean } => {
  const [mayText, maySee] = [rights.includes('text'), rights.includes('view') || !rights.includes('text')];
  return asText || !maySee ? { as: 'text', other: maySee } : { as: 'pictures', other: mayText };
};

/** Nothing of the record is in this page: its script opens the record, shows it, and takes it away when it is to be dark. */
export function openedPage(visit: OwnVisit, wish: Wish): Answer {
  const { words } = visit;
  const { record: say } = words;
  const { record, purpose, subject, rights } = wish;
  const { as } = waysOf(wish);
  const from = purpose === 'ETREAT' ? '/emergency' : '/shared';
  return {
    is: 'page',
    title: say.title,
    back: from,
    main: markup`<h1>${say.title}</h1><div class="inset" id="live-told"><p>${toldOf(visit, wish)}</p>${as === 'pictures' ? markup`<p>${say.drawn}</p>` : NOTHING}</div>
<div class="with-script">${tools(visit, wish)}${livePlace(visit, wish, as)}
<div id="live-dark" class="dark" role="alert" hidden><h2>${say.dark}</h2><p data-why="told" hidden>${say.darkTold}</p><p data-why="unheard" hidden>${say.darkUnheard}</p></div>
<div id="live-refused" class="faults" role="alert" hidden><h2>${say.refused}</h2><p>${words.errors.notFoundWhy}</p></div>
<div id="live-locked" class="banner" role="alert" hidden><h2>${words.errors.locked}</h2><p>${words.errors.lockedWhy}</p>${toLocked(visit)}</div>
<p>${linkButton(from, say.close, 'second')}</p></div>
<div class="without-script">${rights.includes('text') ? markup`<p>${say.needsScript}</p>${actButton(visit, { to: `/shared/${record}/text`, label: say.asText, fields: { purpose, subject } })}` : markup`<p>${say.needsScriptOnly}</p>`}</div>`,
  };
}

/** Pictures can be made larger; the other way is offered where the consent has both. */
function tools(visit: OwnVisit, wish: Wish): Html {
  const { record: say } = visit.words;
  const { record, purpose, subject, rights } = wish;
  const { as, other } = waysOf(wish);
  const to = as === 'pictures' ? 'text' : 'pictures';
  const otherWay = actButton(visit, {
    ...{ to: `/shared/${record}`, label: to === 'text' ? say.asText : say.asPictures, look: 'second' },
    fields: { purpose, subject, rights, as: to },
  });
  const larger = markup`<button type="button" id="live-larger" class="second" aria-pressed="false">${say.larger}</button>`;
  return markup`<div id="live-tools" class="tools" hidden>${as === 'pictures' ? larger : NOTHING}${other ? otherWay : NOTHING}</div>`;
}

/** Large pictures are moved about in, by keyboard too. */
function livePlace(visit: OwnVisit, { record, purpose, rights }: Wish, as: 'pictures' | 'text'): Html {
  const { words, language, needs } = visit;
  const { record: say } = words;
  const isRegion = markup` tabindex="0" role="region" aria-label="${say.title}"`;
  return markup`<div id="live" class="live"${as === 'pictures' ? isRegion : NOTHING}${rights.includes('print') ? markup` data-print` : NOTHING} data-record="${record}" data-purpose="${purpose}" data-as="${as}" data-language="${language}" data-zone="${needs.timeZone}" data-fields="${JSON.stringify(say.fields)}" data-alt="${say.picture('{page}', '{pages}')}" data-file="${say.file}" data-missing="${say.missing}" aria-live="polite"><p id="live-waits">${say.waits}</p></div>`;
}

/** As text in the page: it takes the right to it, and goes dark only when it is left. */
async function asText(visit: OwnVisit): Promise<Answer> {
  const { form, params, words } = visit;
  const [record, purpose, subject] = [params['id'] ?? '', field(form, 'purpose'), field(form, 'subject')];
  if (!isPurpose(purpose)) return refusedBy({ kind: 'not-found', code: 'RECORD_NOT_SEEN', message: 'no such purpose' });
  const opened = await openRecord(visit, record, purpose);
  if (!opened.ok) return refusedBy(opened.error);
  const file = markup`<form method="post" action="/shared/${record}/file">${formMark(visit)}<input type="hidden" name="purpose" value="${purpose}"><button class="main" type="submit">${words.record.file}</button></form>`;
  const { title, main } = contentOf(visit, opened.value, file);
  return {
    is: 'page',
    title,
    back: '/shared',
    main: markup`<h1>${title}</h1><div class="inset"><p>${toldOf(visit, { subject, purpose })}</p></div>${main}`,
  };
}

async function asFile(visit: OwnVisit): Promise<Answer> {
  const purpose = field(visit.form, 'purpose');
  if (!isPurpose(purpose)) return refusedBy({ kind: 'not-found', code: 'RECORD_NOT_SEEN', message: 'no such purpose' });
  const opened = await openRecord(visit, visit.params['id'] ?? '', purpose);
  return opened.ok ? { is: 'file', ...opened.value } : refusedBy(opened.error);
}

export const openedPages: readonly PageRoute[] = [
  { method: 'POST', path: '/shared/:id/text', show: asText },
  { method: 'POST', path: '/shared/:id/file', show: asFile },
];
