/** Cloud services: registered, given secrets, keys and certificates, asked on every call, and ended at once. */
import { createHash, createPublicKey, randomBytes, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { SERVICES_MAX, type FactType, type Reach, type ServiceDraft, type ServiceIdentity } from '@cityward/contracts';
import { HOUR_MS, MINUTE_MS, ok, refuse, type Clock, type Json, type Refusal, type Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql, Tx } from '@cityward/sql';
import { certificatePem, type Authority } from './authority.ts';
import { hashOf, newCode, sameHash, normaliseCode } from './codes.ts';
import { checkNames } from './domain/enrolment.ts';
import { spiffeOf } from './domain/names.ts';
import type { ShownBy } from './domain/service-health.ts';
import {
  decideReach,
  decideRegister,
  serviceUnknown,
  SERVICE_CODE_LIFE_MS,
  type ServiceRecord,
} from './domain/services.ts';
import { readRequest } from './enrolment-desk.ts';
import { openJournal, type Journal, createSaver, type Saver } from '@cityward/journal';
import { createLimiter } from './limiter.ts';
import type { Register } from './register.ts';
import * as store from './services-store.ts';
import type { ServiceCertificate, ServiceTables } from './services-store.ts';

const SECRET_BYTES = 32;
const CODE_SYMBOLS = 20; // 100 bits
const CODE_GROUP = 5;
const TOUCH_MS = MINUTE_MS;
const RSA_BITS_MIN = 2_048;
/** An hour: one that renews far too often is stopped before it fills the table. */
const CERTIFICATES_MAX = 30;
const LISTED_AFTER_END_MS = 48 * HOUR_MS;

interface Ended {
  readonly sequence: number;
  readonly service: string;
  readonly at: number;
  readonly by: string;
  readonly reason: string;
}
export interface ServicesParts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly folder: string;
  readonly authority: Authority;
  readonly register: Register;
  /** A device or network has this id. */
  readonly taken: (id: string) => boolean;
  readonly isOwner: (id: string) => boolean;
  readonly isSite: (id: string) => boolean;
}
type Changed = Promise<Result<ServiceIdentity, Refusal>>;

export class Services {
  readonly #parts: ServicesParts;
  readonly #journal: Journal<Ended>;
  readonly #saver: Saver;
  readonly #all = new Map<string, ServiceRecord>();
  readonly #certificates = new Map<string, ServiceCertificate>();
  readonly #used = new Map<string, number>();
  readonly #limiter = createLimiter({ failuresMax: CERTIFICATES_MAX, windowMs: HOUR_MS, keysMax: SERVICES_MAX });
  readonly #timer: NodeJS.Timeout;

  private constructor(parts: ServicesParts, journal: Journal<Ended>) {
    this.#parts = parts;
    this.#journal = journal;
    this.#saver = createSaver(parts.sql, parts.log);
    this.#timer = setInterval(() => void this.#touch(), TOUCH_MS).unref();
  }

  static async open(parts: ServicesParts): Promise<Services> {
    const path = join(parts.folder, 'services.journal');
    const journal = await openJournal<Ended>({ path, after: 0, about: (entry) => entry.service });
    const made = new Services(parts, journal);
    const db = parts.sql.for<ServiceTables>();
    for (const service of await store.readServices(db)) made.#all.set(service.id, service);
    for (const certificate of await store.readCertificates(db, parts.clock() - LISTED_AFTER_END_MS))
      made.#keep(certificate);
    for (const { service: id, at, by, reason } of journal.entries) {
      const service = made.#all.get(id);
      if (service && !service.ended) await made.#ended({ ...service, ended: { at, by, reason } });
    }
    return made;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#touch();
    await this.#saver.stop();
    await this.#journal.close();
  }

  record(id: string): ServiceRecord | undefined {
    return this.#all.get(id);
  }

  /** One that has not ended. */
  active(id: string): ServiceRecord | null {
    const service = this.#all.get(id);
    return service && !service.ended ? service : null;
  }

  has(id: string): boolean {
    return this.#all.has(id);
  }

  list(): ServiceIdentity[] {
    return [...this.#all.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).map((one) => this.#face(one));
  }

  async add(draft: ServiceDraft, by: string): Changed {
    const { isOwner, isSite, taken, clock } = this.#parts;
    const decision = decideRegister(draft, {
      count: this.#all.size,
      max: SERVICES_MAX,
      known: this.#all.has(draft.id),
      taken: taken(draft.id),
      isOwner,
      isSite,
    });
    if (!decision.ok) return decision;
    const none = { secret: null, publicKey: null, code: null, lastUsed: null, ended: null };
    const service: ServiceRecord = { ...draft, registered: clock(), by, ...none };
    this.#all.set(draft.id, service); // at once, so that a second registration of this id loses
    try {
      const { owner, reach } = draft;
      await this.#save(service, { type: 'service.registered', actor: by, data: { owner, ...reachFact(reach) } });
    } catch (fault) {
      this.#all.delete(draft.id);
      throw fault;
    }
    return ok(this.#face(service));
  }

  async setReach(id: string, reach: Reach, by: string): Changed {
    const found = this.#living('set reach of', id);
    if (!found.ok) return found;
    const decision = decideReach(id, reach, this.#parts);
    if (!decision.ok) return decision;
    return this.#change({ ...found.value, reach }, { type: 'service.changed', actor: by, data: reachFact(reach) });
  }

  async setKey(id: string, publicKey: string, by: string): Changed {
    const found = this.#living('set key of', id);
    if (!found.ok) return found;
    const key = acceptedKey(publicKey);
    if (!key)
      return refuse(
        'invalid',
        'KEY_NOT_ACCEPTED',
        `set key of "${id}": wanted a public key in PEM: P-256, P-384, Ed25519 or RSA of ${RSA_BITS_MIN} bits and more`,
      );
    const data = { publicKey: keyHash(key) };
    const pem = key.export({ type: 'spki', format: 'pem' }) as string;
    return this.#change({ ...found.value, publicKey: pem }, { type: 'service.changed', actor: by, data });
  }

  /** A new secret, to be shown once. */
  async issueSecret(id: string, by: string): Promise<Result<string, Refusal>> {
    const found = this.#living('make secret for', id);
    if (!found.ok) return found;
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const next = { ...found.value, secret: { hash: hashOf(id, secret), at: this.#parts.clock() } };
    const changed = await this.#change(next, { type: 'service.secret-issued', actor: by, data: {} });
    return changed.ok ? ok(secret) : changed;
  }

  isSecret(id: string, secret: string): boolean {
    const hash = this.active(id)?.secret?.hash;
    return sameHash(hash ?? '0'.repeat(64), hashOf(id, secret)) && hash !== undefined;
  }

  /** A one-time code for the first certificate; the one before ends. */
  async issueCode(id: string, by: string): Promise<Result<{ code: string; expires: number }, Refusal>> {
    const found = this.#living('issue code for', id);
    if (!found.ok) return found;
    const code = newCode(CODE_SYMBOLS, CODE_GROUP);
    const expires = this.#parts.clock() + SERVICE_CODE_LIFE_MS;
    const next = { ...found.value, code: { hash: hashOf(id, normaliseCode(code)), expires } };
    const changed = await this.#change(next, { type: 'service.code-issued', actor: by, data: { expires } });
    return changed.ok ? ok({ code, expires }) : changed;
  }

  /** Is this code good now? Using it up is for `certify`. */
  isCode(id: string, code: string): boolean {
    const kept = this.active(id)?.code ?? null;
    const same = sameHash(kept?.hash ?? '0'.repeat(64), hashOf(id, normaliseCode(code)));
    return same && kept !== null && kept.expires > this.#parts.clock();
  }

  /** Which living service shows this certificate? Asked on every call: TLS trusts a resumed session for ever. */
  certified(serial: string): ServiceRecord | null {
    const found = this.#certificates.get(serial.toUpperCase());
    const now = this.#parts.clock();
    if (!found || now > found.notAfter || now < found.notBefore) return null;
    return this.active(found.service);
  }

  /** A certificate for the key in the request. `code` is used up by it. PEM. */
  async certify(id: string, body: Uint8Array, how: { readonly code: boolean }): Promise<Result<string, Refusal>> {
    const { authority, clock } = this.#parts;
    const found = this.#living('certify', id);
    if (!found.ok) return found;
    const now = clock();
    const waitMs = this.#limiter.waitMs(id, now);
    if (waitMs > 0)
      return refuse('unavailable', 'TOO_MANY_ATTEMPTS', `certify "${id}": wanted at most ${CERTIFICATES_MAX} an hour`);
    const spiffe = spiffeOf(authority.trustDomain, id, 'service');
    const request = await readRequest(body, id, (read) => checkNames(read, id, spiffe));
    if (!request.ok) return request;
    const still = this.#living('certify', id);
    if (!still.ok) return still;
    if (how.code && still.value.code !== found.value.code)
      return refuse('forbidden', 'CODE_NOT_VALID', `certify "${id}": wanted the code that was issued last, unused`);
    this.#limiter.failed(id, now);
    const issued = authority.issueService(id, request.value.spki, now);
    const { serial, keyHash: hash, notBefore, notAfter } = issued;
    const certificate: ServiceCertificate = { serial, service: id, keyHash: hash, notBefore, notAfter };
    // Before anything is awaited: a second request with the same code loses.
    const next = how.code ? { ...still.value, code: null } : still.value;
    this.#all.set(id, next);
    try {
      await this.#parts.sql.transact(async (tx) => {
        await store.putService(tx.for<ServiceTables>(), next);
        await store.addCertificate(tx.for<ServiceTables>(), certificate);
        this.#fact(tx, id, { type: 'service.certified', actor: id, data: { serial, notAfter, byCode: how.code } });
      });
    } catch (fault) {
      if (this.#all.get(id) === next) this.#all.set(id, still.value);
      throw fault;
    }
    this.#keep(certificate);
    if (!this.active(id)) return this.#living('certify', id) as Result<never, Refusal>;
    return ok(certificatePem(issued.der));
  }

  /** In the journal first, then at once everywhere: no token, secret or certificate of it counts from then on. */
  async end(id: string, { reason, by }: { readonly reason: string; readonly by: string }): Changed {
    const found = this.#living('end', id);
    if (!found.ok) return found;
    const at = this.#parts.clock();
    await this.#journal.append([{ service: id, at, by, reason }]);
    await this.#ended({ ...this.#all.get(id)!, ended: { at, by, reason } });
    return ok(this.#face(this.#all.get(id)!));
  }

  /** What it has to be known by; null for one that has ended. */
  shownBy(id: string): ShownBy | null {
    const service = this.active(id);
    if (!service) return null;
    const ends = [...this.#certificates.values()].filter((one) => one.service === id).map(({ notAfter }) => notAfter);
    const certificateEnds = ends.length > 0 ? Math.max(...ends) : null;
    return { certificateEnds, hasKey: service.publicKey !== null, secretAt: service.secret?.at ?? null };
  }

  /** It asked for something. */
  used(id: string): void {
    this.#used.set(id, this.#parts.clock());
  }

  async #ended(service: ServiceRecord): Promise<void> {
    const over = { ...service, secret: null, code: null };
    const { at, by, reason } = service.ended!;
    this.#all.set(service.id, over);
    for (const { serial, service: owner, notAfter } of this.#certificates.values())
      if (owner === service.id) this.#parts.register.endOther(serial, at, notAfter);
    await this.#saver.save(async (tx) => {
      if (await store.endService(tx.for<ServiceTables>(), over))
        this.#fact(tx, service.id, { type: 'service.ended', actor: by, data: { reason } });
    });
  }

  #keep(certificate: ServiceCertificate): void {
    const { register } = this.#parts;
    this.#certificates.set(certificate.serial, certificate);
    register.addOther(certificate.serial);
    const ended = this.#all.get(certificate.service)?.ended;
    if (ended) register.endOther(certificate.serial, ended.at, certificate.notAfter);
    for (const old of this.#certificates.values()) {
      if (old.notAfter + LISTED_AFTER_END_MS > this.#parts.clock()) break; // oldest first
      this.#certificates.delete(old.serial);
    }
  }

  #living(verb: string, id: string): Result<ServiceRecord, Refusal> {
    const service = this.#all.get(id);
    if (!service) return serviceUnknown(id);
    return service.ended
      ? refuse('conflict', 'SERVICE_ENDED', `${verb} "${id}": the service has ended, wanted one that has not`)
      : ok(service);
  }

  /** Saved, then in force; whatever ended it meanwhile stands. */
  async #change(next: ServiceRecord, fact: ServiceFact): Changed {
    await this.#save(next, fact);
    const { ended } = this.#all.get(next.id)!;
    if (!ended) this.#all.set(next.id, next);
    const found = this.#living('change', next.id);
    return found.ok ? ok(this.#face(next)) : found;
  }

  #save(service: ServiceRecord, fact: ServiceFact): Promise<void> {
    return this.#parts.sql.transact(async (tx) => {
      await store.putService(tx.for<ServiceTables>(), service);
      this.#fact(tx, service.id, fact);
    });
  }

  #fact(tx: Tx, subject: string, fact: ServiceFact): void {
    tx.record({ module: 'identity', ...fact, subject, at: this.#parts.clock() });
  }

  async #touch(): Promise<void> {
    if (this.#used.size === 0) return;
    const used = [...this.#used];
    this.#used.clear();
    for (const [id, at] of used) {
      const service = this.#all.get(id);
      if (service) this.#all.set(id, { ...service, lastUsed: at });
    }
    await this.#saver.save((tx) => store.touchServices(tx.for<ServiceTables>(), used));
  }

  #face(service: ServiceRecord): ServiceIdentity {
    const { id, name, owner, reach, registered, by, secret, publicKey, ended } = service;
    const now = this.#parts.clock();
    const own = [...this.#certificates.values()].filter((one) => one.service === id && one.notAfter > now && !ended);
    const newest = own.at(-1);
    return {
      id,
      name,
      owner,
      reach: { data: [...reach.data], sites: [...reach.sites] },
      state: ended ? 'ended' : 'active',
      registered,
      by,
      secret: secret?.at ?? null,
      publicKey: publicKey ? keyHash(createPublicKey(publicKey)) : null,
      spiffe: spiffeOf(this.#parts.authority.trustDomain, id, 'service'),
      certificate: newest ? { serial: newest.serial, notAfter: newest.notAfter } : null,
      lastUsed: this.#used.get(id) ?? service.lastUsed,
      ended: ended ? { ...ended } : null,
    };
  }
}

interface ServiceFact {
  readonly type: FactType;
  readonly actor: string;
  readonly data: { readonly [key: string]: Json };
}
const reachFact = ({ data, sites }: Reach) => ({ data: [...data], sites: [...sites] });
const keyHash = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');

/** A public key that assertions may be signed with; null for any other, a private one too. */
function acceptedKey(pem: string): KeyObject | null {
  if (!pem.includes('BEGIN PUBLIC KEY')) return null;
  try {
    const key = createPublicKey(pem);
    const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
    if (key.asymmetricKeyType === 'ed25519') return key;
    if (key.asymmetricKeyType === 'ec' && (namedCurve === 'prime256v1' || namedCurve === 'secp384r1')) return key;
    return key.asymmetricKeyType === 'rsa' && (modulusLength ?? 0) >= RSA_BITS_MIN ? key : null;
  } catch {
    return null;
  }
}
