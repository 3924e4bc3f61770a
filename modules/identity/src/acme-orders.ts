/** Orders of ACME clients while they are under way (RFC 8555 7.1.3): kept over a restart until the hour that they were promised. */
import { randomBytes } from 'node:crypto';
import { HOUR_MS, MINUTE_MS, ok, refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import type { Account } from './acme-bindings.ts';
import * as store from './acme-order-store.ts';

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
  state: 'pending' | 'processing' | 'valid' | 'invalid' | 'deactivated';
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

export interface FoundAuthorization {
  readonly order: Order;
  readonly one: Authorization;
}
export interface OrderParts {
  readonly sql: Sql;
  readonly clock: Clock;
}

const newToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url');

export class Orders {
  readonly #parts: OrderParts;
  readonly #orders = new Map<string, Order>();
  readonly #authorizations = new Map<string, FoundAuthorization>();

  private constructor(parts: OrderParts) {
    this.#parts = parts;
  }

  static async open(parts: OrderParts): Promise<Orders> {
    const made = new Orders(parts);
    for (const order of await store.readOrders(parts.sql.for(), parts.clock())) made.#keep(order);
    return made;
  }

  /** The network's own id is proved already: its account is bound to it. */
  async add(account: Account, names: readonly string[]): Promise<Result<Order, Refusal>> {
    const now = this.#parts.clock();
    this.#forget(now);
    if (this.#orders.size >= ORDERS_MAX || this.of(account.id).length >= ORDERS_PER_ACCOUNT_MAX)
      return refuse('unavailable', 'rateLimited', 'order: too many orders are under way, wanted some to end first');
    const authorizations = names.map((name): Authorization => {
      const state = name === account.network ? 'valid' : 'pending';
      return { id: newToken(), name, token: newToken(), state, problem: null };
    });
    const order: Order = {
      ...{ id: newToken(), account: account.id, network: account.network, names, authorizations },
      ...{ expires: now + ORDER_LIFE_MS, state: 'open', certificate: null },
    };
    this.#keep(order); // before anything is awaited, so that the limits above count it
    try {
      await this.#parts.sql.transact((tx) => store.insertOrder(tx.for(), order, now));
    } catch (fault) {
      this.#drop(order);
      throw fault;
    }
    return ok(order);
  }

  /** What was decided about it, before anybody is told. */
  async save(order: Order): Promise<void> {
    await this.#parts.sql.transact((tx) => store.updateOrder(tx.for(), order));
  }

  of(account: string): readonly Order[] {
    const now = this.#parts.clock();
    return [...this.#orders.values()].filter((one) => one.account === account && one.expires > now);
  }

  /** Hosts that were being asked when the process ended: nobody else would ask them again. */
  underProof(): readonly FoundAuthorization[] {
    return [...this.#authorizations.values()].filter(({ one }) => one.state === 'processing');
  }

  get(id: string, account: string): Order | null {
    const found = this.#orders.get(id);
    return found && found.account === account && found.expires > this.#parts.clock() ? found : null;
  }

  authorization(id: string, account: string): FoundAuthorization | null {
    const found = this.#authorizations.get(id);
    return found && this.get(found.order.id, account) ? found : null;
  }

  #keep(order: Order): void {
    this.#orders.set(order.id, order);
    for (const one of order.authorizations) this.#authorizations.set(one.id, { order, one });
  }

  #drop({ id, authorizations }: Order): void {
    this.#orders.delete(id);
    for (const one of authorizations) this.#authorizations.delete(one.id);
  }

  #forget(now: number): void {
    for (const order of this.#orders.values()) if (order.expires <= now) this.#drop(order);
  }
}

/** What an order is at this moment (RFC 8555 7.1.6). */
export function stateOf({ state, authorizations }: Order): 'pending' | 'ready' | 'processing' | 'valid' | 'invalid' {
  if (state !== 'open') return state;
  if (authorizations.some((one) => one.state === 'invalid' || one.state === 'deactivated')) return 'invalid';
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
