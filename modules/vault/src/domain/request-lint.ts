/** Would this request mislead the person who is asked? Looked at before they ever see it. */
import { ACCESS_REQUEST_SCOPE_MAX, type AccessRequestDraft, type Purpose, type Right } from '@cityward/contracts';

/** What somebody else asks for is never the person's own purpose. */
const OWN_PURPOSES: readonly Purpose[] = ['PATRQT', 'FAMRQT'];
/** Rights by which something leaves: asked for by themselves, so that they can be refused by themselves. */
const TAKING: readonly Right[] = ['export', 'store'];

/** Words that name a purpose: a request whose reason names another one than it is for is renamed. */
const NAMING: readonly (readonly [Purpose, readonly string[]])[] = [
  ['HRESCH', ['research', 'a study', 'our study', 'clinical trial', 'survey', 'thesis', 'dataset']],
  ['HPAYMT', ['insurance', 'insurer', 'invoice', 'billing', 'payment', 'premium']],
  ['HOPERAT', ['quality assurance', 'audit', 'statistics', 'planning of services', 'training of staff']],
  ['PUBHLTH', ['public health', 'outbreak', 'contact tracing']],
];
const NEVER = [
  'marketing',
  'advertis',
  'sell ',
  'resell',
  'profiling',
  'credit score',
  'train a model',
  'machine learning',
];
/** What is said as if it were done already, or as if there were no choice. */
const PRESSING = [
  'already agreed',
  'already allowed',
  'by continuing',
  'unless you object',
  'opt out',
  'you have to',
  'you must',
  'or we cannot treat',
  'or we can not treat',
  'will be refused care',
  'last chance',
  'immediately',
];
const LINKS = ['http:', 'https:', 'www.', '<', '\u202e'];

/** Each named with what is wanted; empty where it may be asked. */
export function misleadingIn({ scope, rights, purpose, why }: AccessRequestDraft): readonly string[] {
  const faults: string[] = [];
  const asked = scope.of === 'categories' ? scope.categories : scope.records;
  if (asked.length > ACCESS_REQUEST_SCOPE_MAX)
    faults.push(`${scope.of} ${asked.length}: wanted at most ${ACCESS_REQUEST_SCOPE_MAX}, so that each can be refused`);
  if (OWN_PURPOSES.includes(purpose))
    faults.push(`purpose "${purpose}": wanted one of whoever asks, not of the person`);
  if (!rights.includes('view') && !rights.includes('text')) faults.push('rights: wanted seeing it among them');
  const taking = rights.filter((right) => TAKING.includes(right));
  if (taking.length > 0 && asked.length > 1)
    faults.push(
      `rights "${taking.join(', ')}": wanted for one ${scope.of === 'categories' ? 'category' : 'record'} at a time`,
    );
  return [...faults, ...misleadingWords(why, purpose)];
}

function misleadingWords(why: string, purpose: Purpose): readonly string[] {
  const faults: string[] = [];
  const text = ` ${plain(why)} `;
  const found = (words: readonly string[]): string | undefined => words.find((word) => text.includes(word));
  const never = found(NEVER);
  if (never !== undefined) faults.push(`why "${never.trim()}": wanted a purpose that consents are for`);
  for (const [named, words] of NAMING) {
    const word = named === purpose ? undefined : found(words);
    if (word !== undefined) faults.push(`why "${word}": that is the purpose ${named}, wanted it asked for as such`);
  }
  const pressing = found(PRESSING);
  if (pressing !== undefined) faults.push(`why "${pressing}": wanted a question that can be answered with no`);
  const link = found(LINKS);
  if (link !== undefined) faults.push('why: wanted plain words, without links');
  return faults;
}

/** As it reads: letters that only look like others, and signs between letters, hide no word. */
const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f\u00ad\u200b-\u200d\u2060]/g, '')
    .toLowerCase()
    .replaceAll(/\s+/g, ' ');
