/** Views over a real vault without a listener, and pages that sign by hand: for attacks, which do what no page of ours does. */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import type { OpenedView, PushedLease, ViewerKey, ViewLease } from '@cityward/contracts';
import type { Clock, Millis, Refusal, Result } from '@cityward/kernel';
import { AROHA, BEN, consentTo, must, OFFICER, person, recordOf, testVault, TEXT, type TestVault } from '../testing.ts';
import type { Place } from '../testing-attack.ts';
import { asText } from './as-text.ts';
import type { Asker, PageStream, PieceSink } from './open-view.ts';
import { Views, type ViewAsk } from './views.ts';

export { consentTo };

export interface Bench {
  readonly at: TestVault;
  readonly views: Views;
  readonly monotonic: { now: number };
  /** Whether its process may serve. */
  readonly serving: { may: boolean };
  readonly record: string;
  readonly consent: string;
  stop(): Promise<void>;
}
/** A record of AROHA that BEN may see, and nobody's clock moving but by hand. */
export async function bench(
  { sql, folder }: Place,
  consent: Parameters<typeof consentTo>[1] = {},
  text = TEXT,
): Promise<Bench> {
  const at = testVault(sql, folder);
  await at.vault.start();
  const { record } = must(await at.vault.put(recordOf(text), OFFICER));
  const given = must(await at.vault.give(consentTo(BEN, consent), AROHA));
  const own = { at, monotonic: { now: 1_000_000 }, serving: { may: true } };
  return { ...own, views: viewsOver(own), record, consent: given.id, stop: () => at.vault.stop() };
}
function viewsOver({ at, monotonic, serving }: Pick<Bench, 'at' | 'monotonic' | 'serving'>): Views {
  const clock: Clock = () => at.clock.now as Millis;
  return new Views({
    clock,
    monotonic: () => monotonic.now,
    incarnation: randomBytes(8).toString('hex'),
    mayServe: () => serving.may,
    show: asText((look) => at.vault.view(look)),
  });
}
/** Another process that serves the same records: it knows of no view that was opened at the first. */
export const beside = (at: Bench): Bench => ({ ...at, views: viewsOver(at) });
/** The same process, stopped and started. */
export async function restarted(at: Bench): Promise<Bench> {
  at.views.stop();
  await at.at.vault.stop();
  await at.at.vault.start();
  return beside(at);
}

export interface Signer {
  readonly jwk: ViewerKey;
  prove(method: string, path: string, nonce: string, now: number): string;
}
export function signer(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y } = publicKey.export({ format: 'jwk' }) as { x: string; y: string };
  return {
    jwk: { kty: 'EC', crv: 'P-256', x, y },
    prove: (...given) => proof(privateKey, given),
  };
}
function proof(key: KeyObject, [htm, htu, nonce, now]: readonly [string, string, string, number]): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ typ: 'dpop+jwt', alg: 'ES256' })}.${part({ htm, htu, nonce, iat: now / 1_000 })}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

export const ASKER: Asker = { person: BEN, signIn: 'first', address: '192.0.2.7' };

/** A page of BEN's that keeps every nonce and key it was given. */
export class Page {
  readonly #bench: Bench;
  readonly by: Signer;
  readonly opened: OpenedView;
  readonly nonces: string[];
  readonly keys = new Map<number, Buffer>();

  private constructor(at: Bench, by: Signer, opened: OpenedView) {
    this.#bench = at;
    this.by = by;
    this.opened = opened;
    this.nonces = [...opened.lease.nonces];
    this.#keep(opened.lease);
  }

  static async open(at: Bench, by = signer()): Promise<Page> {
    const path = '/api/views';
    const proved = by.prove('POST', path, '', at.at.clock.now);
    const look = { record: at.record, purpose: 'TREAT', right: 'text', principal: person(BEN) } as const;
    return new Page(at, by, must(await at.views.open({ look, key: by.jwk, proof: proved, asker: ASKER, path })));
  }

  #keep({ epoch, key, nonces }: ViewLease): void {
    this.keys.set(epoch, Buffer.from(key, 'base64url'));
    this.nonces.push(...nonces);
  }

  get piecePath(): string {
    return `/api/views/${this.opened.view}/pages/0/pieces/0`;
  }
  ask(method: string, path: string, now = this.#bench.at.clock.now): ViewAsk {
    const proved = this.by.prove(method, path, this.nonces.pop() ?? '', now);
    return { view: this.opened.view, proof: proved, asker: ASKER, method, path };
  }
  askPiece(now?: number): ViewAsk {
    return this.ask('GET', this.piecePath, now);
  }

  renew(now?: number): Result<ViewLease, Refusal> {
    const lease = this.#bench.views.renew(this.ask('POST', `/api/views/${this.opened.view}/lease`, now));
    if (lease.ok) this.#keep(lease.value);
    return lease;
  }
  listen(stream: PageStream): void {
    must(this.#bench.views.listen(this.ask('GET', `/api/views/${this.opened.view}/dark`)))(stream);
  }
}

/** The stream of a page, with a network and a sign-in as a test sets them. */
export class HeldStream implements PageStream {
  readonly leases: PushedLease[] = [];
  isDark = false;
  takes = true;
  signedIn = true;

  dark(): void {
    this.isDark = true;
  }
  beat(): void {
    // Nobody waits for it.
  }
  lease(next: PushedLease): void {
    this.leases.push(next);
  }
  isClear(): boolean {
    return this.takes;
  }
  isSignedIn(): boolean {
    return this.signedIn;
  }
}

/** A connection on which bytes leave when it is flushed, as one that is slow. */
export class SlowSink implements PieceSink {
  #waiting: Buffer | null = null;
  sent: Buffer | null = null;

  send(body: Buffer): void {
    this.#waiting = body;
  }
  drop(): void {
    this.#waiting = null;
  }
  onGone(): void {
    // It never says that it has sent everything.
  }
  flush(): Buffer | null {
    this.sent ??= this.#waiting;
    return this.sent;
  }
}

/** The bytes of a piece that left, or `null` where it was refused or dropped. */
export async function fetched(at: Bench, ask: ViewAsk): Promise<Buffer | null> {
  const answer = await at.views.piece({ ...ask, page: 0, piece: 0 });
  if (!answer.ok) return null;
  const sink = new SlowSink();
  answer.value(sink);
  return sink.flush();
}
