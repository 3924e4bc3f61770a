/** Work about the same thing one after the other, work about others beside it. */
export type Lanes = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/** Work about several things: it has the turn of each, taken in one order, so that no two wait for each other. */
export function inLanes<T>(lanes: Lanes, keys: Iterable<string>, work: () => Promise<T>): Promise<T> {
  return [...new Set(keys)].sort().reduceRight<() => Promise<T>>((inner, key) => () => lanes(key, inner), work)();
}

export function createLanes(): Lanes {
  const last = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(work, work);
    const settled = turn
      .catch(() => undefined)
      .then(() => {
        if (last.get(key) === settled) last.delete(key);
      });
    last.set(key, settled);
    return turn;
  };
}
