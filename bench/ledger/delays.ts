/** How long it takes from asking until a published checkpoint covers what was asked. */
import type { Ledger } from '@cityward/ledger';

export interface Delays {
  /** To be called when an append that began at `began` was answered and holds the entry `last`. */
  note(began: number, last: number): void;
  /** Milliseconds, ascending. */
  stop(): number[];
}

/** Watches the ledger's checkpoints; every noted append gives one delay. */
export function watchDelays(ledger: Ledger): Delays {
  const delays: number[] = [];
  let waiting: { readonly began: number; readonly last: number }[] = [];
  let published = ledger.status().size;
  const end = ledger.onCheckpoint(({ size }) => {
    const now = performance.now();
    published = size;
    const later: typeof waiting = [];
    for (const one of waiting) {
      if (one.last < size) delays.push(now - one.began);
      else later.push(one);
    }
    waiting = later;
  });
  return {
    note: (began, last) => {
      if (last < published) delays.push(performance.now() - began);
      else waiting.push({ began, last });
    },
    stop: () => {
      end();
      return delays.sort((a, b) => a - b);
    },
  };
}

export const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
