/** Who is on which port of which switch, and in which VLAN: decided when a device joins, and anew when its standing or trust changes. */
import type { PortSession, VlanPlan } from '@cityward/contracts';
import { err, ok, refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql, Tx } from '@cityward/sql';
import { checkPlan, decideAccess, FIRST_PLAN, stationOf, type PortAccess } from './domain/port-access.ts';
import type { Standing } from './domain/standing.ts';
import type { KnownHolder } from './holders.ts';
import type { PortMoves } from './port-moves.ts';
import { deletePort, putPort, readPlan, readPorts, writePlan, type PortRow } from './port-store.ts';
import type { RefusalNotes } from './refusals.ts';
import type { Admitted, Peer } from './devices.ts';

export const PORTS_MAX = 200_000;
/** One device on so many ports at once is not one device; the oldest session makes room. */
const PORTS_PER_DEVICE_MAX = 8;

/** What a switch says of somebody who wants to join; the certificate is what EAP-TLS has verified, null where there was none. */
export interface JoinRequest {
  readonly peer: Peer | null;
  /** Address of the switch, as the RADIUS server saw it. */
  readonly nas: string;
  readonly station: string;
  readonly port: string | null;
  readonly userName: string;
  readonly acctSessionId: string | null;
}
export interface AccountingNote {
  readonly what: 'start' | 'interim' | 'stop';
  readonly nas: string;
  readonly station: string;
  readonly acctSessionId: string | null;
  readonly port: string | null;
}

export interface PortsParts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly refusals: RefusalNotes;
  readonly admit: (peer: Peer) => Result<Admitted, Refusal>;
  readonly holder: (id: string) => KnownHolder | null;
  readonly standing: (id: string) => Standing;
  readonly moves: Pick<PortMoves, 'of'>;
  /** Is its trust above the bottom, and does policy let it join? */
  readonly mayJoin: (id: string) => boolean;
}

/** What is kept of a change, in its transaction. */
export type Recorded = (tx: Tx) => Promise<void>;

/** A session with what it should be and is not. */
export interface Wanted {
  readonly session: Omit<PortRow, 'began' | 'last'>;
  readonly access: PortAccess;
  /** Moved where the switch can; or ended in any case, so that it proves itself. */
  readonly how: 'move' | 'join-anew';
}
/** Sessions that may be in another VLAN than they should be. */
export interface Movable {
  onWrong(listener: (keys: readonly string[]) => void): void;
  /** The session by its key with what it should be; null when it is right as it is, or gone. */
  wanted(key: string): Wanted | null;
  /** After the switch has moved it to a VLAN; null: after it has ended it. */
  done(key: string, vlan: number | null, record: Recorded): Promise<void>;
}

const keyOf = (nas: string, station: string): string => `${nas} ${station}`;

export class Ports implements Movable {
  readonly #parts: PortsParts;
  readonly #sessions = new Map<string, PortRow>();
  readonly #byDevice = new Map<string, Set<string>>();
  #plan: VlanPlan;
  #onWrong: (keys: readonly string[]) => void = () => undefined;

  private constructor(parts: PortsParts, plan: VlanPlan) {
    this.#parts = parts;
    this.#plan = plan;
  }

  static async open(parts: PortsParts): Promise<Ports> {
    const db = parts.sql.for();
    const made = new Ports(parts, (await readPlan(db)) ?? FIRST_PLAN);
    for (const row of await readPorts(db)) made.#keep(row);
    return made;
  }

  get plan(): VlanPlan {
    return this.#plan;
  }

  /** Told of sessions that are in another VLAN than they should be. */
  onWrong(listener: (keys: readonly string[]) => void): void {
    this.#onWrong = listener;
  }

  refreshAll(): void {
    this.refresh(this.#sessions.keys());
  }

  count(): number {
    return this.#sessions.size;
  }

  list(max: number): PortSession[] {
    const newest = [...this.#sessions.values()].sort((a, b) => b.last - a.last).slice(0, max);
    return newest.map(({ acct_session: _acct, user_name: _name, ...row }) => {
      const access = this.accessOf(row.device);
      const wanted = access.give === 'vlan' ? access.vlan : 0;
      const moving = wanted === row.vlan ? null : wanted;
      const quarantined = row.vlan === this.#plan.quarantine;
      const kind = this.#parts.holder(row.device)?.class ?? null;
      return { ...row, quarantined, moving, class: kind, lastMove: this.#parts.moves.of(row) };
    });
  }

  async setPlan(plan: VlanPlan, by: string): Promise<Result<VlanPlan, Refusal>> {
    const checked = checkPlan(plan);
    if (!checked.ok) return err(checked.error);
    await this.#parts.sql.transact(async (tx) => {
      await writePlan(tx.for(), plan);
      const vlans = Object.fromEntries(plan.classes.map((one) => [one.class, one.vlan]));
      const fact = { module: 'identity', type: 'vlans.set', actor: by, subject: 'city' } as const;
      tx.record({ ...fact, at: this.#parts.clock(), data: { quarantine: plan.quarantine, vlans } });
    });
    this.#plan = plan;
    this.refresh(this.#sessions.keys());
    return ok(plan);
  }

  /** What somebody gets who wants to join; kept as its session, so that it can be moved later. */
  async join(request: JoinRequest): Promise<PortAccess> {
    const { peer, nas, userName } = request;
    // A MAC address is no proof: without a certificate there is quarantine and nothing else.
    if (!peer) return { give: 'vlan', vlan: this.#plan.quarantine, quarantined: true };
    const admitted = this.#parts.admit(peer);
    if (!admitted.ok) {
      this.#parts.refusals.note(peer.commonName, { way: 'RADIUS', code: admitted.error.code, address: nas });
      return { give: 'nothing', why: admitted.error.message };
    }
    const device = admitted.value.device;
    const access = this.accessOf(device);
    if (access.give === 'nothing') {
      this.#parts.refusals.note(device, { way: 'RADIUS', code: 'NOT_LET_IN', address: nas });
      return access;
    }
    const station = stationOf(request.station);
    const before = this.#sessions.get(keyOf(nas, station));
    const now = this.#parts.clock();
    const row: PortRow = {
      ...{ nas, station, device, vlan: access.vlan, user_name: userName, last: now },
      port: request.port,
      acct_session: request.acctSessionId,
      began: before?.device === device ? before.began : now,
    };
    await this.#save(row, before);
    return access;
  }

  /** Keeps the session's name at the switch, or forgets the session when it has ended. Strangers' sessions are not ours to keep. */
  async account({ what, nas, station: given, acctSessionId, port }: AccountingNote): Promise<void> {
    const station = stationOf(given);
    const before = this.#sessions.get(keyOf(nas, station));
    if (!before) return;
    if (what === 'stop') {
      const ours = before.acct_session === null || before.acct_session === acctSessionId;
      if (ours) await this.#end(keyOf(nas, station));
      return;
    }
    const row = { ...before, acct_session: acctSessionId ?? before.acct_session, port: port ?? before.port };
    const same = row.acct_session === before.acct_session && row.port === before.port;
    this.#keep({ ...row, last: this.#parts.clock() });
    if (!same) await this.#parts.sql.transact((tx) => putPort(tx.for(), row));
  }

  wanted(key: string): Wanted | null {
    const session = this.#sessions.get(key);
    if (!session) return null;
    const access = this.accessOf(session.device);
    return access.give === 'vlan' && access.vlan === session.vlan ? null : { session, access, how: 'move' };
  }

  /** Whose session is there; null for nobody's. */
  sessionAt(nas: string, station: string): string | null {
    return this.#sessions.get(keyOf(nas, station))?.device ?? null;
  }

  refreshDevice(device: string): void {
    this.refresh(this.#byDevice.get(device) ?? []);
  }

  refresh(keys: Iterable<string>): void {
    const wrong = [...keys].filter((key) => this.wanted(key) !== null);
    if (wrong.length > 0) this.#onWrong(wrong);
  }

  async done(key: string, vlan: number | null, record: Recorded): Promise<void> {
    if (vlan === null) return this.#end(key, record);
    const before = this.#sessions.get(key);
    if (!before) return;
    const row = { ...before, vlan, last: this.#parts.clock() };
    this.#keep(row);
    await this.#parts.sql.transact(async (tx) => {
      await putPort(tx.for(), row);
      await record(tx);
    });
  }

  async #end(key: string, record: Recorded = () => Promise.resolve()): Promise<void> {
    const row = this.#sessions.get(key);
    if (!row) return;
    this.#forget(row);
    await this.#parts.sql.transact(async (tx) => {
      await deletePort(tx.for(), row);
      await record(tx);
    });
  }

  accessOf(id: string): PortAccess {
    const holder = this.#parts.holder(id);
    const standing = this.#parts.standing(id);
    const allowed = standing === 'active' && holder !== null && this.#parts.mayJoin(id);
    return decideAccess(this.#plan, { class: holder?.class ?? null, standing, allowed });
  }

  async #save(row: PortRow, before: PortRow | undefined): Promise<void> {
    const { sql, clock, log } = this.#parts;
    const oldest = before ? null : this.#room(row.device);
    if (before && before.device !== row.device) this.#forget(before);
    if (oldest) this.#forget(oldest);
    this.#keep(row);
    const same = before?.device === row.device && before.vlan === row.vlan && before.port === row.port;
    const data = { nas: row.nas, port: row.port, station: row.station, vlan: row.vlan };
    const fact = { module: 'identity', type: 'device.joined', actor: row.device, subject: row.device } as const;
    await sql
      .transact(async (tx) => {
        if (oldest) await deletePort(tx.for(), oldest);
        await putPort(tx.for(), row);
        if (!same) tx.record({ ...fact, at: clock(), data });
      })
      // The VLAN is right either way; what is missing after a restart is who to move, and that is said.
      .catch((fault: unknown) => log.error('save port session failed', { device: row.device, fault: String(fault) }));
  }

  /** The session that has to go for one more of this device, or of anybody; null while there is room. */
  #room(device: string): PortRow | null {
    const own = [...(this.#byDevice.get(device) ?? [])].map((key) => this.#sessions.get(key)!);
    if (own.length >= PORTS_PER_DEVICE_MAX) return own.reduce((a, b) => (b.last < a.last ? b : a));
    if (this.#sessions.size < PORTS_MAX) return null;
    return this.#sessions.values().next().value ?? null;
  }

  #keep(row: PortRow): void {
    const key = keyOf(row.nas, row.station);
    this.#sessions.set(key, row);
    const own = this.#byDevice.get(row.device);
    if (own) own.add(key);
    else this.#byDevice.set(row.device, new Set([key]));
  }

  #forget(row: PortRow): void {
    const key = keyOf(row.nas, row.station);
    this.#sessions.delete(key);
    const own = this.#byDevice.get(row.device);
    own?.delete(key);
    if (own?.size === 0) this.#byDevice.delete(row.device);
  }
}

export const unknownSwitch = (nas: string): Result<never, Refusal> =>
  refuse('not-found', 'SWITCH_UNKNOWN', `move session at "${nas}": no switch with this address is set up`);
