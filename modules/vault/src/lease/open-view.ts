/** One record that is open on one page. */
import { randomBytes, type KeyObject } from 'node:crypto';
import type { PushedLease, RecordMedia } from '@cityward/contracts';
import type { Held } from '../viewing/viewing.ts';
import { NONCES_MAX } from './limits.ts';
import { cutPieces, holdPiece } from './pieces.ts';
import { drawn } from './random-stock.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;

/** What is to be seen, page by page. */
export interface Showable {
  readonly media: RecordMedia;
  readonly pages: number;
  /** Asked for each page once at most; whoever gets it overwrites it. */
  page(page: number): Promise<Buffer>;
  readonly held: Held;
}
/** Who asks, as the listener found it. */
export interface Asker {
  readonly person: string;
  /** What stands for the sign-in, not its token. */
  readonly signIn: string;
  readonly address: string;
}
/** Where a page hears that it is lit for longer, and that it is to go dark. */
export interface PageStream {
  dark(): void;
  beat(): void;
  lease(next: PushedLease): void;
  /** Whether what was sent on it was taken. */
  isClear(): boolean;
  /** Whether whoever opened it has still signed in, and may still ask. */
  isSignedIn(): boolean;
}
/** Where one piece goes. */
export interface PieceSink {
  send(body: Buffer, nonce: string): void;
  /** Drops what has not left this process. */
  drop(): void;
  onGone(listener: () => void): void;
}
export interface Lease {
  readonly key: Buffer;
  readonly epoch: number;
  /** By the monotonic clock. */
  readonly until: number;
}
export interface Opening {
  readonly id: string;
  readonly asker: Asker;
  readonly key: KeyObject;
  readonly record: string;
  readonly show: Showable;
  /** By the monotonic clock. */
  readonly openedAt: number;
  /** Told of each change of how much content this view holds. */
  readonly onHeld: (bytes: number) => void;
}

export class OpenView {
  readonly id: string;
  readonly asker: Asker;
  readonly key: KeyObject;
  readonly record: string;
  readonly show: Showable;
  readonly openedAt: number;
  readonly streams = new Set<PageStream>();
  readonly sending = new Set<PieceSink>();
  lease: Lease = { key: Buffer.alloc(0), epoch: 0, until: -Infinity };
  /** When its page last signed something, by the monotonic clock. */
  provenAt: number;
  isDark = false;
  #heldBytes = 0;
  readonly #onHeld: (bytes: number) => void;
  readonly #holdKey = randomBytes(KEY_BYTES);
  readonly #pages = new Map<number, Promise<readonly Buffer[]>>();
  /** Given, and not used yet. */
  readonly #nonces = new Set<string>();

  constructor({ id, asker, key, record, show, openedAt, onHeld }: Opening) {
    this.id = id;
    this.asker = asker;
    this.key = key;
    this.record = record;
    this.show = show;
    this.openedAt = this.provenAt = openedAt;
    this.#onHeld = onHeld;
  }

  /** The newest: one before it may be of a connection that is lost. */
  get stream(): PageStream | undefined {
    return [...this.streams].at(-1);
  }

  giveNonce(): string {
    if (this.#nonces.size >= NONCES_MAX) this.#nonces.delete(this.#nonces.values().next().value!);
    const nonce = drawn(NONCE_BYTES).toString('base64url');
    this.#nonces.add(nonce);
    return nonce;
  }
  useNonce(nonce: string): boolean {
    return this.#nonces.delete(nonce);
  }

  /** A key for the next seconds; that of the lease before opens nothing that is sent from now on. */
  renew(until: number): Lease {
    this.lease.key.fill(0);
    this.lease = { key: drawn(KEY_BYTES), epoch: this.lease.epoch + 1, until };
    return this.lease;
  }

  /** The page, cut and encrypted under a key of this view's own; `null` where there is none, or the view went dark meanwhile. */
  async pieces(page: number): Promise<readonly Buffer[] | null> {
    if (page >= this.show.pages) return null;
    let held = this.#pages.get(page);
    if (!held) this.#pages.set(page, (held = this.#hold(page)));
    const pieces = await held;
    return this.isDark ? null : pieces;
  }

  async #hold(page: number): Promise<readonly Buffer[]> {
    const content = await this.show.page(page);
    const cut = cutPieces(content);
    content.fill(0);
    // Dark by now: its key is overwritten, and what zeros encrypt is open to everybody.
    const held = this.isDark
      ? []
      : cut.map((plain, piece) => holdPiece(this.#holdKey, { view: this.id, page, piece }, plain));
    for (const plain of cut) plain.fill(0);
    this.#holds(held.reduce((sum, { length }) => sum + length, 0));
    return held;
  }

  #holds(more: number): void {
    this.#heldBytes += more;
    this.#onHeld(more);
  }

  get holdKey(): Buffer {
    return this.#holdKey;
  }

  /** Nothing is sent by it from this call on, and its pages hear of it. */
  goDark(): void {
    this.isDark = true;
    this.lease.key.fill(0);
    this.lease = { ...this.lease, until: -Infinity };
    this.#holdKey.fill(0);
    this.#pages.clear();
    this.#holds(-this.#heldBytes);
    this.#nonces.clear();
    for (const sink of [...this.sending]) sink.drop();
    for (const stream of [...this.streams]) stream.dark();
    this.sending.clear();
    this.streams.clear();
  }
}
