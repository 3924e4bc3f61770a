/** A city as one page hears it, which says what a test has it say, and clocks that a test sets on: `client.ts` alone is tried. */
import { openRecord, type OpenedPage } from './client.ts';

const NONCES = 6;
const LEASE_MS = 5_000;
const key = (): string => Buffer.alloc(32, 7).toString('base64url');

export class HeardCity {
  /** What was asked for, by method and the end of the path. */
  readonly asked: string[] = [];
  /** Of the view. */
  age = 0;
  #epoch = 0;
  #nonce = 0;
  #heard: ReadableStreamDefaultController<Uint8Array> | null = null;

  fetch: typeof fetch = (where, init) => {
    const what = (where as string).split('/').at(-1)!;
    this.asked.push(`${init?.method ?? 'GET'} ${what}`);
    if (what === 'views') return answer({ view: 'view-1', media: 'text/plain', pages: 1, lease: this.#lease() });
    if (what === 'lease') return answer(this.#lease());
    if (what !== 'dark') return Promise.reject(new Error(`${what}: not of this city`));
    return Promise.resolve(new Response(new ReadableStream({ start: (heard) => void (this.#heard = heard) })));
  };

  #lease() {
    return { ...this.#lent(), leaseMs: LEASE_MS, now: Date.now(), age: this.age };
  }
  #lent() {
    return { epoch: ++this.#epoch, key: key(), nonces: Array.from({ length: NONCES }, () => `n-${++this.#nonce}`) };
  }

  get isListenedTo(): boolean {
    return this.#heard !== null;
  }
  /** The next lease, as it is sent now. */
  next(): string {
    return `event: lease\ndata: ${JSON.stringify({ ...this.#lent(), until: this.age + LEASE_MS })}\n\n`;
  }
  say(text: string): void {
    this.#heard!.enqueue(Buffer.from(text));
  }
  cutOff(): void {
    this.#heard!.close();
    this.#heard = null;
  }
  open(): Promise<OpenedPage> {
    return openRecord(
      { record: 'rec-1' },
      { fetch: (...given) => this.fetch(...given), base: '', onDark: () => undefined },
    );
  }
}
const answer = (body: object): Promise<Response> => Promise.resolve(Response.json(body));

/** Calls `run` while both clocks of this process can be set on. */
export async function onOwnClocks<Found>(
  run: (pass: (by: { readonly monotonic: number; readonly wall: number }) => void) => Promise<Found>,
): Promise<Found> {
  const [monotonic, wall] = [performance.now.bind(performance), Date.now];
  const passed = { monotonic: 0, wall: 0 };
  performance.now = () => monotonic() + passed.monotonic;
  Date.now = () => wall() + passed.wall;
  try {
    return await run((by) => {
      passed.monotonic += by.monotonic;
      passed.wall += by.wall;
    });
  } finally {
    performance.now = monotonic;
    Date.now = wall;
  }
}
