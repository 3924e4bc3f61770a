/** Whether some people are enough, and different enough, that nobody among them stands out. */

export interface Rule {
  /** People who cannot be told apart, at least. */
  readonly k: number;
  /** Different values of each sensitive column among them, at least. */
  readonly l: number;
}
export const K_MIN = 5;
export const L_MIN = 2;
/** Of people who cannot be told apart, the most that may share one sensitive value: more, and it is as good as known of each. */
export const SHARE_MAX = 0.75;

/** @param sensitive by column, then by row */
export function isCrowd(people: readonly number[], sensitive: readonly Int32Array[], { k, l }: Rule): boolean {
  return people.length >= k && sensitive.every((codes) => isDiverse(people, codes, l));
}

function isDiverse(people: readonly number[], codes: Int32Array, l: number): boolean {
  const counts = new Map<number, number>();
  let most = 0;
  for (const one of people) {
    const count = (counts.get(codes[one]!) ?? 0) + 1;
    counts.set(codes[one]!, count);
    most = Math.max(most, count);
  }
  return counts.size >= l && most <= people.length * SHARE_MAX;
}
