/** ACME (RFC 8555) for networks that run Linux: accounts only for whom a person bound one, names only as registered, http-01. */
import { X509Certificate } from 'node:crypto';
import { MINUTE_MS, err, ok, refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import { ANONYMOUS, THE_CITY } from '@cityward/contracts';
import { answerOf, conflictOf, problemOf, type AcmeAnswer } from './acme-answers.ts';
import { newKeyIn } from './acme-key-change.ts';
import { bindingKid, isBound, isSignedBy, readJws, thumbprintOf, type Jws } from './acme-jws.ts';
import type { Account, AcmeAccounts } from './acme-bindings.ts';
import { checkRequestNames, readNames } from './acme-names.ts';
import { noteRefused } from './acme-refused.ts';
import {
  Nonces,
  stateOf,
  type Authorization,
  type FoundAuthorization,
  type Order,
  type Orders,
} from './acme-orders.ts';
import { provedBy, type AcmeHosts } from './acme-proof.ts';
import { certificatePem, type Authority } from './authority.ts';
import { parseSigningRequest, REQUEST_MAX_BYTES } from './domain/signing-request.ts';
import { provesPossession } from './enrolment-desk.ts';
import type { Enrolment } from './enrolment.ts';
import type { EstAnswer, EstHandler, EstRequest } from './est.ts';
import type { FindHolder } from './holders.ts';
import { createLimiter } from './limiter.ts';
import type { Authorise } from './needs.ts';
import type { RefusalNotes } from './refusals.ts';
import type { Standing } from './domain/standing.ts';

export const ACME_BASE = '/acme/';
const PROOFS_AT_ONCE_MAX = 16;
const FAILURES_MAX = 20;
const FAILURE_WINDOW_MS = 10 * MINUTE_MS;
const LIMITER_KEYS_MAX = 10_000;
const CERTIFICATE_MAX_CHARS = 12_000;

export interface AcmeParts {
  /** As clients reach the listener, e.g. `https://localhost:8443`: what they sign names it. */
  readonly url: string;
  /** Null while nobody has configured a host: then there is no ACME at all. */
  readonly hosts: AcmeHosts | null;
  readonly accounts: AcmeAccounts;
  readonly orders: Orders;
  readonly authority: Authority;
  readonly enrolment: Pick<Enrolment, 'certifyNetwork'>;
  readonly holder: FindHolder;
  readonly standing: (id: string) => Standing;
  readonly withdraw: (serial: string, network: string) => Promise<Result<void, Refusal>>;
  readonly refusals: RefusalNotes;
  readonly authorise?: Authorise | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** Somebody who signed with the key of an account. */
interface Asked {
  readonly jws: Jws;
  readonly account: Account;
}
type Answered = Promise<Result<AcmeAnswer, Refusal>> | Result<AcmeAnswer, Refusal>;

export function createAcme(parts: AcmeParts): EstHandler {
  const acme = new Acme(parts);
  acme.resume();
  return (request) => acme.answer(request);
}

class Acme {
  readonly #parts: AcmeParts;
  readonly #nonces: Nonces;
  readonly #failures = createLimiter({
    failuresMax: FAILURES_MAX,
    windowMs: FAILURE_WINDOW_MS,
    keysMax: LIMITER_KEYS_MAX,
  });
  #proofs = 0;

  constructor(parts: AcmeParts) {
    this.#parts = parts;
    this.#nonces = new Nonces(parts.clock);
  }

  /** Asks the hosts again that were being asked when the process before ended. */
  resume(): void {
    for (const found of this.#parts.orders.underProof()) void this.#prove(found);
  }

  async answer(request: EstRequest): Promise<EstAnswer> {
    const result = await this.#decide(request);
    if (!result.ok) noteRefused(this.#parts, request, result.error);
    const nonce = this.#nonces.give();
    const links = { nonce, directory: this.#at('directory') };
    return result.ok ? answerOf(result.value, links) : problemOf(result.error, links);
  }

  #at(path: string): string {
    return `${this.#parts.url}${ACME_BASE}${path}`;
  }

  async #decide(request: EstRequest): Promise<Result<AcmeAnswer, Refusal>> {
    const { hosts, authorise } = this.#parts;
    if (!hosts) return refuse('not-found', 'malformed', 'answer: ACME is not switched on here');
    const open = authorise?.(ANONYMOUS, 'readCaCertificates', THE_CITY) ?? ok(undefined);
    if (!open.ok) return err(open.error);
    const path = request.path.slice(ACME_BASE.length);
    if (request.method === 'GET' || request.method === 'HEAD') return this.#open(path);
    if (request.method !== 'POST') return refuse('invalid', 'malformed', 'answer: wanted GET, HEAD or POST');
    const type = String(request.headers['content-type'] ?? '').split(';')[0]!;
    if (type !== 'application/jose+json') return refuse('invalid', 'malformed', 'answer: wanted application/jose+json');
    const jws = readJws(request.body);
    if (!jws.ok) return jws;
    if (jws.value.url !== this.#at(path))
      return refuse('forbidden', 'unauthorized', 'answer: what was signed is meant for another address');
    if (!this.#nonces.use(jws.value.nonce)) return refuse('invalid', 'badNonce', 'answer: wanted a fresh nonce');
    if (path === 'new-account') return this.#newAccount(jws.value, request.address);
    if (path === 'revoke-cert') return this.#revoke(jws.value);
    const account = this.#accountOf(jws.value);
    if (!account.ok) return account;
    return this.#route(path, { jws: jws.value, account: account.value });
  }

  #open(path: string): Result<AcmeAnswer, Refusal> {
    if (path === 'new-nonce') return ok({ status: 204 });
    if (path !== 'directory') return refuse('not-found', 'malformed', 'answer: there is nothing here');
    const body = {
      newNonce: this.#at('new-nonce'),
      newAccount: this.#at('new-account'),
      newOrder: this.#at('new-order'),
      revokeCert: this.#at('revoke-cert'),
      keyChange: this.#at('key-change'),
      meta: { externalAccountRequired: true },
    };
    return ok({ status: 200, body });
  }

  #accountOf(jws: Jws): Result<Account, Refusal> {
    const kid = 'kid' in jws.by ? jws.by.kid : '';
    const base = this.#at('account/');
    const account = kid.startsWith(base) ? this.#parts.accounts.get(kid.slice(base.length)) : undefined;
    if (!account) return refuse('invalid', 'accountDoesNotExist', 'answer: wanted the account in kid');
    if (!isSignedBy(jws, account.jwk)) return refuse('forbidden', 'unauthorized', 'answer: the signature is not right');
    if (account.state !== 'valid') return refuse('forbidden', 'unauthorized', 'answer: the account is deactivated');
    return ok(account);
  }

  #route(path: string, asked: Asked): Answered {
    const [kind = '', id = '', more] = path.split('/');
    if (path === 'new-order') return this.#newOrder(asked);
    if (path === 'key-change') return this.#changeKey(asked);
    if (kind === 'account' && id === asked.account.id)
      return more === 'orders' ? this.#ordersOf(asked) : this.#account(asked);
    if (kind === 'order') return this.#order(id, more, asked);
    if (kind === 'authz' || kind === 'challenge') return this.#authorization(id, kind, asked);
    if (kind === 'certificate') return this.#certificate(id, asked);
    return refuse('not-found', 'malformed', 'answer: there is nothing here');
  }

  /** A new key needs a binding that a person had made for a network; a key that is known gets its account again. */
  async #newAccount(jws: Jws, address: string): Promise<Result<AcmeAnswer, Refusal>> {
    const { accounts, clock } = this.#parts;
    if (!('jwk' in jws.by) || !isSignedBy(jws, jws.by.jwk))
      return refuse('forbidden', 'unauthorized', 'open account: wanted it signed by the key that came along');
    const { jwk } = jws.by;
    const known = accounts.byKey(jwk);
    if (known) return ok(this.#shown(known, 200));
    if (jws.payload?.['onlyReturnExisting'] === true)
      return refuse('invalid', 'accountDoesNotExist', 'open account: this key has none');
    if (this.#failures.waitMs(address, clock()) > 0)
      return refuse('unavailable', 'rateLimited', 'open account: too many failed attempts, wanted none for a while');
    const binding = jws.payload?.['externalAccountBinding'];
    if (binding === undefined)
      return refuse('forbidden', 'externalAccountRequired', 'open account: wanted the binding that the city gave');
    const kid = bindingKid(binding) ?? '';
    const secret = accounts.binding(kid);
    if (!secret || !isBound(binding, { jwk, url: jws.url, key: secret.key })) {
      this.#failures.failed(address, clock());
      return refuse('forbidden', 'unauthorized', 'open account: the binding is not valid, was used, or is too old');
    }
    const allowed = this.#mayEnrol(secret.network);
    if (!allowed.ok) return allowed;
    const opened = await accounts.open(kid, jwk);
    return opened.ok ? ok(this.#shown(opened.value, 201)) : opened;
  }

  #shown({ id, state }: Account, status: number): AcmeAnswer {
    return {
      status,
      headers: { location: this.#at(`account/${id}`) },
      body: { status: state, orders: this.#at(`account/${id}/orders`) },
    };
  }

  async #account({ jws, account }: Asked): Promise<Result<AcmeAnswer, Refusal>> {
    const ends = jws.payload?.['status'] === 'deactivated';
    return ok(this.#shown(ends ? await this.#parts.accounts.deactivate(account) : account, 200));
  }

  #ordersOf({ account }: Asked): Result<AcmeAnswer, Refusal> {
    const under = this.#parts.orders.of(account.id).filter((one) => stateOf(one) !== 'invalid');
    return ok({ status: 200, body: { orders: under.map(({ id }) => this.#at(`order/${id}`)) } });
  }

  /** Both keys have signed: the account's the request, the new one what is within (RFC 8555 7.3.5). */
  async #changeKey({ jws, account }: Asked): Promise<Result<AcmeAnswer, Refusal>> {
    const jwk = newKeyIn(jws, { account, url: this.#at(`account/${account.id}`) });
    if (!jwk.ok) return jwk;
    const { accounts } = this.#parts;
    const other = accounts.byKey(jwk.value);
    if (other) {
      const headers = { location: this.#at(`account/${other.id}`) };
      return ok(conflictOf('change key: another account has the new key, wanted one of its own', headers));
    }
    return ok(this.#shown(await accounts.changeKey(account, jwk.value), 200));
  }

  /** Whatever the account proved: a network that is held, revoked or ended gets no certificate. */
  #mayEnrol(network: string): Result<void, Refusal> {
    const standing = this.#parts.standing(network);
    const kind = this.#parts.holder(network)?.class ?? '';
    if (standing !== 'active' && standing !== 'none')
      return refuse('forbidden', 'unauthorized', `order for "${network}": it is ${standing}`);
    const attributes = { name: network, kind, standing };
    const principal = { type: 'Network', id: network, roles: [], attributes } as const;
    const allowed = this.#parts.authorise?.(principal, 'enrolNetwork', THE_CITY) ?? ok(undefined);
    return allowed.ok ? allowed : refuse('forbidden', 'unauthorized', allowed.error.message);
  }

  async #newOrder({ jws, account }: Asked): Promise<Result<AcmeAnswer, Refusal>> {
    const allowed = this.#mayEnrol(account.network);
    if (!allowed.ok) return allowed;
    const names = readNames(jws.payload?.['identifiers'], account);
    if (!names.ok) return names;
    const order = await this.#parts.orders.add(account, names.value);
    return order.ok ? ok(this.#ordered(order.value, 201)) : order;
  }

  #ordered(order: Order, status = 200): AcmeAnswer {
    const state = stateOf(order);
    const body = {
      status: state,
      expires: new Date(order.expires).toISOString(),
      identifiers: order.names.map((value) => ({ type: 'dns', value })),
      authorizations: order.authorizations.map(({ id }) => this.#at(`authz/${id}`)),
      finalize: this.#at(`order/${order.id}/finalize`),
      ...(state === 'valid' ? { certificate: this.#at(`certificate/${order.id}`) } : {}),
    };
    return { status, headers: { location: this.#at(`order/${order.id}`) }, body };
  }

  #order(id: string, more: string | undefined, { jws, account }: Asked): Answered {
    const order = this.#parts.orders.get(id, account.id);
    if (!order) return refuse('not-found', 'malformed', 'answer: there is no such order, or it is too old');
    if (more === 'finalize') return this.#finalize(order, jws);
    return more === undefined ? ok(this.#ordered(order)) : refuse('not-found', 'malformed', 'answer: nothing here');
  }

  async #finalize(order: Order, jws: Jws): Promise<Result<AcmeAnswer, Refusal>> {
    if (stateOf(order) !== 'ready')
      return refuse('forbidden', 'orderNotReady', `finalize: the order is ${stateOf(order)}, wanted it ready`);
    const allowed = this.#mayEnrol(order.network);
    if (!allowed.ok) return allowed;
    const csr = jws.payload?.['csr'];
    if (typeof csr !== 'string' || csr.length > 2 * REQUEST_MAX_BYTES)
      return refuse('invalid', 'badCSR', 'finalize: wanted a request');
    const request = parseSigningRequest(Buffer.from(csr, 'base64url'));
    if (!request.ok) return refuse('invalid', 'badCSR', request.error.message);
    const names = checkRequestNames(request.value, order);
    if (!names.ok) return names;
    order.state = 'processing'; // before anything is awaited: an order is good for one certificate
    if (!(await provesPossession(request.value))) {
      order.state = 'open';
      return refuse('invalid', 'badCSR', 'finalize: the request is not signed by the key in it');
    }
    const { enrolment, authority } = this.#parts;
    const issued = await enrolment.certifyNetwork(order.network, { spki: request.value.spki, names: order.names });
    if (!issued.ok) {
      order.state = issued.error.kind === 'unavailable' ? 'open' : 'invalid';
      await this.#parts.orders.save(order);
      return issued.error.kind === 'unavailable' ? refuse('unavailable', 'rateLimited', issued.error.message) : issued;
    }
    order.certificate = `${certificatePem(issued.value)}${authority.issuingPem}`;
    order.state = 'valid';
    await this.#parts.orders.save(order);
    return ok(this.#ordered(order));
  }

  #certificate(id: string, { account }: Asked): Result<AcmeAnswer, Refusal> {
    const pem = this.#parts.orders.get(id, account.id)?.certificate ?? null;
    return pem === null
      ? refuse('not-found', 'malformed', 'answer: there is no such certificate')
      : ok({ status: 200, text: pem, type: 'application/pem-certificate-chain' });
  }

  async #authorization(
    id: string,
    kind: 'authz' | 'challenge',
    { jws, account }: Asked,
  ): Promise<Result<AcmeAnswer, Refusal>> {
    const found = this.#parts.orders.authorization(id, account.id);
    if (!found) return refuse('not-found', 'malformed', 'answer: there is no such authorization, or it is too old');
    const { one, order } = found;
    if (kind === 'authz') {
      if (jws.payload?.['status'] === 'deactivated') await this.#deactivate(found);
      return ok({ status: 200, headers: RETRY, body: this.#authorized(one, order) });
    }
    if (jws.payload !== null && one.state === 'pending') {
      if (this.#proofs >= PROOFS_AT_ONCE_MAX)
        return refuse('unavailable', 'rateLimited', 'prove: many hosts are being asked, wanted another attempt later');
      one.state = 'processing';
      const proving = this.#prove(found);
      await this.#parts.orders.save(order);
      void proving;
    }
    const links = { ...RETRY, link: `<${this.#at(`authz/${id}`)}>;rel="up"` };
    return ok({ status: 200, headers: links, body: this.#challenge(one) });
  }

  /** Whoever gives a name up gets nothing by it any more, and neither does an order that counted on it (RFC 8555 7.5.2). */
  async #deactivate({ one, order }: FoundAuthorization): Promise<void> {
    one.state = 'deactivated';
    await this.#parts.orders.save(order);
  }

  #authorized(one: Authorization, order: Order) {
    return {
      status: one.state === 'processing' ? 'pending' : one.state,
      expires: new Date(order.expires).toISOString(),
      identifier: { type: 'dns', value: one.name },
      challenges: [this.#challenge(one)],
    };
  }

  #challenge({ id, token, state, problem }: Authorization) {
    const type = 'urn:ietf:params:acme:error:incorrectResponse';
    const error = problem === null ? {} : { error: { type, detail: problem } };
    const status = state === 'deactivated' ? 'invalid' : state; // a challenge has no such state (RFC 8555 7.1.6)
    return { type: 'http-01', url: this.#at(`challenge/${id}`), status, token, ...error };
  }

  async #prove({ one, order }: FoundAuthorization): Promise<void> {
    const { hosts, log, accounts, orders } = this.#parts;
    const account = accounts.get(order.account);
    if (!hosts || !account) return;
    this.#proofs++;
    try {
      const wanted = `${one.token}.${thumbprintOf(account.jwk)}`;
      const problem = await provedBy(hosts, { name: one.name, token: one.token, wanted });
      if (one.state !== 'processing') return; // given up meanwhile
      one.problem = problem;
      one.state = problem === null ? 'valid' : 'invalid';
      if (problem !== null) log.info('an ACME challenge was not met', { name: one.name, problem });
      await orders.save(order);
    } catch (fault) {
      log.warn('the outcome of an ACME challenge was not kept', { name: one.name, err: fault });
    } finally {
      this.#proofs--;
    }
  }

  /** By the account of the network, or by the certificate's own key (RFC 8555 7.6). */
  async #revoke(jws: Jws): Promise<Result<AcmeAnswer, Refusal>> {
    const certificate = certificateIn(jws.payload?.['certificate']);
    const holder = certificate && this.#parts.authority.holderOf(certificate);
    if (!certificate || holder?.type !== 'network')
      return refuse('invalid', 'malformed', 'revoke: wanted a certificate of a network of this city');
    if ('jwk' in jws.by) {
      const own = certificate.publicKey.export({ format: 'jwk' });
      const same = own.x === jws.by.jwk.x && own.crv === jws.by.jwk.crv;
      if (!same || !isSignedBy(jws, jws.by.jwk))
        return refuse('forbidden', 'unauthorized', 'revoke: wanted it signed by the certificate’s own key');
    } else {
      const account = this.#accountOf(jws);
      if (!account.ok) return account;
      if (account.value.network !== holder.id)
        return refuse('forbidden', 'unauthorized', 'revoke: the certificate is of another network');
    }
    const withdrawn = await this.#parts.withdraw(certificate.serialNumber.toUpperCase(), holder.id);
    return withdrawn.ok ? ok({ status: 200 }) : withdrawn;
  }
}

const RETRY = { 'retry-after': '1' } as const;
function certificateIn(given: unknown): X509Certificate | null {
  if (typeof given !== 'string' || given.length > CERTIFICATE_MAX_CHARS) return null;
  try {
    return new X509Certificate(Buffer.from(given, 'base64url'));
  } catch {
    return null;
  }
}
