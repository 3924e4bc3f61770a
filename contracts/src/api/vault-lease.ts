/** Records that are open on a page: lent for seconds to the key of that page, piece by piece, and dark when the reason ends. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { Closed, Count, Id, OneOf, Time } from '../schema.ts';
import { PURPOSES, RECORD_MEDIA } from '../words.ts';
import { RECORD_VERSIONS_MAX } from './vault.ts';

/** For so long a page shows something without hearing from the city; also how long one that lost it stays lit. */
export const VIEW_LEASE_MS = 5_000;
/** Content in one piece; every piece is filled up to it, so that its size tells nothing. */
export const PIECE_BYTES = 16_384;
export const PROOF_MAX_CHARS = 1_024;

const Base64Url = (chars: number) => Type.String({ minLength: chars, maxLength: chars, pattern: '^[A-Za-z0-9_-]+$' });
/** A public key on P-256, its two numbers of 32 bytes. */
export const ViewerKey = Closed({
  kty: Type.Literal('EC'),
  crv: Type.Literal('P-256'),
  x: Base64Url(43),
  y: Base64Url(43),
});
export type ViewerKey = Static<typeof ViewerKey>;
const Proof = Type.String({ minLength: 1, maxLength: PROOF_MAX_CHARS });

export const ViewLease = Closed({
  /** Grows with each lease: which key a piece was encrypted under. */
  epoch: Count,
  /** Of AES-256-GCM. */
  key: Base64Url(43),
  /** From when the page asked. */
  leaseMs: Count,
  /** Each for one request. */
  nonces: Type.Array(Type.String(), { maxItems: 32 }),
  /** The city's time, which proofs are to name. */
  now: Time,
  /** Milliseconds since the view was opened, by a clock of the city that nobody sets. */
  age: Count,
});
export type ViewLease = Static<typeof ViewLease>;
/** On the stream that a page listens on, before it has to ask. */
export const PushedLease = Closed({
  epoch: Count,
  key: Base64Url(43),
  /** The age of the view at which it ends: whenever it arrives, it ends then. */
  until: Count,
  nonces: Type.Array(Type.String(), { maxItems: 32 }),
});
export type PushedLease = Static<typeof PushedLease>;
export const OpenedView = Closed({ view: Id, media: OneOf(RECORD_MEDIA), pages: Count, lease: ViewLease });
export type OpenedView = Static<typeof OpenedView>;
const OneView = Closed({ id: Id });

export const vaultLease = {
  openView: endpoint({
    name: 'openView',
    method: 'POST',
    path: '/api/views',
    action: 'askRecord',
    summary: 'Open a record on a page, for as long as policy and a consent let see it, bound to the key of that page',
    body: Closed({
      record: Id,
      version: Type.Optional(Type.Integer({ minimum: 1, maximum: RECORD_VERSIONS_MAX })),
      /** PATRQT, for oneself, without it. */
      purpose: Type.Optional(OneOf(PURPOSES)),
      /** Without it as text, which is a right of its own. */
      as: Type.Optional(OneOf(['text', 'pictures'] as const)),
      key: ViewerKey,
      proof: Proof,
    }),
    answer: OpenedView,
  }),
  renewView: endpoint({
    name: 'renewView',
    method: 'POST',
    path: '/api/views/:id/lease',
    action: 'askRecord',
    summary: 'The key for the next seconds of an open view, while the reason to see it stands',
    params: OneView,
    body: Closed({ proof: Proof }),
    answer: ViewLease,
  }),
  closeView: endpoint({
    name: 'closeView',
    method: 'POST',
    path: '/api/views/:id/close',
    action: 'askRecord',
    summary: 'Close an open view: its key is forgotten',
    params: OneView,
    body: Closed({ proof: Proof }),
    answer: Closed({}),
  }),
} as const;
