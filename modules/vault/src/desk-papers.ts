/** Categories of what the vault's own desk writes about a person: sealed like the rest, and no part of what others see of them. */

/** Why glass was broken, in words. */
export const GLASS_PAPERS = 'emergency-reasons';
/** What was asked for by law and answered, in words. */
export const REQUEST_PAPERS = 'requests';
export const DESK_PAPERS: ReadonlySet<string> = new Set([GLASS_PAPERS, REQUEST_PAPERS]);
