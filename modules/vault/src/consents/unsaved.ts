/**
 * Consents that are taken back and that SQL does not know of yet. The journal has them and they are confirmed; what SQL says of them
 * until then is not so, and whoever reads it puts this over it.
 */
import type { Saver } from '@cityward/journal';
import type { Tx } from '@cityward/sql';
import type { StoredConsent } from './consent-store.ts';
import type { Taken } from './recording.ts';

export class Unsaved {
  readonly #taken = new Map<string, Taken>();
  readonly #saving = new Map<string, Promise<void>>();
  readonly #reads = new Set<Promise<unknown>>();

  has(id: string): boolean {
    return this.#taken.has(id);
  }

  save(saver: Saver, taken: Taken, work: (tx: Tx) => Promise<void>): void {
    this.#taken.set(taken.id, taken);
    const saving = saver.save(work, () => {
      // What was asked of SQL before may come back after it, as it was.
      void Promise.allSettled(this.#reads).then(() => {
        if (this.#taken.get(taken.id) === taken) this.#taken.delete(taken.id);
      });
    });
    this.#saving.set(taken.id, saving);
    void saving.then(() => {
      if (this.#saving.get(taken.id) === saving) this.#saving.delete(taken.id);
    });
  }

  /** Resolves once SQL has it, or has failed it for the first time. */
  async settled(id: string): Promise<void> {
    await this.#saving.get(id);
  }

  /** What SQL answers, with what it does not know yet. */
  async over<Answer extends StoredConsent | null | readonly StoredConsent[]>(read: Promise<Answer>): Promise<Answer> {
    this.#reads.add(read);
    try {
      const answer: StoredConsent | null | readonly StoredConsent[] = await read;
      return (isMany(answer) ? answer.map((one) => this.#asTaken(one)) : answer && this.#asTaken(answer)) as Answer;
    } finally {
      this.#reads.delete(read);
    }
  }

  #asTaken(consent: StoredConsent): StoredConsent {
    const taken = this.#taken.get(consent.grant.id);
    if (!taken) return consent;
    return { ...consent, grant: { ...consent.grant, state: { is: 'taken-back', at: taken.at, by: taken.by } } };
  }
}

const isMany = (answer: StoredConsent | null | readonly StoredConsent[]): answer is readonly StoredConsent[] =>
  Array.isArray(answer);
