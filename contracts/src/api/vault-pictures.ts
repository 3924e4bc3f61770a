/** Records drawn as pictures, for whoever may see and not have them; and whose copy a picture is. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { Closed, Count, Id, OneOf, OrNull, Time } from '../schema.ts';
import { PURPOSES } from '../words.ts';
import { RECORD_VERSIONS_MAX } from './vault.ts';

/** The pages of a record that is drawn. */
export const PICTURE_PAGES_MAX = 500;
/** Of a picture that is looked into for a mark. */
export const TRACED_MAX_BYTES = 12 * 1_048_576;
const BASE64_MAX_CHARS = Math.ceil(TRACED_MAX_BYTES / 3) * 4;
export const TRACED_MAX = 10;

/** Whose copy it is: who had the page before them, in which session, and by what reason. */
export const TracedCopy = Closed({
  mark: Id,
  /** An open view, or a sign-in by what stands for it. */
  session: Type.String({ maxLength: 128 }),
  person: Id,
  record: Id,
  subject: Id,
  /** Null where it was not by a consent. */
  consent: OrNull(Id),
  purpose: OneOf(PURPOSES),
  /** When that session first saw it. */
  at: Time,
});
export type TracedCopy = Static<typeof TracedCopy>;
export const PictureTrace = Closed({
  /** More than one where copies were put together; none where no mark is found that can be believed. */
  copies: Type.Array(TracedCopy, { maxItems: TRACED_MAX }),
  /** Among how many marks. */
  among: Count,
});
export type PictureTrace = Static<typeof PictureTrace>;

export const vaultPictures = {
  viewPage: endpoint({
    name: 'viewPage',
    method: 'GET',
    path: '/api/records/:id/pages/:page',
    action: 'askRecord',
    summary:
      'A page of a record as a picture with marks of who looks, for whom policy and a consent let see it; every look and every refusal is recorded',
    params: Closed({ id: Id, page: Type.String({ pattern: '^[1-9][0-9]{0,2}$' }) }),
    query: Closed({
      /** PATRQT, for oneself, without it. */
      purpose: Type.Optional(OneOf(PURPOSES)),
      version: Type.Optional(Type.Integer({ minimum: 1, maximum: RECORD_VERSIONS_MAX })),
    }),
    answer: Type.Unknown(),
  }),
  tracePicture: endpoint({
    name: 'tracePicture',
    method: 'POST',
    path: '/api/pictures/trace',
    action: 'tracePicture',
    summary: 'Whose copy is this picture of a record, by its hidden mark? That it was asked is recorded',
    body: Closed({
      /** PNG or JPEG, in base64. */
      picture: Type.String({ minLength: 4, maxLength: BASE64_MAX_CHARS, pattern: '^[A-Za-z0-9+/]+={0,2}$' }),
    }),
    bodyMaxBytes: BASE64_MAX_CHARS + 4_096,
    answer: PictureTrace,
  }),
} as const;
