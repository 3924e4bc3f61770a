/**
 * The records that are open on pages. Each is lent for seconds to the key of its page: whatever is sent is judged again right before
 * it is sent, and when its reason ends the page is told, its pieces are dropped and its key is forgotten.
 */
import { randomBytes } from 'node:crypto';
import { VIEW_LEASE_MS, type OpenedView, type ViewerKey, type ViewLease } from '@cityward/contracts';
import { isoTime, millis, ok, refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Basis, Look } from '../viewing/deciding.ts';
import * as limits from './limits.ts';
import { OpenView, type Asker, type PageStream, type PieceSink, type Showable } from './open-view.ts';
import { sendPiece } from './pieces.ts';
import { checkProof, viewerKey, type ProofCheck, type ProofFault } from './proof.ts';
import { Pushing } from './pushing.ts';

/** What changed, as far as that is known; nothing known: everything open is judged again. */
export interface Changed {
  readonly subject?: string;
  readonly record?: string;
  readonly consent?: string;
}
export interface ViewsParts {
  readonly clock: Clock;
  /** Milliseconds that only grow, whatever somebody does to the clock. */
  readonly monotonic: () => number;
  /** Of this start of this process; views of another are not known here. */
  readonly incarnation: string;
  /** May this process serve at this moment? */
  readonly mayServe: () => boolean;
  /** Decided, counted, recorded, opened: the one way to content. */
  readonly show: (look: Look, view: string) => Promise<Result<Showable, Refusal>>;
  readonly checkProof?: ProofCheck;
  readonly perPersonMax?: number;
  readonly pushAfterMs?: number;
}
export interface OpenAsk {
  readonly look: Look;
  readonly key: ViewerKey;
  readonly proof: string;
  readonly asker: Asker;
  readonly path: string;
}
/** On this consent, or on one that was handed on from it. */
const restsOn = ({ consent, after }: Basis['data'], changed: string | undefined): boolean =>
  changed !== undefined && (consent === changed || (Array.isArray(after) && after.includes(changed)));
/** A request about an open view. */
export interface ViewAsk {
  readonly view: string;
  readonly proof: string;
  readonly asker: Asker;
  readonly method: string;
  readonly path: string;
}
export interface PieceAsk extends ViewAsk {
  readonly page: number;
  readonly piece: number;
}

export class Views {
  readonly #parts: ViewsParts;
  readonly #open = new Map<string, OpenView>();
  readonly #perPerson = new Map<string, number>();
  /** Asked for, and not lent yet. */
  readonly #opening = new Set<{ readonly signIn: string; isOver: boolean }>();
  readonly #pushing: Pushing;
  #heldBytes = 0;
  #timers: NodeJS.Timeout[] = [];

  constructor(parts: ViewsParts) {
    this.#parts = parts;
    const { monotonic, pushAfterMs = limits.PUSH_AFTER_MS } = parts;
    this.#pushing = new Pushing({ monotonic, afterMs: pushAfterMs, push: (view) => this.#push(view) });
  }

  get size(): number {
    return this.#open.size;
  }

  start(): void {
    this.#timers = [
      setInterval(() => this.sweep(), limits.SWEEP_MS).unref(),
      setInterval(() => void this.#reviewAll(), limits.REVIEW_MS).unref(),
      setInterval(() => this.#beat(), limits.BEAT_MS).unref(),
      setInterval(() => void this.push(), limits.PUSH_TURN_MS).unref(),
    ];
  }
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const view of [...this.#open.values()]) this.#darken(view);
  }

  async open({ look, key: jwk, proof, asker, path }: OpenAsk): Promise<Result<OpenedView, Refusal>> {
    const key = viewerKey(jwk);
    if (!key) return refuse('invalid', 'VIEW_KEY_NOT_VALID', 'open a view: its key is no point of P-256');
    const proved = this.#check(proof, key, { method: 'POST', path, now: this.#parts.clock() });
    if (!proved.ok) return proofRefused(proved.fault, this.#parts.clock());
    if (!this.#parts.mayServe()) return notServing();
    const { person } = asker;
    const own = this.#perPerson.get(person) ?? 0;
    if (own >= (this.#parts.perPersonMax ?? limits.VIEWS_PER_PERSON_MAX) || this.#isFull())
      return refuse('unavailable', 'VIEWS_FULL', 'open a view: close one of those that are open first');
    this.#perPerson.set(person, own + 1);
    const opening = { signIn: asker.signIn, isOver: false };
    this.#opening.add(opening);
    let view: OpenView | null = null;
    try {
      const id = `view-${this.#parts.incarnation}-${randomBytes(16).toString('hex')}`;
      const show = await this.#parts.show(look, id);
      if (!show.ok) return show;
      const onHeld = (bytes: number): void => void (this.#heldBytes += bytes);
      const openedAt = this.#parts.monotonic();
      view = new OpenView({ id, asker, key, record: look.record, show: show.value, openedAt, onHeld });
      return this.#lend(view, opening);
    } finally {
      this.#opening.delete(opening);
      if (!view || view.isDark) this.#leave(person);
    }
  }

  #lend(view: OpenView, { isOver }: { readonly isOver: boolean }): Result<OpenedView, Refusal> {
    // It took a while to open: what ended meanwhile is not lent.
    if (isOver || !this.#parts.mayServe() || view.show.held.against() !== null) {
      view.goDark();
      return viewOver();
    }
    this.#open.set(view.id, view);
    const { media, pages } = view.show;
    return ok({ view: view.id, media, pages, lease: this.#answered(view) });
  }

  renew(ask: ViewAsk): Result<ViewLease, Refusal> {
    const met = this.#meet(ask);
    if (!met.ok) return met;
    if (!this.#parts.mayServe()) return notServing();
    return ok(this.#answered(met.value));
  }

  #answered(view: OpenView): ViewLease {
    const now = this.#parts.clock();
    const age = this.#parts.monotonic() - view.openedAt;
    const { leaseMs, ...lease } = this.#renew(view, limits.NONCES_GIVEN);
    // A page counts what is pushed from here: never later than it is.
    return { ...lease, leaseMs, now, age: Math.ceil(age) };
  }

  /** The next leases of pages that listen; runs by itself. */
  push(): Promise<void> {
    return this.#pushing.push();
  }
  /** What a renewal asks is asked here too, in the turn in which the lease is written. */
  #push(view: OpenView): boolean {
    if (!this.#parts.mayServe()) return false;
    const { stream } = view;
    if (!stream) return true;
    if (!this.#stands(view) || !stream.isSignedIn()) this.#darken(view);
    if (view.isDark || !this.#isProven(view) || !stream.isClear()) return true;
    const { epoch, key, nonces } = this.#renew(view, limits.NONCES_PUSHED);
    stream.lease({ epoch, key, nonces, until: Math.max(0, Math.floor(view.lease.until - view.openedAt)) });
    return true;
  }
  #isProven({ provenAt }: OpenView): boolean {
    return this.#parts.monotonic() - provenAt < limits.PROVEN_MS;
  }

  #renew(view: OpenView, count: number): Pick<ViewLease, 'epoch' | 'key' | 'leaseMs' | 'nonces'> {
    const { until } = view.show.held;
    // What ends by itself ends on the page too, to the millisecond.
    const leaseMs = Math.max(0, until === null ? VIEW_LEASE_MS : Math.min(VIEW_LEASE_MS, until - this.#parts.clock()));
    const { key, epoch } = view.renew(this.#parts.monotonic() + leaseMs);
    this.#pushing.lent(view);
    const nonces = Array.from({ length: count }, () => view.giveNonce());
    return { epoch, key: key.toString('base64url'), leaseMs, nonces };
  }

  close(ask: ViewAsk): Result<Record<never, never>, Refusal> {
    const met = this.#meet(ask);
    if (!met.ok) return met;
    this.#darken(met.value);
    return ok({});
  }

  /** What writes the piece, to be called when it is to be written: it looks once more. */
  async piece(ask: PieceAsk): Promise<Result<(sink: PieceSink) => void, Refusal>> {
    const met = this.#meet(ask);
    if (!met.ok) return met;
    const view = met.value;
    const pieces = await view.pieces(ask.page);
    const held = pieces?.[ask.piece];
    if (!held)
      return view.isDark
        ? viewOver()
        : refuse('not-found', 'PIECE_UNKNOWN', `piece "${ask.piece}" of page "${ask.page}": there is none`);
    return ok((sink) => this.#send(view, { held, page: ask.page, piece: ask.piece }, sink));
  }

  #send(
    ...[view, { held, page, piece }, sink]: readonly [
      OpenView,
      { readonly held: Buffer; readonly page: number; readonly piece: number },
      PieceSink,
    ]
  ): void {
    if (!this.#parts.mayServe() || !this.#stands(view)) return sink.drop();
    const place = { view: view.id, page, piece };
    const body = sendPiece({ key: view.holdKey, bytes: held }, view.lease, place);
    view.sending.add(sink);
    sink.onGone(() => view.sending.delete(sink));
    sink.send(body, view.giveNonce());
  }

  /** The page's own ear: it hears its next leases, and when it is to go dark. */
  listen(ask: ViewAsk): Result<(stream: PageStream) => () => void, Refusal> {
    const met = this.#meet(ask);
    if (!met.ok) return met;
    const view = met.value;
    if (view.streams.size >= limits.STREAMS_PER_VIEW_MAX)
      return refuse('unavailable', 'VIEW_STREAMS_FULL', 'listen to a view: close the stream that is open first');
    return ok((stream) => {
      if (view.isDark) stream.dark();
      else view.streams.add(stream);
      return () => view.streams.delete(stream);
    });
  }

  /** Something changed: what it was the reason for goes dark in this call. */
  review(changed: Changed): void {
    const { subject, record, consent } = changed;
    const isNamed = subject !== undefined || record !== undefined || consent !== undefined;
    for (const view of this.#open.values()) {
      const { held } = view.show;
      const isMeant = held.subject === subject || view.record === record || restsOn(held.basis, consent);
      if ((!isNamed || isMeant) && held.against() !== null) this.#darken(view);
    }
  }

  /** Is any of it open, and so held here? */
  holds(record: string): boolean {
    return [...this.#open.values()].some((view) => view.record === record);
  }
  forget(record: string): void {
    for (const view of this.#open.values()) if (view.record === record) this.#darken(view);
  }

  /** Signed out, or the sign-in has ended. */
  endSignIn(signIn: string): void {
    for (const opening of this.#opening) if (opening.signIn === signIn) opening.isOver = true;
    for (const view of this.#open.values()) if (view.asker.signIn === signIn) this.#darken(view);
  }

  /** Forgets the keys of leases that nobody renewed. */
  sweep(): void {
    const now = this.#parts.monotonic();
    for (const view of this.#open.values()) if (view.lease.until <= now) this.#darken(view);
  }

  async #reviewAll(): Promise<void> {
    let judged = 0;
    for (const view of [...this.#open.values()]) {
      if (!view.isDark && view.show.held.against() !== null) this.#darken(view);
      if (++judged % limits.REVIEWED_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }
  #beat(): void {
    for (const { streams } of this.#open.values()) for (const stream of streams) stream.beat();
  }

  /** Asked before anything is answered, and again right before anything is sent. */
  #stands(view: OpenView): boolean {
    if (view.isDark) return false;
    return view.lease.until > this.#parts.monotonic() && view.show.held.against() === null;
  }

  /** The view, for whom it was opened: the same person, sign-in, address and key, by a proof that was never seen before. */
  #meet({ view: id, proof, asker, method, path }: ViewAsk): Result<OpenView, Refusal> {
    const view = this.#open.get(id);
    if (view?.asker.person !== asker.person) return viewOver();
    if (view.asker.signIn !== asker.signIn) return viewOver();
    if (view.asker.address !== asker.address) return viewOver();
    const proved = this.#check(proof, view.key, { method, path, now: this.#parts.clock() });
    if (!proved.ok) return proofRefused(proved.fault, this.#parts.clock());
    if (!view.useNonce(proved.nonce)) return proofRefused('used', this.#parts.clock());
    if (!this.#stands(view)) {
      this.#darken(view);
      return viewOver();
    }
    view.provenAt = this.#parts.monotonic();
    return ok(view);
  }

  #check(...given: Parameters<ProofCheck>): ReturnType<ProofCheck> {
    return (this.#parts.checkProof ?? checkProof)(...given);
  }

  #darken(view: OpenView): void {
    if (!this.#open.delete(view.id)) return;
    this.#pushing.end(view);
    this.#leave(view.asker.person);
    view.goDark();
  }
  #leave(person: string): void {
    const left = (this.#perPerson.get(person) ?? 1) - 1;
    if (left > 0) this.#perPerson.set(person, left);
    else this.#perPerson.delete(person);
  }
  #isFull(): boolean {
    return this.#open.size + this.#opening.size >= limits.VIEWS_MAX || this.#heldBytes >= limits.HELD_MAX_BYTES;
  }
}

/** One answer for all that are not open to whoever asks. */
const viewOver = (): Result<never, Refusal> =>
  refuse('gone', 'VIEW_OVER', 'see an open view: it is over, wanted one that is open on this page');
const notServing = (): Result<never, Refusal> =>
  refuse('unavailable', 'VAULT_NOT_SERVING', 'see a record: this part of the city is cut off from the rest, try again');
/** Says what time it is here, so that a page whose machine has it wrong asks once more. */
const proofRefused = (fault: ProofFault | 'used', now: number): Result<never, Refusal> => ({
  ok: false,
  error: {
    kind: 'forbidden',
    code: 'VIEW_PROOF_REFUSED',
    message: `see a record: the proof of the page is refused (${fault})`,
    details: [isoTime(millis(now))],
  },
});
