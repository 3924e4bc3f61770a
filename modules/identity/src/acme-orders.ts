/** Orders of ACME clients while they are under way (RFC 8555 7.1.3): in memory, bounded, and gone after an hour. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { HOUR_MS, MINUTE_MS, ok, refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Account } from './acme-bindings.ts';

const ORDERS_MAX = 2_000;
const ORDERS_PER_ACCOUNT_MAX = 20;
export const NAMES_PER_ORDER_MAX = 20;
const ORDER_LIFE_MS = HOUR_MS;
const NONCES_MAX = 20_000;
const NONCE_LIFE_MS = 10 * MINUTE_MS;
const TOKEN_BYTES = 24;

export interface Authorization {
  readonly id: string;
  readonly name: string;
  readonly token: string;
  state: 'pending' | 'processing' | 'valid' | 'invalid';
  problem: string | null;
}
export interface Order {
  readonly id: string;
  readonly account: string;
  readonly network: string;
  readonly names: readonly string[];
  readonly authorizations: readonly Authorization[];
  readonly expires: number;
  state: 'open' | 'processing' | 'valid' | 'invalid';
  /** PEM of the chain, once it was issued. */
  certificate: string | null;
}

const newToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url');

export class Orders {
  readonly #clock: Clock;
  readonly #orders = new Map<string, Order>();
  readonly #authorizations = new Map<string, { readonly order: Order; readonly one: Authorization }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The network's own id is proved already: its account is bound to it. */
  add(account: Account, names: readonly string[]): Result<Order, Refusal> {
    this.#forget();
    const own = [...this.#orders.values()].filter((one) => one.account === account.id);
    if (this.#orders.size >= ORDERS_MAX || own.length >= ORDERS_PER_ACCOUNT_MAX)
      return refuse('unavailable', 'rateLimited', 'order: too many orders are under way, wanted some to end first');
    const authorizations = names.map((name): Authorization => {
      const state = name === account.network ? 'valid' : 'pending';
      return { id: newToken(), name, token: newToken(), state, problem: null };
    });
    const order: Order = {
      ...{ id: newToken(), account: account.id, network: account.network, names, authorizations },
      ...{ expires: this.#clock() + ORDER_LIFE_MS, state: 'open', certificate: null },
    };
    this.#orders.set(order.id, order);
    for (const one of authorizations) this.#authorizations.set(one.id, { order, one });
    return ok(order);
  }

  get(id: string, account: string): Order | null {
    const found = this.#orders.get(id);
    return found && found.account === account && found.expires > this.#clock() ? found : null;
  }

  authorization(id: string, account: string): { readonly order: Order; readonly one: Authorization } | null {
    const found = this.#authorizations.get(id);
    return found && this.get(found.order.id, account) ? found : null;
  }

  #forget(): void {
    const now = this.#clock();
    for (const order of this.#orders.values()) {
      if (order.expires > now) continue;
      this.#orders.delete(order.id);
      for (const { id } of order.authorizations) this.#authorizations.delete(id);
    }
  }
}

/** What an order is at this moment (RFC 8555 7.1.6). */
export function stateOf({ state, authorizations }: Order): 'pending' | 'ready' | 'processing' | 'valid' | 'invalid' {
  if (state !== 'open') return state;
  if (authorizations.some((one) => one.state === 'invalid')) return 'invalid';
  return authorizations.every((one) => one.state === 'valid') ? 'ready' : 'pending';
}

/** Numbers that were given out and not used yet; the oldest makes room. */
export class Nonces {
  readonly #clock: Clock;
  readonly #given = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  give(): string {
    const oldest = this.#given.size >= NONCES_MAX ? this.#given.keys().next() : null;
    if (oldest && !oldest.done) this.#given.delete(oldest.value);
    const nonce = newToken();
    this.#given.set(nonce, this.#clock() + NONCE_LIFE_MS);
    return nonce;
  }

  /** True once for each that was given and is not old. */
  use(nonce: string): boolean {
    const ends = this.#given.get(nonce);
    this.#given.delete(nonce);
    return ends !== undefined && ends > this.#clock();
  }
}

export const sameText = (left: string, right: string): boolean => {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
};
