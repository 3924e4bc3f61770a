/** Leases that are followed by the next before their pages ask: one sweep for all, never all of them in one turn. */
import * as limits from './limits.ts';
import type { OpenView } from './open-view.ts';

export interface PushingParts {
  readonly monotonic: () => number;
  /** How old a lease is when the next follows. */
  readonly afterMs: number;
  /** Judges the view and writes, both in this call; `false` where nothing may be pushed to anybody now. */
  readonly push: (view: OpenView) => boolean;
}

export class Pushing {
  readonly #parts: PushingParts;
  /** With when they are due, in that order: each is put in for the same time from then. */
  readonly #line = new Map<OpenView, number>();
  #looked = -Infinity;
  #isPushing = false;

  constructor(parts: PushingParts) {
    this.#parts = parts;
  }

  /** It has a lease from now. */
  lent(view: OpenView): void {
    this.#line.delete(view);
    this.#line.set(view, this.#parts.monotonic() + this.#parts.afterMs);
  }
  end(view: OpenView): void {
    this.#line.delete(view);
  }

  async push(): Promise<void> {
    if (this.#isPushing) return;
    this.#isPushing = true;
    try {
      await this.#pushDue();
    } finally {
      this.#isPushing = false;
    }
  }

  async #pushDue(): Promise<void> {
    const { monotonic, push } = this.#parts;
    const since = monotonic() - this.#looked;
    this.#looked = monotonic();
    const most = Math.ceil(this.#line.size * Math.min(1, since / limits.PUSH_SPREAD_MS));
    let pushed = 0;
    for (const [view, due] of this.#line) {
      if (due > monotonic() || pushed === most || !push(view)) return;
      // Whatever came of it: one to which nothing can be pushed holds up no other.
      if (this.#line.get(view) === due) this.lent(view);
      if (++pushed % limits.PUSHED_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
