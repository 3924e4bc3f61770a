/** What is known of devices' certificates, restrictions and codes, in memory: every connection and message asks it. */
import { HOUR_MS } from '@cityward/kernel';
import type { IssuedRecord } from './domain/enrolment.ts';
import type { RevokedEntry } from './domain/revocation-list.ts';
import { inForce, standingOf, type Restriction, type Standing } from './domain/standing.ts';
import type { CodeRow, DeviceRow, StoredCertificate } from './store.ts';

/** A revoked certificate stays listed until after its end (RFC 5280 3.3: at least one list beyond it). */
const LISTED_AFTER_END_MS = 48 * HOUR_MS;

export interface Code {
  readonly hash: string;
  readonly issued: number;
  readonly expires: number;
  used: number | null;
  readonly approval: boolean;
}

/** Which factory key holds which serial. */
export interface Claim {
  readonly serial: string;
  readonly device: string;
  readonly keyHash: string;
  readonly root: string;
  readonly claimed: number;
  readonly ended: number | null;
}

/** What the authority knows of a certificate by its serial; `unknown` for one that it never signed. */
export type CertificateState =
  | { readonly state: 'good' | 'unknown' }
  | { readonly state: 'revoked'; readonly at: number; readonly reason: RevokedEntry['reason'] };

interface Entry {
  restriction: Restriction | null;
  sequence: number;
  /** Serials of live certificates, oldest first. */
  live: string[];
  /** The serial that was issued last, whatever became of it. */
  latest: string | null;
}

/** Everything is by device id or serial; `now` in milliseconds since 1970. */
export class Register {
  readonly #devices = new Map<string, Entry>();
  readonly #certificates = new Map<string, StoredCertificate>();
  readonly #codes = new Map<string, Code>();
  readonly #restricted = new Map<string, Restriction>();
  readonly #ended = new Set<string>();
  readonly #others = new Set<string>();
  readonly #endedOthers = new Map<string, { readonly at: number; readonly notAfter: number }>();
  readonly #claims = new Map<string, Claim>();
  /** Serial of the living claim, by device. */
  readonly #claimed = new Map<string, string>();

  load(devices: readonly DeviceRow[], certificates: readonly StoredCertificate[], codes: readonly CodeRow[]): void {
    for (const row of devices) this.restrict(row.id, row.restriction, row.sequence);
    for (const record of [...certificates].sort((a, b) => a.notBefore - b.notBefore)) this.#keep(record);
    for (const { device, ...code } of codes) this.#codes.set(device, code);
  }

  standing(device: string, now: number): Standing {
    const found = this.#devices.get(device);
    if (!found) return 'none';
    const certificate = this.newest(device);
    return standingOf(found.restriction, certificate !== undefined && certificate.notAfter >= now, now);
  }

  restriction(device: string): Restriction | null {
    return this.#devices.get(device)?.restriction ?? null;
  }

  /** The last change of the journal that is contained. */
  sequence(device: string): number {
    return this.#devices.get(device)?.sequence ?? 0;
  }

  /** Sets what a journal change, or its lifting, led to. */
  restrict(device: string, restriction: Restriction | null, sequence?: number): void {
    const found = this.#entry(device);
    found.restriction = restriction;
    if (sequence !== undefined) found.sequence = sequence;
    if (restriction) this.#restricted.set(device, restriction);
    else this.#restricted.delete(device);
  }

  /** Devices with a restriction, whatever its kind, ended holds among them. */
  restricted(): readonly (readonly [string, Restriction])[] {
    return [...this.#restricted];
  }

  certificate(serial: string): IssuedRecord | undefined {
    return this.#certificates.get(serial);
  }

  /** Everybody who was ever certified, whatever became of it. */
  *holders(): Iterable<string> {
    for (const [id, { latest }] of this.#devices) if (latest !== null) yield id;
  }

  liveSerials(device: string): readonly string[] {
    return this.#devices.get(device)?.live ?? [];
  }

  /** The newest live certificate. */
  newest(device: string): IssuedRecord | undefined {
    const serial = this.#devices.get(device)?.live.at(-1);
    return serial === undefined ? undefined : this.#certificates.get(serial);
  }

  /** The certificate that was issued last, whatever became of it. */
  latest(device: string): IssuedRecord | undefined {
    const serial = this.#devices.get(device)?.latest ?? null;
    return serial === null ? undefined : this.#certificates.get(serial);
  }

  addLive(record: Omit<IssuedRecord, 'state'>): void {
    this.#keep({ ...record, state: 'live', endedAt: null });
  }

  end(serials: readonly string[], state: 'superseded' | 'revoked', at: number): void {
    for (const serial of serials) {
      const record = this.#certificates.get(serial);
      if (!record || record.state === 'revoked') continue;
      this.#certificates.set(serial, { ...record, state, endedAt: at });
      this.#ended.add(serial);
      const owner = this.#entry(record.device);
      owner.live = owner.live.filter((live) => live !== serial);
    }
  }

  code(device: string): Code | undefined {
    return this.#codes.get(device);
  }

  setCode(device: string, code: Code | null): void {
    if (code) this.#codes.set(device, code);
    else this.#codes.delete(device);
  }

  addOther(serial: string): void {
    this.#others.add(serial);
  }

  /** One that is of no device was withdrawn before its end. */
  endOther(serial: string, at: number, notAfter: number): void {
    this.#endedOthers.set(serial, { at, notAfter });
  }

  claim(serial: string): Claim | undefined {
    return this.#claims.get(serial);
  }

  setClaim(claim: Claim): void {
    this.#claims.set(claim.serial, claim);
    if (claim.ended === null) this.#claimed.set(claim.device, claim.serial);
    else if (this.#claimed.get(claim.device) === claim.serial) this.#claimed.delete(claim.device);
  }

  /** The living claim of a device. */
  claimOf(device: string): Claim | undefined {
    const serial = this.#claimed.get(device);
    return serial === undefined ? undefined : this.#claims.get(serial);
  }

  endClaim(device: string, at: number): void {
    const claim = this.claimOf(device);
    if (claim) this.setClaim({ ...claim, ended: at });
  }

  /** For one who asks about a single certificate: the same that the list of all says. */
  stateOf(serial: string, now: number): CertificateState {
    const record = this.#certificates.get(serial);
    const other = record ? undefined : this.#endedOthers.get(serial);
    if (other) return { state: 'revoked', at: other.at, reason: 'withdrawn' };
    if (!record) return { state: this.#others.has(serial) ? 'good' : 'unknown' };
    const current = inForce(this.restriction(record.device), now);
    if (record.state !== 'live') return revokedAs(record, now);
    if (!current) return { state: 'good' };
    return { state: 'revoked', at: current.at, reason: current.kind === 'held' ? 'hold' : 'withdrawn' };
  }

  /** Certificates that nobody may trust now: ended ones, and the live ones of held and revoked devices. */
  revokedEntries(now: number): RevokedEntry[] {
    const entries: RevokedEntry[] = [];
    for (const [serial, { at, notAfter }] of this.#endedOthers)
      if (notAfter + LISTED_AFTER_END_MS >= now) entries.push({ serial, at, reason: 'withdrawn' });
    for (const serial of this.#ended) {
      const record = this.#certificates.get(serial);
      if (!record || record.notAfter + LISTED_AFTER_END_MS < now) continue;
      const { at, reason } = revokedAs(record, now);
      entries.push({ serial, at, reason });
    }
    for (const [device, restriction] of this.#restricted) {
      const current = inForce(restriction, now);
      if (!current) continue;
      const reason = current.kind === 'held' ? 'hold' : 'withdrawn';
      for (const serial of this.liveSerials(device)) entries.push({ serial, at: current.at, reason });
    }
    return entries;
  }

  #entry(device: string): Entry {
    let found = this.#devices.get(device);
    if (!found) this.#devices.set(device, (found = { restriction: null, sequence: 0, live: [], latest: null }));
    return found;
  }

  #keep(record: StoredCertificate): void {
    this.#certificates.set(record.serial, record);
    const owner = this.#entry(record.device);
    owner.latest = record.serial;
    if (record.state === 'live') owner.live.push(record.serial);
    else this.#ended.add(record.serial);
  }
}

const revokedAs = (record: StoredCertificate, now: number) => ({
  state: 'revoked' as const,
  at: record.endedAt ?? now,
  reason: record.state === 'superseded' ? ('superseded' as const) : ('withdrawn' as const),
});
