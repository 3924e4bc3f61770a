/**
 * A record open on a page, as a browser runs it: makes a key that cannot be taken out of it, signs each request with it, hears on a
 * stream that it may show the record for a few seconds more while the reason to see it stands, asks where it hears nothing, shows
 * once a minute that it has its key, and forgets everything when it hears that it is to, or hears no more.
 * It imports nothing but its other part, and is served with it as it is, as one script.
 */
import { answerOf, bytesOf, post, proofOf, timeIn, ViewRefused, type Carrier, type CityTime } from './client-asking.ts';

export { ViewRefused };

/** What a page needs of whatever it runs in. */
export interface ViewEnvironment extends Carrier {
  /** Called once, after the key was dropped: whatever shows the content takes it away now. */
  onDark(why: DarkWhy): void;
}
/** `told`: the city said so. `unheard`: nobody renewed it in time. `closed`: by the page itself. */
export type DarkWhy = 'told' | 'unheard' | 'closed';
export interface ViewWish {
  readonly record: string;
  readonly purpose?: string;
  readonly version?: number;
  /** `pictures`: each page a JPEG with marks of who looks; without it as text, which is a right of its own. */
  readonly as?: 'text' | 'pictures';
}
export interface OpenedPage {
  readonly media: string;
  readonly pages: number;
  readonly isDark: boolean;
  /** The content of a page, in the clear. Rejects once it is dark. */
  page(page: number): Promise<Uint8Array>;
  /** The lease is looked at by this page's own clocks: after a sleep, timers come late. */
  look(): void;
  close(): Promise<void>;
}
interface Lent {
  readonly epoch: number;
  readonly key: string;
  readonly nonces: readonly string[];
}
interface LeaseAnswer extends Lent {
  readonly leaseMs: number;
  readonly now: number;
  /** Of the view, by a clock of the city that nobody sets. */
  readonly age: number;
}
interface PushedLease extends Lent {
  /** The age at which it ends. */
  readonly until: number;
}
interface OpenAnswer {
  readonly view: string;
  readonly media: string;
  readonly pages: number;
  readonly lease: LeaseAnswer;
}
interface HeldKey {
  readonly epoch: number;
  readonly key: Uint8Array<ArrayBuffer>;
}

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const CIPHER = 'AES-GCM';
const EPOCH_BYTES = 4;
const NONCE_BYTES = 12;
const HEAD_BYTES = 8;
/** Of a lease that is left when the next one is asked for; less of it where leases come by themselves. */
const ASK_AT = 0.5;
const ASK_AT_HEARD = 0.3;
const RETRY_MS = 400;
/** A stream that was refused is asked for again after so long. */
const LISTEN_AGAIN_MS = 2_000;
/** No answer is waited for longer. */
const ANSWER_MS = 4_000;
/** How long the city is left without a sign of the key, however well it is heard: no two pages are to show theirs in step. */
export const PROVE_AFTER_MS = 40_000;
const PROVE_WITHIN_MS = 10_000;
/** The age of a view is counted from what was told within them. */
const COUNTED_FROM_MS = 120_000;
/** As many as the city keeps for one view. */
const NONCES_MAX = 24;
/** Of this lease and the one before: a piece may be on its way under it. */
const KEYS_HELD = 2;
const DARK_EVENT = 'event: dark';
const LEASE_EVENT = 'event: lease\ndata: ';
const EVENT_MAX_CHARS = 4_096;
const PIECES_AT_ONCE = 4;
/** A lost answer takes its nonce with it: a piece is asked for so often in all. */
const TRIES_MAX = 3;

/** By both clocks of this machine: one of them stands still while it sleeps, the other can be set. */
interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}
const momentNow = (): Moment => ({ monotonic: performance.now(), wall: Date.now() });
/** When this page asked, and an age that the view had not passed by then. */
interface Count {
  readonly at: Moment;
  readonly age: number;
}
/** A quick answer tells the age better than a slow one; of two machines' clocks one is fast, and an old count is off. */
function surer(old: Count, next: Count): Count {
  const isOld = next.at.monotonic - old.at.monotonic > COUNTED_FROM_MS;
  return isOld || next.at.monotonic - next.age >= old.at.monotonic - old.age ? next : old;
}
const after = ({ monotonic, wall }: Moment, ms: number): Moment => ({ monotonic: monotonic + ms, wall: wall + ms });

/** Opens a record. Rejects with `ViewRefused` where it may not be seen. */
export async function openRecord(wish: ViewWish, environment: ViewEnvironment): Promise<OpenedPage> {
  const pair = await crypto.subtle.generateKey(CURVE, false, ['sign', 'verify']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const path = '/api/views';
  const ask = async (time: CityTime) => {
    const asked = momentNow();
    const proof = await proofOf(pair.privateKey, { method: 'POST', path, nonce: '', time });
    return { asked, response: await post(environment, path, { ...wish, key: { kty, crv, x, y }, proof }) };
  };
  let { asked, response } = await ask({ now: Date.now(), at: performance.now() });
  const cityTime = response.status === 403 ? await timeIn(response.clone()) : null;
  // This machine's clock is wrong: once more, by the city's.
  if (cityTime !== null) ({ asked, response } = await ask({ now: cityTime, at: performance.now() }));
  const view = new OpenedRecord(await answerOf<OpenAnswer>(response), pair.privateKey, environment);
  view.begin(asked);
  return view;
}

class OpenedRecord implements OpenedPage {
  readonly media: string;
  readonly pages: number;
  isDark = false;
  readonly #view: string;
  readonly #first: LeaseAnswer;
  readonly #environment: ViewEnvironment;
  readonly #ended = new AbortController();
  #keys: HeldKey[] = [];
  /** Pieces that came before the key of their lease. */
  #coming: (() => void)[] = [];
  #signing: CryptoKey | null;
  #nonces: string[] = [];
  #waiting: ((nonce: string | null) => void)[] = [];
  #time: CityTime = { now: 0, at: 0 };
  #count: Count;
  #provenAt = -Infinity;
  #leaseMs: number;
  #until: Moment = { monotonic: 0, wall: 0 };
  #triedAt = -Infinity;
  #isAsking = false;
  /** Leases come on the stream that is open. */
  #isHeard = false;
  readonly #proveAfter = PROVE_AFTER_MS + Math.random() * PROVE_WITHIN_MS;
  #timers: { [of in 'watch' | 'ask' | 'listen']?: ReturnType<typeof setTimeout> } = {};

  constructor({ view, media, pages, lease }: OpenAnswer, signing: CryptoKey, environment: ViewEnvironment) {
    this.#view = view;
    this.media = media;
    this.pages = pages;
    this.#first = lease;
    this.#count = { at: { monotonic: -Infinity, wall: -Infinity }, age: 0 };
    this.#leaseMs = lease.leaseMs;
    this.#signing = signing;
    this.#environment = environment;
  }

  begin(asked: Moment): void {
    this.#take(this.#first, asked);
    this.#watch();
    void this.#listen();
  }

  async page(page: number): Promise<Uint8Array> {
    const first = await this.#piece(page, 0);
    const parts = [first.content];
    for (let from = 1; from < first.count; from += PIECES_AT_ONCE) {
      const some = Array.from({ length: Math.min(PIECES_AT_ONCE, first.count - from) }, (_, i) => from + i);
      for (const { content } of await Promise.all(some.map((piece) => this.#piece(page, piece)))) parts.push(content);
    }
    const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
      part.fill(0);
    }
    this.look();
    if (this.isDark) whole.fill(0);
    this.#mustBeLit();
    return whole;
  }

  look(): void {
    const { monotonic, wall } = this.#until;
    if (performance.now() >= monotonic || Date.now() >= wall) this.#goDark('unheard');
  }

  /** A timer counts whole milliseconds and may come before its time: it is set again until the lease is over. */
  #watch(): void {
    this.look();
    if (this.isDark) return;
    const left = Math.ceil(this.#until.monotonic - performance.now());
    this.#timers.watch = setTimeout(() => this.#watch(), Math.max(1, left));
  }

  async close(): Promise<void> {
    if (this.isDark) return;
    const path = `/api/views/${this.#view}/close`;
    const proof = await this.#proof('POST', path);
    this.#goDark('closed');
    if (proof !== null) await post(this.#environment, path, { proof }).catch(() => undefined);
  }

  #goDark(why: DarkWhy): void {
    if (this.isDark) return;
    this.isDark = true;
    for (const { key } of this.#keys.splice(0)) key.fill(0);
    this.#signing = null;
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    for (const give of this.#waiting.splice(0)) give(null);
    for (const come of this.#coming.splice(0)) come();
    this.#ended.abort();
    this.#environment.onDark(why);
  }
  #mustBeLit(): void {
    if (this.isDark) throw new ViewRefused('VIEW_OVER', 'it is dark');
  }

  /** Counted from when it was asked for, so that this page is never lit for longer than the city thinks. */
  #take({ leaseMs, now, age, ...lent }: LeaseAnswer, asked: Moment): void {
    if (this.isDark) return;
    this.#time = { now, at: performance.now() };
    [this.#provenAt, this.#leaseMs] = [asked.monotonic, leaseMs];
    this.#count = surer(this.#count, { at: asked, age });
    this.#lend(lent, after(asked, leaseMs));
  }

  /**
   * It may have waited anywhere, for any time, and ends when it would have ended all the same. This page counts the age of the view
   * from what the city told when it asked: the view is never older than that, so no lease ends later here than there.
   */
  #takePushed({ until, ...lent }: PushedLease): void {
    // Sent again, or overtaken by an answer.
    if (this.isDark || lent.epoch <= this.#keys[0]!.epoch) return;
    const { at, age } = this.#count;
    this.#isHeard = true;
    this.#lend(lent, after(at, until - age));
  }

  #lend({ epoch, key, nonces }: Lent, until: Moment): void {
    // An answer may be overtaken by what was pushed after it.
    this.#keys = [{ epoch, key: bytesOf(key) }, ...this.#keys].sort((a, b) => b.epoch - a.epoch);
    for (const old of this.#keys.splice(KEYS_HELD)) old.key.fill(0);
    if (until.monotonic > this.#until.monotonic) this.#until = until;
    for (const nonce of nonces) this.#put(nonce);
    for (const come of this.#coming.splice(0)) come();
    this.look();
    this.#plan();
  }

  /** When to ask, by what is known at this moment. */
  #plan(): void {
    clearTimeout(this.#timers.ask);
    if (this.isDark || this.#isAsking) return;
    const unheard = this.#until.monotonic - this.#leaseMs * (this.#isHeard ? ASK_AT_HEARD : ASK_AT);
    const due = Math.max(this.#triedAt + RETRY_MS, Math.min(unheard, this.#provenAt + this.#proveAfter));
    this.#timers.ask = setTimeout(() => void this.#ask(), Math.max(0, Math.ceil(due - performance.now())));
  }

  async #ask(): Promise<void> {
    const path = `/api/views/${this.#view}/lease`;
    const asked = momentNow();
    this.#triedAt = asked.monotonic;
    this.#isAsking = true;
    try {
      const proof = await this.#proof('POST', path);
      if (proof === null) return;
      const answer = await post(this.#environment, path, { proof }, AbortSignal.timeout(ANSWER_MS));
      this.#take(await answerOf<LeaseAnswer>(answer), asked);
    } catch (fault) {
      if (fault instanceof ViewRefused && fault.code === 'VIEW_OVER') this.#goDark('told');
      // Not heard: asked again until the lease ends.
      this.look();
    } finally {
      this.#isAsking = false;
      this.#plan();
    }
  }

  async #listen(): Promise<void> {
    while (!this.isDark) {
      let wait = RETRY_MS;
      try {
        const response = await this.#get(`/api/views/${this.#view}/dark`);
        if (response.status === 410) return this.#goDark('told');
        if (response.ok) await this.#hear(response);
        else wait = LISTEN_AGAIN_MS;
      } catch {
        // Cut off: the lease goes on by being asked for, or ends by itself.
      }
      this.#isHeard = false;
      this.#plan();
      if (!this.isDark) await new Promise((resolve) => (this.#timers.listen = setTimeout(resolve, wait)));
    }
  }

  /** Reads the stream until it ends. */
  async #hear(response: Response): Promise<void> {
    const reader = response.body!.getReader();
    const decoder = new TextDecoder();
    let text = '';
    try {
      while (text.length <= EVENT_MAX_CHARS) {
        const { value, done } = await reader.read();
        if (done) return;
        const events = (text + decoder.decode(value, { stream: true })).split('\n\n');
        text = events.pop()!;
        // Before all that came with it.
        if (events.some((event) => event.startsWith(DARK_EVENT))) return this.#goDark('told');
        for (const event of events)
          if (event.startsWith(LEASE_EVENT))
            this.#takePushed(JSON.parse(event.slice(LEASE_EVENT.length)) as PushedLease);
      }
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  }

  async #piece(page: number, piece: number): Promise<{ readonly count: number; readonly content: Uint8Array }> {
    for (let tried = 1; ; tried++) {
      this.look();
      this.#mustBeLit();
      try {
        const response = await this.#get(`/api/views/${this.#view}/pages/${page}/pieces/${piece}`);
        if (!response.ok) await answerOf(response);
        const fresh = response.headers.get('dpop-nonce');
        if (fresh !== null) this.#put(fresh);
        return await this.#open(new Uint8Array(await response.arrayBuffer()), page, piece);
      } catch (fault) {
        if (fault instanceof ViewRefused && fault.code === 'VIEW_OVER') this.#goDark('told');
        if (this.isDark || tried >= TRIES_MAX) throw fault;
      }
    }
  }

  async #open(...[sent, page, piece]: readonly [Uint8Array<ArrayBuffer>, number, number]) {
    const epoch = new DataView(sent.buffer).getUint32(0);
    const key = await this.#keyOf(epoch);
    const iv = sent.subarray(EPOCH_BYTES, EPOCH_BYTES + NONCE_BYTES);
    const additionalData = new TextEncoder().encode(`cityward-piece-v1\n${this.#view}\n${page}\n${piece}\n${epoch}`);
    const plain = new Uint8Array(
      await crypto.subtle.decrypt({ name: CIPHER, iv, additionalData }, key, sent.subarray(EPOCH_BYTES + NONCE_BYTES)),
    );
    const head = new DataView(plain.buffer);
    return { count: head.getUint32(0), content: plain.slice(HEAD_BYTES, HEAD_BYTES + head.getUint32(4)) };
  }

  /** That of a lease which is still on its way is waited for, as long as this page is lit. */
  async #keyOf(epoch: number): Promise<CryptoKey> {
    while (!this.isDark && epoch > this.#keys[0]!.epoch) await new Promise<void>((come) => this.#coming.push(come));
    this.#mustBeLit();
    const held = this.#keys.find((one) => one.epoch === epoch);
    if (!held) throw new Error('open a piece: its lease is over');
    return crypto.subtle.importKey('raw', held.key, CIPHER, false, ['decrypt']);
  }

  async #get(path: string): Promise<Response> {
    const proof = await this.#proof('GET', path);
    if (proof === null) throw new ViewRefused('VIEW_OVER', 'it is dark');
    return this.#environment.fetch(`${this.#environment.base}${path}`, {
      headers: { dpop: proof },
      cache: 'no-store',
      signal: this.#ended.signal,
    });
  }

  async #proof(method: string, path: string): Promise<string | null> {
    // The newest: the city lets go of the oldest when it has given too many.
    const nonce = this.#nonces.pop() ?? (await new Promise<string | null>((resolve) => this.#waiting.push(resolve)));
    const signing = this.#signing;
    if (nonce === null || signing === null) return null;
    return proofOf(signing, { method, path, nonce, time: this.#time });
  }
  #put(nonce: string): void {
    const give = this.#waiting.shift();
    if (give) give(nonce);
    else this.#nonces = [...this.#nonces, nonce].slice(-NONCES_MAX);
  }
}
