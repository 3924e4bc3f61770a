/** Keeps live observations waiting while a city learns its past: history that came after them would be too late to learn. */
import { HOUR_MS, MINUTE_MS } from '@cityward/kernel';

/** Without another batch of history for so long, it is taken to have been given up. */
export const HISTORY_PAUSE_MAX_MS = MINUTE_MS;

export class HistoryGate {
  #lastAt = 0;
  #open: { readonly done: Promise<void>; readonly end: () => void; timer: NodeJS.Timeout } | null = null;
  readonly #givenUp: () => void;

  /** @param givenUp called when history stops coming without having been saved */
  constructor(givenUp: () => void) {
    this.#givenUp = givenUp;
  }

  get running(): boolean {
    return this.#open !== null;
  }

  /** More history, whose first observation is of `at`; true when it begins, or begins again from an earlier time. */
  more(at: number): boolean {
    const begins = this.#open === null || at < this.#lastAt - HOUR_MS;
    if (this.#open) clearTimeout(this.#open.timer);
    const timer = setTimeout(() => {
      this.end();
      this.#givenUp();
    }, HISTORY_PAUSE_MAX_MS);
    timer.unref();
    if (this.#open) this.#open.timer = timer;
    else {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#open = { done: promise, end: resolve, timer };
    }
    return begins;
  }

  /** The last batch went up to `at`. */
  reached(at: number): void {
    this.#lastAt = at;
  }

  end(): void {
    if (!this.#open) return;
    clearTimeout(this.#open.timer);
    this.#open.end();
    this.#open = null;
  }

  async passed(): Promise<void> {
    while (this.#open) await this.#open.done;
  }
}
