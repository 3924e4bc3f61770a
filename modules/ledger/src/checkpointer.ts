/** Signs what is durable, at once when idle and a few times a second under load. */
import { setTimeout as delay } from 'node:timers/promises';

/** Between two signatures under load. */
export const CHECKPOINT_INTERVAL_MS = 200;
const RETRY_MS = 1_000;

export interface CheckpointerNeeds {
  /** Entries that could be signed now. */
  durable(): number;
  /** Entries under the newest published checkpoint. */
  published(): number;
  /** Publishes a checkpoint over everything durable. */
  publish(): Promise<void>;
  onFault(error: unknown): void;
}

export class Checkpointer {
  readonly #needs: CheckpointerNeeds;
  #running: Promise<void> | null = null;
  #rest: AbortController | null = null;
  #stopping = false;
  #waiters: { size: number; resolve: () => void; reject: (error: unknown) => void }[] = [];

  constructor(needs: CheckpointerNeeds) {
    this.#needs = needs;
  }

  /** To be called after each durable group. */
  poke(): void {
    if (!this.#stopping) this.#running ??= this.#run();
  }

  /** Resolves when a published checkpoint covers `size` entries. */
  covered(size: number): Promise<void> {
    if (this.#needs.published() >= size) return Promise.resolve();
    if (this.#stopping) return Promise.reject(new Error('wait for a checkpoint: the ledger is stopping'));
    return new Promise((resolve, reject) => {
      this.#waiters.push({ size, resolve, reject });
      this.poke();
    });
  }

  /** Publishes what is left and ends. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#rest?.abort();
    await this.#running;
    if (this.#needs.durable() > this.#needs.published()) await this.#needs.publish();
    this.#answer();
    for (const { reject } of this.#waiters) reject(new Error('wait for a checkpoint: the ledger has stopped'));
    this.#waiters = [];
  }

  async #run(): Promise<void> {
    // So that `#running` is set before this can end.
    await Promise.resolve();
    while (!this.#stopping && this.#needs.durable() > this.#needs.published()) {
      let pause = CHECKPOINT_INTERVAL_MS;
      try {
        await this.#needs.publish();
        this.#answer();
      } catch (error) {
        this.#needs.onFault(error);
        pause = RETRY_MS;
      }
      this.#rest = new AbortController();
      await delay(pause, undefined, { signal: this.#rest.signal }).catch(() => undefined);
      this.#rest = null;
    }
    this.#running = null;
  }

  #answer(): void {
    const published = this.#needs.published();
    const due = this.#waiters.filter((waiter) => waiter.size <= published);
    this.#waiters = this.#waiters.filter((waiter) => waiter.size > published);
    for (const { resolve } of due) resolve();
  }
}
