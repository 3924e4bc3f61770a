/** Somebody else's record, open on a page: lent to this page's own key for seconds, dark when the reason ends; without a script, as text, once. */
import type { Purpose, Right } from '@cityward/contracts';
import { formMark } from '../layout.ts';
import { markup } from '../markup.ts';
import { actButton, linkButton } from '../parts.ts';
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
}

const toldOf = (visit: OwnVisit, { subject, purpose }: Pick<Wish, 'subject' | 'purpose'>): string =>
  visit.words.record.others({ who: whoIs(visit, subject), what: [], purpose, until: '' });

/** Nothing of the record is in this page: its script opens the record, shows it, and takes it away when it is to be dark. */
export function openedPage(visit: OwnVisit, wish: Wish): Answer {
  const { words, language } = visit;
  const { record: say } = words;
  const { record, purpose, subject } = wish;
  const fields = JSON.stringify(say.fields);
  return {
    is: 'page',
    title: say.title,
    back: '/shared',
    main: markup`<h1>${say.title}</h1><div class="inset"><p>${toldOf(visit, wish)}</p></div>
<div class="with-script"><div id="live" class="live" data-record="${record}" data-purpose="${purpose}" data-language="${language}" data-zone="${visit.needs.timeZone}" data-fields="${fields}" aria-live="polite"><p id="live-waits">${say.waits}</p></div>
<div id="live-dark" class="dark" role="alert" hidden><h2>${say.dark}</h2><p data-why="told" hidden>${say.darkTold}</p><p data-why="unheard" hidden>${say.darkUnheard}</p></div>
<div id="live-refused" class="faults" role="alert" hidden><h2>${say.refused}</h2><p>${words.errors.notFoundWhy}</p></div>
<p>${linkButton('/shared', say.close, 'second')}</p></div>
<div class="without-script"><p>${say.needsScript}</p>${actButton(visit, { to: `/shared/${record}/text`, label: say.asText, fields: { purpose, subject } })}</div>`,
  };
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
