/** How the verbs write a time: by UTC, whoever reads it. */

/** `2027-03-01`. */
export const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
/** `2027-03-01 14:07`. */
export const moment = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');
