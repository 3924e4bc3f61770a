/**
 * Has each checkpoint cosigned by the witnesses that the city named, beside all other work. What a witness signs extends the newest
 * that it has seen, so a log that went back, or forked, gets no signature any more, and that is said.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '@cityward/log';
import { replaceFile } from './files.ts';
import type { Published } from './open-log.ts';
import { askWitness, type WitnessAnswer, type WitnessSettings } from './witness-call.ts';

export const WITNESSES_MAX = 20;
/** Between two questions to one witness under load: a witness sees every second what was signed several times. */
const REST_MS = 1_000;
const RETRY_FIRST_MS = 1_000;
const RETRY_LAST_MS = 60_000;
/** Answers to one checkpoint, each naming another size: more, and somebody else feeds it this log too. */
const TRIES_MAX = 4;

export type WitnessState = 'not-asked' | 'agrees' | 'silent' | 'ahead' | 'contradicts';
export interface WitnessStatus {
  readonly name: string;
  readonly url: string;
  readonly state: WitnessState;
  /** Entries under the newest checkpoint that it cosigned, asked since this start. */
  readonly cosigned: number | null;
  /** By its own clock, seconds since 1970. */
  readonly at: number | null;
  /** Entries that it has seen, where those are more than the log has. */
  readonly seen: number | null;
  /** Why it is silent. */
  readonly fault: string | null;
}

export interface WitnessesNeeds {
  readonly witnesses: readonly WitnessSettings[];
  /** Where the newest cosigned checkpoint is kept. */
  readonly path: string;
  /** The newest checkpoint. */
  readonly published: () => Published;
  readonly prove: (oldSize: number, size: number) => Promise<readonly Uint8Array[]>;
  readonly log: Log;
}

interface One {
  readonly settings: WitnessSettings;
  status: WitnessStatus;
  /** What it has seen last, as far as we know. */
  size: number;
  /** The signed checkpoint, and the line below it. */
  held: { readonly note: string; readonly line: string } | null;
  running: Promise<void> | null;
}

export class Witnesses {
  readonly #needs: WitnessesNeeds;
  readonly #all: readonly One[];
  readonly #stopping = new AbortController();
  readonly #listeners = new Set<() => void>();
  /** From before this start. */
  #kept: string | null = null;
  #keeping: Promise<void> = Promise.resolve();

  constructor(needs: WitnessesNeeds) {
    this.#needs = needs;
    this.#all = needs.witnesses.map((settings) => ({
      settings,
      size: 0,
      held: null,
      running: null,
      status: {
        name: settings.key.name,
        url: settings.url,
        ...{ state: 'not-asked', cosigned: null, at: null, seen: null, fault: null },
      },
    }));
  }

  start(): void {
    try {
      if (this.#all.length > 0) this.#kept = readFileSync(this.#needs.path, 'utf8');
    } catch {
      // None was cosigned yet.
    }
    this.poke();
  }

  /** To be called after each checkpoint; waits for nothing. */
  poke(): void {
    if (this.#stopping.signal.aborted) return;
    for (const one of this.#all) one.running ??= this.#run(one).finally(() => (one.running = null));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#all.map(({ running }) => running));
    await this.#keeping;
  }

  status(): readonly WitnessStatus[] {
    return this.#all.map(({ status }) => status);
  }

  /** Called whenever a witness has said something new. */
  onAnswer(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The checkpoint with the lines of those that cosigned this very one. */
  cosigned(note: string): string {
    return note + this.#all.flatMap(({ held }) => (held?.note === note ? [held.line] : [])).join('');
  }

  /** The newest checkpoint that a witness cosigned, with its lines; `null` for none. */
  newest(): string | null {
    const best = this.#all.reduce<One | null>(
      (before, one) => ((one.status.cosigned ?? -1) > (before?.status.cosigned ?? -1) ? one : before),
      null,
    );
    return best?.held ? this.cosigned(best.held.note) : this.#kept;
  }

  async #run(one: One): Promise<void> {
    const { signal } = this.#stopping;
    let waitMs = RETRY_FIRST_MS;
    while (!signal.aborted && one.held?.note !== this.#needs.published().text) {
      const isCosigned = await this.#ask(one);
      await delay(isCosigned ? REST_MS : waitMs, undefined, { signal, ref: false }).catch(() => undefined);
      waitMs = isCosigned ? RETRY_FIRST_MS : Math.min(waitMs * 2, RETRY_LAST_MS);
    }
  }

  async #ask(one: One): Promise<boolean> {
    const { size, text } = this.#needs.published();
    let answer: WitnessAnswer = { said: 'fault', why: 'it names another size with each answer' };
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      if (one.size > size) one.size = size;
      const proof = await this.#needs.prove(one.size, size);
      answer = await askWitness(one.settings, { oldSize: one.size, proof, note: text }, this.#stopping.signal);
      if (answer.said !== 'seen' || answer.size > size || answer.size === one.size) break;
      one.size = answer.size;
    }
    if (!this.#stopping.signal.aborted) this.#take(one, answer, { size, text });
    return answer.said === 'cosigned';
  }

  #take(...[one, answer, { size, text }]: readonly [One, WitnessAnswer, Pick<Published, 'size' | 'text'>]): void {
    const before = one.status;
    if (answer.said === 'cosigned') {
      const { line, time } = answer.cosignature;
      one.size = size;
      one.held = { note: text, line };
      one.status = { ...before, state: 'agrees', cosigned: size, at: time, seen: null, fault: null };
    } else one.status = { ...before, ...unsigned(answer, size) };
    if (answer.said === 'cosigned') this.#keep();
    if (one.status.state !== before.state) this.#tell(one.status, size);
    for (const listener of this.#listeners) listener();
  }

  /** A failure costs only what is shown after the next start. */
  #keep(): void {
    const { path, log } = this.#needs;
    this.#keeping = this.#keeping
      .then(() => replaceFile(path, this.newest() ?? '', 'content'))
      .catch((fault: unknown) => log.warn('the cosigned checkpoint was not kept', { fault: String(fault) }));
  }

  #tell({ name, state, seen, fault }: WitnessStatus, size: number): void {
    const { log } = this.#needs;
    if (state === 'silent') log.warn('a witness does not sign', { witness: name, fault });
    if (state === 'ahead') log.error('a witness has seen more than the ledger holds', { witness: name, seen, size });
    if (state === 'contradicts') log.error('a witness has seen another ledger than this one', { witness: name, size });
  }
}

function unsigned(
  answer: Exclude<WitnessAnswer, { said: 'cosigned' }>,
  size: number,
): Pick<WitnessStatus, 'state' | 'seen' | 'fault'> {
  if (answer.said === 'fault') return { state: 'silent', seen: null, fault: answer.why };
  if (answer.said === 'seen' && answer.size > size) return { state: 'ahead', seen: answer.size, fault: null };
  // Of one size with what it has seen, and still not signed: another tree.
  return { state: 'contradicts', seen: null, fault: null };
}

/** What /health has to say. */
export function witnessNotes(all: readonly WitnessStatus[], size: number): string[] {
  return all.flatMap(({ name, state, seen, fault }) => {
    if (state === 'silent') return [`The witness ${name} does not sign: ${fault}`];
    if (state === 'ahead')
      return [
        `The witness ${name} has seen ${seen} entries of the ledger, which holds ${size}: its files are older ones. Restore the newest copy`,
      ];
    if (state === 'contradicts')
      return [
        `The witness ${name} has seen another ledger than this one: entries were changed or taken out. Restore the newest copy`,
      ];
    return [];
  });
}
