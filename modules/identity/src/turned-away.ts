/** Who sits in quarantine without proof: ended there once the device that it says it is has a new certificate, so that it joins anew. */
import { SECOND_MS, type Clock } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql, Tx } from '@cityward/sql';
import { stationOf, type PortAccess } from './domain/port-access.ts';
import type { AccountingNote, Movable, Recorded, Wanted } from './ports.ts';
import { deleteTurnedAway, putTurnedAway, readTurnedAway, type TurnedAwayRow } from './turned-away-store.ts';

/** The oldest make room. */
export const TURNED_AWAY_MAX = 10_000;
/** Anybody at a plug may say that it is this device; the oldest makes room. */
const PER_DEVICE_MAX = 8;
/** A device that still shows its old certificate is asked so often to come anew, then left until its next one. */
export const ANEW_MAX = 3;
/** It has its certificate from the very network that is about to be cut: time to put it in place. */
const PAUSE_FIRST_MS = 10 * SECOND_MS;
const PAUSE_GROWS = 4;

/** What a switch, or the RADIUS server, says of somebody who was not let in by certificate. */
export interface TurnedAwayNote {
  readonly nas: string;
  readonly station: string;
  readonly port: string | null;
  readonly userName: string;
  readonly acctSessionId: string | null;
}
export interface TurnedAwayParts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly isKnown: (device: string) => boolean;
  readonly accessOf: (device: string) => PortAccess;
  /** The serial of the device's newest certificate. */
  readonly newest: (device: string) => string | null;
  /** Whose session was there last; null for nobody's. */
  readonly sessionAt: (nas: string, station: string) => string | null;
  readonly quarantine: () => number;
  /** For tests. */
  readonly pauseFirstMs?: number | undefined;
}

const triesFor = ({ asked_for, tries }: TurnedAwayRow, serial: string | null): number =>
  asked_for === serial ? tries : 0;
const keyOf = (nas: string, station: string): string => `${nas} ${station}`;

export class TurnedAway implements Movable {
  readonly #parts: TurnedAwayParts;
  /** Oldest first. */
  readonly #rows = new Map<string, TurnedAwayRow>();
  readonly #byDevice = new Map<string, Set<string>>();
  readonly #pauses = new Map<string, NodeJS.Timeout>();
  #onWrong: (keys: readonly string[]) => void = () => undefined;

  private constructor(parts: TurnedAwayParts) {
    this.#parts = parts;
  }

  static async open(parts: TurnedAwayParts): Promise<TurnedAway> {
    const made = new TurnedAway(parts);
    for (const row of await readTurnedAway(parts.sql.for())) made.#keep(row);
    return made;
  }

  onWrong(listener: (keys: readonly string[]) => void): void {
    this.#onWrong = listener;
  }

  /** Refused by 802.1X, as the device that it named. */
  async refused({ name, ...note }: TurnedAwayNote & { readonly name: string }): Promise<void> {
    if (this.#parts.isKnown(name)) await this.#turn(name, note);
  }

  /** In quarantine by its MAC address: whoever was refused there before, or had its session there. */
  async byAddress(note: TurnedAwayNote): Promise<void> {
    const station = stationOf(note.station);
    const device = this.#rows.get(keyOf(note.nas, station))?.device ?? this.#parts.sessionAt(note.nas, station);
    if (device !== null) await this.#turn(device, note);
  }

  /** It has proved who it is. */
  async joined(nas: string, station: string): Promise<void> {
    const row = this.#rows.get(keyOf(nas, stationOf(station)));
    if (!row) return;
    this.#forget(row);
    await this.#write((tx) => deleteTurnedAway(tx.for(), row));
  }

  async account({ what, nas, station, acctSessionId, port }: AccountingNote): Promise<void> {
    const before = this.#rows.get(keyOf(nas, stationOf(station)));
    if (!before) return;
    // The end of the session before it is told late, and is not its end.
    if (what === 'stop') return before.acct_session === acctSessionId ? this.joined(nas, station) : undefined;
    const row = { ...before, acct_session: acctSessionId ?? before.acct_session, port: port ?? before.port };
    if (row.acct_session === before.acct_session && row.port === before.port) return;
    this.#keep(row);
    await this.#write((tx) => putTurnedAway(tx.for(), row));
  }

  refreshAll(): void {
    for (const key of this.#rows.keys()) this.#look(key);
  }

  refreshDevice(device: string): void {
    for (const key of this.#byDevice.get(device) ?? []) this.#look(key);
  }

  /** Never to be moved by the switch alone: who is there has proved nothing yet. */
  wanted(key: string): Wanted | null {
    const row = this.#rows.get(key);
    if (!row?.waiting) return null;
    const welcome = this.#welcomeBy(row.device);
    if (welcome === null || welcome === row.stood || triesFor(row, welcome) >= ANEW_MAX) return null;
    const { nas, station, device, user_name, port, acct_session } = row;
    const session = { nas, station, device, user_name, port, acct_session, vlan: this.#parts.quarantine() };
    return { session, access: this.#parts.accessOf(device), how: 'join-anew' };
  }

  async done(key: string, _vlan: number | null, record: Recorded): Promise<void> {
    const before = this.#rows.get(key);
    if (!before) return;
    const welcome = this.#welcomeBy(before.device);
    const row = { ...before, asked_for: welcome, tries: triesFor(before, welcome) + 1, waiting: false };
    this.#keep(row);
    await this.#parts.sql.transact(async (tx) => {
      await putTurnedAway(tx.for(), row);
      await record(tx);
    });
  }

  stop(): void {
    for (const pause of this.#pauses.values()) clearTimeout(pause);
    this.#pauses.clear();
  }

  async #turn(device: string, given: TurnedAwayNote): Promise<void> {
    const { nas, userName: user_name, port, acctSessionId: acct_session } = given;
    const station = stationOf(given.station);
    const key = keyOf(nas, station);
    const known = this.#rows.get(key);
    const welcome = this.#welcomeBy(device);
    // Turned away for a reason: the next time that it is welcome is news, whatever was asked before.
    const before = known?.device === device && welcome !== null ? known : null;
    const row: TurnedAwayRow = {
      ...{ nas, station, device, user_name, port, acct_session },
      stood: before ? before.stood : welcome,
      asked_for: before?.asked_for ?? null,
      tries: before?.tries ?? 0,
      waiting: true,
      at: this.#parts.clock(),
    };
    const oldest = known ? null : this.#room(device);
    if (known && known.device !== device) this.#forget(known);
    if (oldest) this.#forget(oldest);
    this.#keep(row);
    this.#look(key);
    await this.#write(async (tx) => {
      if (oldest) await deleteTurnedAway(tx.for(), oldest);
      await putTurnedAway(tx.for(), row);
    });
  }

  /** The certificate that lets the device into the VLAN of its class; null while nothing does. */
  #welcomeBy(device: string): string | null {
    const access = this.#parts.accessOf(device);
    return access.give === 'vlan' && !access.quarantined ? this.#parts.newest(device) : null;
  }

  #look(key: string): void {
    if (this.#pauses.has(key) || this.wanted(key) === null) return;
    const { pauseFirstMs = PAUSE_FIRST_MS } = this.#parts;
    const waited = (): void => {
      this.#pauses.delete(key);
      if (this.wanted(key) !== null) this.#onWrong([key]);
    };
    const row = this.#rows.get(key)!;
    const pauseMs = pauseFirstMs * PAUSE_GROWS ** triesFor(row, this.#welcomeBy(row.device));
    this.#pauses.set(key, setTimeout(waited, pauseMs).unref());
  }

  #write(work: (tx: Tx) => Promise<void>): Promise<void> {
    // Whoever asks gets its VLAN either way; what is missing after a restart is who to bring back, and that is said.
    return this.#parts.sql
      .transact(work)
      .catch((fault: unknown) => this.#parts.log.error('save who was turned away failed', { fault: String(fault) }));
  }

  /** Who has to go for one more of this device, or of anybody; null while there is room. */
  #room(device: string): TurnedAwayRow | null {
    const own = [...(this.#byDevice.get(device) ?? [])].map((key) => this.#rows.get(key)!);
    if (own.length >= PER_DEVICE_MAX) return own.reduce((a, b) => (b.at < a.at ? b : a));
    if (this.#rows.size < TURNED_AWAY_MAX) return null;
    return this.#rows.values().next().value ?? null;
  }

  #keep(row: TurnedAwayRow): void {
    const key = keyOf(row.nas, row.station);
    this.#rows.delete(key);
    this.#rows.set(key, row);
    const own = this.#byDevice.get(row.device);
    if (own) own.add(key);
    else this.#byDevice.set(row.device, new Set([key]));
  }

  #forget(row: TurnedAwayRow): void {
    const key = keyOf(row.nas, row.station);
    this.#rows.delete(key);
    const own = this.#byDevice.get(row.device);
    own?.delete(key);
    if (own?.size === 0) this.#byDevice.delete(row.device);
  }
}
