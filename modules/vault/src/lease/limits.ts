/** What open views may take of one process. */

/** In all. */
export const VIEWS_MAX = 20_000;
export const VIEWS_PER_PERSON_MAX = 16;
/** Content that open views hold, encrypted, in all. */
export const HELD_MAX_BYTES = 256 * 1_048_576;
/** Given to a view and not used yet; the oldest makes room. */
export const NONCES_MAX = 24;
/** Given with an opening and with each renewal that is asked for, beside the one that comes with each piece. */
export const NONCES_GIVEN = 6;
export const NONCES_PUSHED = 1;
/** What a proof's time may be off the city's. */
export const PROOF_TIME_MS = 5_000;
export const STREAMS_PER_VIEW_MAX = 2;
/** Ended leases are looked for so often; whether one has ended is asked by the clock, not by this. */
export const SWEEP_MS = 250;
/** Every open view is judged again so often, for what ends a reason without telling. */
export const REVIEW_MS = 1_000;
/** Judged in one turn, so that others have theirs. */
export const REVIEWED_PER_TURN = 250;
export const BEAT_MS = 15_000;
/** A lease so old is followed by the next on the stream of its page, which asks by itself only when it hears of none. */
export const PUSH_AFTER_MS = 2_000;
export const PUSH_TURN_MS = 50;
/** What fell due while this process stood still is pushed over so long. */
export const PUSH_SPREAD_MS = 1_000;
/** Pushed in one turn, so that others have theirs. */
export const PUSHED_PER_TURN = 100;
/** On a stream and not taken by the network yet: above it nothing more is lent on it. */
export const STREAM_WAITING_MAX_BYTES = 4_096;
/** Nothing more is pushed to a page that has signed nothing for so long: its view ends a lease later. */
export const PROVEN_MS = 60_000;
