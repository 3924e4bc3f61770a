/** What is held about a person, by category and state, and one record opened. */
import { api, type HeldRecord, type Purpose, type RecordMedia } from '@cityward/contracts';
import { ok, type Refusal, type Result } from '@cityward/kernel';
import { tellResource } from '../fhir-rows.ts';
import { markup, NOTHING, type Html } from '../markup.ts';
import { emptyState, linkButton, summaryList, tag } from '../parts.ts';
import { cameByLink, toLocked } from '../problems.ts';
import { categoryName, fileIn, refusedBy, type Answer, type OwnVisit, type PageRoute, type Visit } from '../visit.ts';

/** What is shown of JSON that has no words of its own. */
const AS_STORED_MAX_CHARS = 100_000;

export const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

function recordRow(visit: Visit, record: HeldRecord): Html {
  const { held } = visit.words;
  const last = record.versions.at(-1);
  const stored = visit.calendar.day(last?.at ?? 0);
  const { destroyed } = record;
  const line = markup`<span><p>${held.stored} ${stored}</p><small>${last ? held.media[last.media] : ''}${record.versions.length > 1 ? markup`, ${held.versions(record.versions.length)}` : ''}</small></span>`;
  if (destroyed) return markup`<li>${line}${tag('quiet', held.isDestroyed(visit.calendar.day(destroyed.at)))}</li>`;
  const what = categoryName(visit, record.category);
  return markup`<li>${line}<a class="button second" href="/records/${record.id}">${held.open}<span class="unseen">${held.openOf(what, stored)}</span></a></li>`;
}

async function held(visit: OwnVisit): Promise<Answer> {
  const { words } = visit;
  const listed = await visit.ask(api.listRecords, { query: {} });
  if (!listed.ok) return refusedBy(listed.error);
  const blind = await visit.ask(api.getBlind);
  const isLocked = blind.ok && blind.value.mode !== null;
  const groups = Map.groupBy(listed.value.records, ({ category }) => category);
  return {
    is: 'page',
    title: words.held.title,
    main: markup`<h1>${words.held.title}</h1><p class="lead">${words.held.lead}</p>
${cameByLink(visit) ? markup`<div class="banner"><p>${words.home.link} <a href="/me">${words.nav.me}</a></p></div>` : ''}
${isLocked ? markup`<div class="banner"><p>${words.held.locked}</p>${toLocked(visit)}</div>` : NOTHING}
${groups.size === 0 ? emptyState(words.held.none, words.held.noneWhy) : NOTHING}
${[...groups]
  .sort(([one], [other]) => one.localeCompare(other))
  .map(([category, records]) => {
    const gone = records.filter(({ destroyed }) => destroyed !== null).length;
    return markup`<h2 id="${category}">${capital(categoryName(visit, category))}</h2><p class="muted">${words.held.records(records.length)}${gone > 0 ? markup`, ${words.held.destroyed(gone)}` : ''}</p><ul class="rows">${records.map((one) => recordRow(visit, one))}</ul>`;
  })}`,
  };
}

export interface Opened {
  readonly media: RecordMedia;
  readonly bytes: Uint8Array;
}
/** Content comes as bytes, or not at all. */
export async function openRecord(visit: Visit, record: string, purpose?: Purpose): Promise<Result<Opened, Refusal>> {
  const query = purpose === undefined ? {} : { purpose };
  const seen = await visit.ask(api.viewRecord, { params: { id: record }, query });
  if (!seen.ok) return seen;
  const { media, bytes } = fileIn(seen.value);
  return ok({ media: media as RecordMedia, bytes });
}

/** The content in words where it has some; else as it is stored, or as a file. */
export function contentOf(
  visit: Visit,
  { media, bytes }: Opened,
  file: Html,
): { readonly title: string; readonly main: Html } {
  const { record, held } = visit.words;
  if (media !== 'application/fhir+json' && media !== 'application/json')
    return { title: capital(held.media[media]), main: file };
  const stored = Buffer.from(bytes).toString('utf8');
  const value = JSON.parse(stored) as unknown;
  const raw = markup`<pre tabindex="0">${JSON.stringify(value, null, 2).slice(0, AS_STORED_MAX_CHARS)}</pre>`;
  const told = tellResource(value, record.fields, visit.calendar);
  if (told === null) return { title: capital(held.media[media]), main: raw };
  const inLanguage = (text: string): Html =>
    told.language === null ? markup`${text}` : markup`<span lang="${told.language}">${text}</span>`;
  const rows = told.rows.map(({ name, value: said }) => [name, inLanguage(said)] as const);
  return {
    title: told.title,
    main: markup`${summaryList(rows)}<details><summary>${record.asStored}</summary>${raw}</details>`,
  };
}

async function own(visit: OwnVisit): Promise<Answer> {
  const { id = '' } = visit.params;
  const opened = await openRecord(visit, id);
  if (!opened.ok) return refusedBy(opened.error);
  const { words } = visit;
  const file = markup`<p>${linkButton(`/records/${id}/file`, words.record.file)}</p>`;
  const { title, main } = contentOf(visit, opened.value, file);
  return {
    is: 'page',
    title,
    back: '/held',
    main: markup`<h1>${title}</h1><div class="inset"><p>${words.record.own}</p></div>${main}`,
  };
}

async function ownFile(visit: OwnVisit): Promise<Answer> {
  const opened = await openRecord(visit, visit.params['id'] ?? '');
  return opened.ok ? { is: 'file', ...opened.value } : refusedBy(opened.error);
}

export const heldPages: readonly PageRoute[] = [
  { method: 'GET', path: '/held', show: held },
  { method: 'GET', path: '/records/:id', show: own },
  { method: 'GET', path: '/records/:id/file', show: ownFile },
];
