/** What went wrong, as a page: in words of the reader, never in those of the program. */
import type { Refusal } from '@cityward/kernel';
import { markup, type Html } from './markup.ts';
import { linkButton } from './parts.ts';
import type { Answer, Visit } from './visit.ts';
import type { Words } from './words/index.ts';

type Kind = keyof Words['errors'] &
  ('notFound' | 'gone' | 'altered' | 'locked' | 'refused' | 'own' | 'late' | 'invalid' | 'away' | 'tooMany');

const KIND_OF_CODE: Readonly<Record<string, Kind>> = {
  TOO_MANY_ATTEMPTS: 'tooMany',
  CONTENT_ALTERED: 'altered',
  RECORD_BLIND: 'locked',
  FORM_NOT_OURS: 'late',
  ORIGIN_MISSING: 'late',
  ORIGIN_NOT_ALLOWED: 'late',
};
const KIND_OF: Readonly<Record<Refusal['kind'], Kind>> = {
  invalid: 'invalid',
  forbidden: 'refused',
  'not-found': 'notFound',
  conflict: 'invalid',
  gone: 'gone',
  'too-large': 'invalid',
  unavailable: 'away',
};
const STATUS: Readonly<Record<Kind, number>> = {
  notFound: 404,
  gone: 410,
  altered: 409,
  locked: 409,
  refused: 403,
  own: 403,
  late: 403,
  invalid: 400,
  away: 503,
  tooMany: 429,
};

export const kindOf = ({ kind, code }: Pick<Refusal, 'kind' | 'code'>): Kind => KIND_OF_CODE[code] ?? KIND_OF[kind];

/** Who came in by a link sees nothing and gives nothing: that is said, and what to do. */
export const cameByLink = ({ caller }: Pick<Visit, 'caller'>): boolean =>
  caller.principal.attributes['signedInBy'] === 'link';

/** To the page on which its key is used. */
export const toLocked = ({ words }: Pick<Visit, 'words'>): Html =>
  markup`<p>${linkButton('/private', words.errors.lockedOpen)}</p>`;

export function problemPage(visit: Pick<Visit, 'words' | 'caller'>, kind: Kind): Extract<Answer, { is: 'page' }> {
  const { errors } = visit.words;
  const why = errors[`${kind}Why`];
  // Nothing failed: there is no number to give to anybody.
  const rest = kind === 'locked' ? toLocked(visit) : markup`<p class="muted">${errors.number(visit.caller.id)}</p>`;
  return {
    is: 'page',
    status: STATUS[kind],
    title: errors[kind],
    main: markup`<h1>${errors[kind]}</h1><p class="lead">${why}</p>${rest}`,
  };
}

export function refusedPage(visit: Visit, refusal: Refusal): Extract<Answer, { is: 'page' }> {
  const kind = kindOf(refusal);
  const needsOwn = cameByLink(visit) && (kind === 'refused' || kind === 'notFound');
  return { ...problemPage(visit, needsOwn ? 'own' : kind), back: '/' };
}
