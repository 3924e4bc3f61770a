/**
 * A record open on a page, as a browser runs it: makes a key that cannot be taken out of it, signs each request with it, asks again
 * for a few seconds more while the reason to see it stands, and forgets everything when it hears that it is to, or hears nothing.
 * It imports nothing, so that it is served as it is.
 */

/** What a page needs of whatever it runs in; `fetch` brings the cookie of the session. */
export interface ViewEnvironment {
  readonly fetch: typeof fetch;
  /** Before every path; empty in a page. */
  readonly base: string;
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
/** Refused by the city: `code` says why, as far as it is told. */
export class ViewRefused extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface LeaseAnswer {
  readonly epoch: number;
  readonly key: string;
  readonly leaseMs: number;
  readonly nonces: readonly string[];
  readonly now: number;
}
interface OpenAnswer {
  readonly view: string;
  readonly media: string;
  readonly pages: number;
  readonly lease: LeaseAnswer;
}
interface HeldKey {
  readonly epoch: number;
  readonly key: CryptoKey;
}

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;
const CIPHER = 'AES-GCM';
const HEADER = { typ: 'dpop+jwt', alg: 'ES256' };
const EPOCH_BYTES = 4;
const NONCE_BYTES = 12;
const HEAD_BYTES = 8;
/** Of a lease that is left when the next one is asked for. */
const RENEW_AT = 0.5;
const RETRY_MS = 400;
const PIECES_AT_ONCE = 4;
/** A lost answer takes its nonce with it: a piece is asked for so often in all. */
const TRIES_MAX = 3;

function textOf(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0));
}
const encoded = (value: unknown): string => textOf(new TextEncoder().encode(JSON.stringify(value)));

/** The city's time by a clock that nobody sets. */
interface CityTime {
  readonly now: number;
  readonly at: number;
}
const timeNow = ({ now, at }: CityTime): number => now + performance.now() - at;

interface Signed {
  readonly method: string;
  readonly path: string;
  readonly nonce: string;
  readonly time: CityTime;
}
async function proofOf(key: CryptoKey, { method, path, nonce, time }: Signed): Promise<string> {
  const claims = { htm: method, htu: path, nonce, iat: timeNow(time) / 1_000 };
  const signed = `${encoded(HEADER)}.${encoded(claims)}`;
  const signature = await crypto.subtle.sign(SIGNATURE, key, new TextEncoder().encode(signed));
  return `${signed}.${textOf(new Uint8Array(signature))}`;
}

async function answerOf<Answer>(response: Response): Promise<Answer> {
  const body: unknown = await response.json();
  if (response.ok) return body as Answer;
  const { code = 'REFUSED', message = 'refused' } = body as { code?: string; message?: string };
  throw new ViewRefused(code, message);
}

/** Opens a record. Rejects with `ViewRefused` where it may not be seen. */
export async function openRecord(wish: ViewWish, environment: ViewEnvironment): Promise<OpenedPage> {
  const pair = await crypto.subtle.generateKey(CURVE, false, ['sign', 'verify']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const path = '/api/views';
  const ask = async (time: CityTime) => {
    const asked = performance.now();
    const proof = await proofOf(pair.privateKey, { method: 'POST', path, nonce: '', time });
    return { asked, response: await post(environment, path, { ...wish, key: { kty, crv, x, y }, proof }) };
  };
  let { asked, response } = await ask({ now: Date.now(), at: performance.now() });
  const cityTime = response.status === 403 ? await timeIn(response.clone()) : null;
  // This machine's clock is wrong: once more, by the city's.
  if (cityTime !== null) ({ asked, response } = await ask({ now: cityTime, at: performance.now() }));
  const view = new OpenedRecord(await answerOf<OpenAnswer>(response), pair.privateKey, environment);
  await view.begin(asked);
  return view;
}

async function timeIn(refusal: Response): Promise<number | null> {
  const { code, details } = (await refusal.json()) as { code?: string; details?: readonly string[] };
  const time = code === 'VIEW_PROOF_REFUSED' ? Date.parse(details?.[0] ?? '') : NaN;
  return Number.isNaN(time) ? null : time;
}

const post = (...[{ fetch: call, base }, path, body]: readonly [ViewEnvironment, string, object]): Promise<Response> =>
  call(`${base}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

class OpenedRecord implements OpenedPage {
  readonly media: string;
  readonly pages: number;
  isDark = false;
  readonly #view: string;
  readonly #first: LeaseAnswer;
  readonly #environment: ViewEnvironment;
  readonly #ended = new AbortController();
  /** Of this lease and the one before: a piece may be on its way under it. */
  #keys: HeldKey[] = [];
  #signing: CryptoKey | null;
  #nonces: string[] = [];
  #waiting: ((nonce: string | null) => void)[] = [];
  #time: CityTime = { now: 0, at: 0 };
  /** By both clocks of this machine: one of them stands still while it sleeps, the other can be set. */
  #until = { monotonic: 0, wall: 0 };
  #timers: ReturnType<typeof setTimeout>[] = [];

  constructor({ view, media, pages, lease }: OpenAnswer, signing: CryptoKey, environment: ViewEnvironment) {
    this.#view = view;
    this.media = media;
    this.pages = pages;
    this.#first = lease;
    this.#signing = signing;
    this.#environment = environment;
  }

  async begin(asked: number): Promise<void> {
    await this.#take(this.#first, asked);
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
    this.#timers.push(setTimeout(() => this.#watch(), Math.max(1, left)));
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
    this.#keys = [];
    this.#signing = null;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const give of this.#waiting.splice(0)) give(null);
    this.#ended.abort();
    this.#environment.onDark(why);
  }
  #mustBeLit(): void {
    if (this.isDark) throw new ViewRefused('VIEW_OVER', 'it is dark');
  }

  /** Counted from when it was asked for, so that this page is never lit for longer than the city thinks. */
  async #take({ epoch, key, leaseMs, nonces, now }: LeaseAnswer, asked: number): Promise<void> {
    const imported = await crypto.subtle.importKey('raw', bytesOf(key), CIPHER, false, ['decrypt']);
    if (this.isDark) return;
    this.#keys = [{ epoch, key: imported }, ...this.#keys].slice(0, 2);
    this.#time = { now, at: performance.now() };
    const left = asked + leaseMs - performance.now();
    this.#until = { monotonic: asked + leaseMs, wall: Date.now() + left };
    for (const nonce of nonces) this.#put(nonce);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [
      setTimeout(() => this.#watch(), Math.max(0, left)),
      setTimeout(() => void this.#renew(), Math.max(0, left * RENEW_AT)),
    ];
  }

  async #renew(): Promise<void> {
    const path = `/api/views/${this.#view}/lease`;
    const asked = performance.now();
    try {
      const proof = await this.#proof('POST', path);
      if (proof === null) return;
      await this.#take(await answerOf<LeaseAnswer>(await post(this.#environment, path, { proof })), asked);
    } catch (fault) {
      if (fault instanceof ViewRefused && fault.code === 'VIEW_OVER') this.#goDark('told');
      // Not heard: asked again until the lease ends.
      this.look();
      if (!this.isDark) this.#timers.push(setTimeout(() => void this.#renew(), RETRY_MS));
    }
  }

  async #listen(): Promise<void> {
    while (!this.isDark) {
      try {
        const response = await this.#get(`/api/views/${this.#view}/dark`);
        if (response.status === 410) return this.#goDark('told');
        if (await saysDark(response)) return this.#goDark('told');
      } catch {
        // Cut off: the lease goes on, or ends by itself.
      }
      if (!this.isDark) await new Promise((resolve) => this.#timers.push(setTimeout(resolve, RETRY_MS)));
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
    const held = this.#keys.find((one) => one.epoch === epoch);
    if (!held) throw new Error('open a piece: its lease is over');
    const iv = sent.subarray(EPOCH_BYTES, EPOCH_BYTES + NONCE_BYTES);
    const additionalData = new TextEncoder().encode(`cityward-piece-v1\n${this.#view}\n${page}\n${piece}\n${epoch}`);
    const plain = new Uint8Array(
      await crypto.subtle.decrypt(
        { name: CIPHER, iv, additionalData },
        held.key,
        sent.subarray(EPOCH_BYTES + NONCE_BYTES),
      ),
    );
    const head = new DataView(plain.buffer);
    return { count: head.getUint32(0), content: plain.slice(HEAD_BYTES, HEAD_BYTES + head.getUint32(4)) };
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
    const nonce = this.#nonces.shift() ?? (await new Promise<string | null>((resolve) => this.#waiting.push(resolve)));
    const signing = this.#signing;
    if (nonce === null || signing === null) return null;
    return proofOf(signing, { method, path, nonce, time: this.#time });
  }
  #put(nonce: string): void {
    const give = this.#waiting.shift();
    if (give) give(nonce);
    else this.#nonces.push(nonce);
  }
}

/** Reads the stream until it says so; `false` where it ended without. */
async function saysDark(response: Response): Promise<boolean> {
  const reader = response.body?.getReader();
  if (!response.ok || !reader) return false;
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return false;
    text = (text + decoder.decode(value, { stream: true })).slice(-64);
    if (text.includes('event: dark')) return true;
  }
}
