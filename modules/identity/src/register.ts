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
}

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

  /** Certificates that nobody may trust now: ended ones, and the live ones of held and revoked devices. */
  revokedEntries(now: number): RevokedEntry[] {
    const entries: RevokedEntry[] = [];
    for (const serial of this.#ended) {
      const record = this.#certificates.get(serial);
      if (!record || record.notAfter + LISTED_AFTER_END_MS < now) continue;
      const reason = record.state === 'superseded' ? 'superseded' : 'withdrawn';
      entries.push({ serial, at: record.endedAt ?? now, reason });
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
