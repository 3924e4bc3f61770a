/** Which of two firmware versions is newer: the rule behind "every other downgrade is refused". */

/** Words that mean "before the version they follow": 2.0-rc1 comes before 2.0. */
const BEFORE = new Set(['dev', 'snapshot', 'nightly', 'pre', 'preview', 'alpha', 'beta', 'rc']);

/**
 * Negative when `a` is older, 0 when they say the same, positive when newer. Runs of digits compare as numbers, runs of letters as
 * text, digits are newer than letters, more parts are newer than fewer, but for words such as `rc`. A total order, so that no
 * spelling is "not comparable" and slips through.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const order = comparePart(left[at], right[at]);
    if (order !== 0) return order;
  }
  return 0;
}

const partsOf = (version: string): string[] => version.toLowerCase().match(/[0-9]+|[a-z]+/g) ?? [];
const isNumber = (part: string): boolean => part >= '0' && part < ':';

/** Ranks from old to new: a word that means before, the end, other letters, digits. */
function rankOf(part: string | undefined): number {
  if (part === undefined) return 1;
  if (isNumber(part)) return 3;
  return BEFORE.has(part) ? 0 : 2;
}

function comparePart(a: string | undefined, b: string | undefined): number {
  const ranks = rankOf(a) - rankOf(b);
  if (ranks !== 0 || a === undefined || b === undefined) return ranks;
  if (!isNumber(a)) return a < b ? -1 : a > b ? 1 : 0;
  // As text after the leading zeroes: a number of 60 digits is not rounded.
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}
