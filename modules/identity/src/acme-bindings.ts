/** One-time secrets that bind an ACME account to a network (RFC 8555 7.3.4), and the accounts that were bound. */
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { DAY_MS, newId, ok, refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import { thumbprintOf, type Jwk } from './acme-jws.ts';
import { readSlot, writeSlot } from './slot-file.ts';

const FILE = 'acme-bindings.json';
const BINDING_LIFE_MS = DAY_MS;
const BINDINGS_MAX = 1_000;
const ACCOUNTS_MAX = 5_000;
const KEY_BYTES = 32;

export interface Account {
  readonly id: string;
  readonly network: string;
  readonly thumbprint: string;
  readonly jwk: Jwk;
  readonly names: readonly string[];
  readonly state: 'valid' | 'deactivated';
  readonly created: number;
}
interface AccountTables {
  'identity.acme_account': {
    id: string;
    network: string;
    thumbprint: string;
    jwk: string;
    names: string[];
    state: Account['state'];
    created: number;
  };
}
const accounts = (db: unknown): Kysely<AccountTables> => db as Kysely<AccountTables>;

/** A key of its own kind: it has to be known in the clear to be checked, so it lies in a file that only the owner can read. */
interface Binding {
  readonly kid: string;
  /** base64url. */
  readonly key: string;
  readonly network: string;
  readonly names: readonly string[];
  readonly expires: number;
}
export type IssuedBinding = Pick<Binding, 'kid' | 'key' | 'expires'>;

export interface BindingParts {
  readonly folder: string;
  readonly sql: Sql;
  readonly clock: Clock;
}

export class AcmeAccounts {
  readonly #parts: BindingParts;
  readonly #accounts = new Map<string, Account>();
  readonly #byKey = new Map<string, string>();
  #bindings: readonly Binding[];

  private constructor(parts: BindingParts, bindings: readonly Binding[]) {
    this.#parts = parts;
    this.#bindings = bindings;
  }

  static async open(parts: BindingParts): Promise<AcmeAccounts> {
    const made = new AcmeAccounts(parts, await readBindings(join(parts.folder, FILE)));
    const rows = await accounts(parts.sql.for()).selectFrom('identity.acme_account').selectAll().execute();
    for (const row of rows) made.#keep({ ...row, jwk: JSON.parse(row.jwk) as Jwk });
    return made;
  }

  get(id: string): Account | undefined {
    return this.#accounts.get(id);
  }

  byKey(jwk: Jwk): Account | undefined {
    const id = this.#byKey.get(thumbprintOf(jwk));
    return id === undefined ? undefined : this.#accounts.get(id);
  }

  /** A new secret for this network; one that it had and did not use ends. */
  async issue(network: string, names: readonly string[], by: string): Promise<Result<IssuedBinding, Refusal>> {
    const now = this.#parts.clock();
    const others = this.#bindings.filter((one) => one.expires > now && one.network !== network);
    if (others.length >= BINDINGS_MAX)
      return refuse('conflict', 'BINDINGS_TOO_MANY', `bind "${network}": ${others.length} secrets wait to be used`);
    const key = randomBytes(KEY_BYTES).toString('base64url');
    const binding = { kid: newId('eab'), key, network, names, expires: now + BINDING_LIFE_MS };
    await this.#write([...others, binding]);
    await this.#parts.sql.transact((tx) => {
      const fact = { module: 'identity', type: 'acme.binding-issued', actor: by, subject: network } as const;
      tx.record({ ...fact, at: now, data: { names: [...names], expires: binding.expires } });
      return Promise.resolve();
    });
    return ok({ kid: binding.kid, key, expires: binding.expires });
  }

  /** The secret of this kid while it may be used; an invented kid costs as much as a real one. */
  binding(kid: string): { readonly key: Buffer; readonly network: string; readonly names: readonly string[] } | null {
    const found = this.#bindings.find((one) => one.kid === kid && one.expires > this.#parts.clock());
    return found ? { ...found, key: Buffer.from(found.key, 'base64url') } : null;
  }

  /** Opens the account and uses its secret up; before anything is awaited, so that a second account with the same loses. */
  async open(kid: string, jwk: Jwk): Promise<Result<Account, Refusal>> {
    const found = this.binding(kid);
    if (!found || this.#accounts.size >= ACCOUNTS_MAX)
      return refuse('forbidden', 'unauthorized', 'open account: wanted a binding that has not been used');
    const { network, names } = found;
    this.#bindings = this.#bindings.filter((one) => one.kid !== kid);
    const created = this.#parts.clock();
    const account: Account = {
      ...{ id: newId('acct'), network, names, jwk, created },
      ...{ thumbprint: thumbprintOf(jwk), state: 'valid' },
    };
    await this.#write(this.#bindings);
    await this.#parts.sql.transact(async (tx) => {
      const row = { ...account, jwk: JSON.stringify(jwk), names: [...names] };
      await accounts(tx.for()).insertInto('identity.acme_account').values(row).execute();
      const fact = { module: 'identity', type: 'acme.account-opened', actor: network, subject: network } as const;
      tx.record({
        ...fact,
        at: created,
        data: { account: account.id, keyHash: keyHashOf(account), names: [...names] },
      });
    });
    this.#keep(account);
    return ok(account);
  }

  async deactivate(account: Account): Promise<Account> {
    const ended: Account = { ...account, state: 'deactivated' };
    await this.#parts.sql.transact(async (tx) => {
      await accounts(tx.for())
        .updateTable('identity.acme_account')
        .set({ state: 'deactivated' })
        .where('id', '=', account.id)
        .execute();
      const fact = { module: 'identity', type: 'acme.account-closed', actor: account.network } as const;
      tx.record({ ...fact, subject: account.network, at: this.#parts.clock(), data: { account: account.id } });
    });
    this.#keep(ended);
    return ended;
  }

  /** From here on only this key signs for the account (RFC 8555 7.3.5); the caller has seen both keys sign. */
  async changeKey(account: Account, jwk: Jwk): Promise<Account> {
    const changed: Account = { ...account, jwk, thumbprint: thumbprintOf(jwk) };
    await this.#parts.sql.transact(async (tx) => {
      await accounts(tx.for())
        .updateTable('identity.acme_account')
        .set({ jwk: JSON.stringify(jwk), thumbprint: changed.thumbprint })
        .where('id', '=', account.id)
        .execute();
      const fact = { module: 'identity', type: 'acme.key-changed', actor: account.network } as const;
      const data = { account: account.id, keyHash: keyHashOf(changed) };
      tx.record({ ...fact, subject: account.network, at: this.#parts.clock(), data });
    });
    this.#byKey.delete(account.thumbprint);
    this.#keep(changed);
    return changed;
  }

  #keep(account: Account): void {
    this.#accounts.set(account.id, account);
    this.#byKey.set(account.thumbprint, account.id);
  }

  async #write(bindings: readonly Binding[]): Promise<void> {
    this.#bindings = bindings;
    await writeSlot(join(this.#parts.folder, FILE), `${JSON.stringify(bindings)}\n`);
  }
}

const keyHashOf = ({ thumbprint }: Account): string => createHash('sha256').update(thumbprint).digest('hex');

async function readBindings(path: string): Promise<readonly Binding[]> {
  try {
    return JSON.parse((await readSlot(path)).toString('utf8')) as Binding[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
