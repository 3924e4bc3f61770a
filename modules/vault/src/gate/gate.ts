/**
 * Is it sure that nothing comes back that was taken back or destroyed? Until then nobody sees anything. What was put back opens only
 * once a witness outside has signed a ledger that holds an entry made after the start: that signature cannot be an old one, and the
 * witness gives none to a ledger that is older than the newest it has seen. Or two officers say that it is so, by their keys.
 */
import { refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import { PUT_BACK, type PutBack } from '../domain/standing.ts';
import type { LedgerNeeds, WitnessSaid } from '../needs.ts';
import type { Bar } from '../viewing/deciding.ts';

export type GateState =
  | { readonly is: 'open'; readonly since: number; readonly by: OpenedBy; readonly names: readonly string[] }
  | { readonly is: 'closed'; readonly why: ClosedBecause };
/** `nobody`: it went on where it stopped, and the city has no witness. */
export type OpenedBy = 'nobody' | 'witness' | 'officers';
export type ClosedBecause =
  /** Not started yet, or being restored. */
  | { readonly is: 'working' }
  /** What lies on the disk cannot be opened; somebody must act. */
  | { readonly is: 'broken'; readonly fault: string }
  /** `putBack`: what was; `null` where it went on, and only the witnesses have not answered yet. */
  | { readonly is: 'waiting'; readonly putBack: PutBack | null; readonly hasWitness: boolean };

/** The same for everybody and about every record: it tells nothing of what there is. */
export const CLOSED_SENTENCE =
  'the records are closed until it is sure that nothing comes back that was taken back or destroyed; try again later';
const RETRY_AFTER_MS = 30_000;

export const closed = (what: string): Result<never, Refusal> => {
  const { error } = refuse('unavailable', 'VAULT_CLOSED', `${what}: ${CLOSED_SENTENCE}`);
  return { ok: false, error: { ...error, retryAfterMs: RETRY_AFTER_MS } };
};

/** For whoever operates it. */
export function stateInWords(state: GateState): string {
  if (state.is === 'open') return state.by === 'nobody' ? 'open' : `open, by the word of ${state.names.join(' and ')}`;
  const { why } = state;
  if (why.is === 'working') return 'closed: it is being started or restored';
  if (why.is === 'broken') return `closed: ${why.fault}`;
  const wants = why.hasWitness
    ? 'a witness has to sign the ledger as it is now, or two officers have to say that it is the newest'
    : 'two officers have to say that the ledger is the newest';
  return why.putBack === null ? `closed: ${wants}` : `closed, since ${PUT_BACK[why.putBack]}: ${wants}`;
}

export interface GateNeeds {
  readonly clock: Clock;
  readonly ledger: Pick<LedgerNeeds, 'witnesses' | 'onWitness'>;
  /** On disk when it resolves: the life counts as passed from then on. */
  readonly passed: (by: OpenedBy, names: readonly string[]) => Promise<void>;
  readonly onFault: (fault: unknown) => void;
}

export class Gate {
  readonly #needs: GateNeeds;
  #state: GateState = { is: 'closed', why: { is: 'working' } };
  #end: (() => void) | null = null;
  #isPassing = false;

  constructor(needs: GateNeeds) {
    this.#needs = needs;
  }

  get state(): GateState {
    return this.#state;
  }
  get isOpen(): boolean {
    return this.#state.is === 'open';
  }

  /** From this turn on nothing is handed out. */
  close(why: ClosedBecause): void {
    this.#end?.();
    this.#end = null;
    this.#state = { is: 'closed', why };
  }

  /** Nothing was put back, and there is nobody to ask. */
  open(): void {
    this.#become('nobody', []);
  }

  /** @param entry of the ledger, made after the start: a witness that signs it has seen this ledger as it is now */
  waitForWitness(entry: number, putBack: PutBack | null): void {
    const { ledger, onFault } = this.#needs;
    this.close({ is: 'waiting', putBack, hasWitness: ledger.witnesses().length > 0 });
    const look = (): void => {
      const names = ledger
        .witnesses()
        .filter((one) => hasSigned(one, entry))
        .map(({ name }) => name);
      if (names.length > 0) this.pass('witness', names).catch(onFault);
    };
    this.#end = ledger.onWitness(look);
    look();
  }

  /** Opens once that is written down; by whomever came first. */
  async pass(by: OpenedBy, names: readonly string[]): Promise<void> {
    if (this.#state.is === 'open' || this.#state.why.is !== 'waiting') return;
    const { why } = this.#state;
    if (this.#isPassing) return;
    this.#isPassing = true;
    // What cannot be written down now is tried again with the next word of anybody.
    await this.#needs.passed(by, names).finally(() => (this.#isPassing = false));
    // Closed for another reason meanwhile: that one stands.
    if (this.#state.is !== 'closed' || this.#state.why !== why) return;
    this.#end?.();
    this.#end = null;
    this.#become(by, names);
  }

  #become(by: OpenedBy, names: readonly string[]): void {
    this.#state = { is: 'open', since: this.#needs.clock(), by, names };
  }
}

const hasSigned = ({ state, cosigned }: WitnessSaid, entry: number): boolean =>
  state === 'agrees' && cosigned !== null && cosigned > entry;

/** Asked in the turn in which content is handed out, like every bar. */
export const gateBar =
  (gate: Pick<Gate, 'isOpen'>): Bar =>
  () =>
    gate.isOpen ? null : 'closed';
