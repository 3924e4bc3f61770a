/** What open views may take of one process. */

/** In all. */
export const VIEWS_MAX = 20_000;
export const VIEWS_PER_PERSON_MAX = 16;
/** Content that open views hold, encrypted, in all. */
export const HELD_MAX_BYTES = 256 * 1_048_576;
/** Given to a view and not used yet; the oldest makes room. */
export const NONCES_MAX = 24;
/** Given with an opening and with each renewal, beside the one that comes with each piece. */
export const NONCES_GIVEN = 6;
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
