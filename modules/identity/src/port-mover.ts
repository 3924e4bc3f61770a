/** Moves sessions that are in the wrong VLAN: asks the switch, ends the session where it refuses, tries again where it is silent. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MINUTE_MS, SECOND_MS, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { DynamicAuthorisation, Switch } from '@cityward/radius';
import type { Sql, Tx } from '@cityward/sql';
import type { PortMoves } from './port-moves.ts';
import { unknownSwitch, type Movable, type Wanted } from './ports.ts';

/** Sessions asked about at the same time; the rest wait in order. */
const AT_ONCE_MAX = 32;
export const TRIES_MAX = 8;
const PAUSE_FIRST_MS = 2 * SECOND_MS;
const PAUSE_MAX_MS = 5 * MINUTE_MS;

export interface MoverParts {
  readonly ports: Movable;
  readonly moves: PortMoves;
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly radius: Pick<DynamicAuthorisation, 'move' | 'disconnect'>;
  /** By its address; null where none is set up. */
  readonly switchAt: (nas: string) => Switch | null;
  /** For tests. */
  readonly pauseFirstMs?: number;
}

/** What has to be moved is found again from the sessions at each start, so nothing is lost by a kill. */
export class Mover {
  readonly #parts: MoverParts;
  readonly #waiting: string[] = [];
  readonly #known = new Set<string>();
  readonly #again = new Set<string>();
  readonly #stopping = new AbortController();
  #running = 0;
  #idle: (() => void)[] = [];

  constructor(parts: MoverParts) {
    this.#parts = parts;
    parts.ports.onWrong((keys) => keys.forEach((key) => this.#want(key)));
  }

  /** Resolves when nothing is under way; for tests and for stopping. */
  async settled(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#waiting.length = 0;
    await this.settled();
  }

  #want(key: string): void {
    // Changed again while it is being moved: looked at once more afterwards.
    if (this.#known.has(key)) this.#again.add(key);
    else {
      this.#known.add(key);
      this.#waiting.push(key);
    }
    this.#next();
  }

  #next(): void {
    while (this.#running < AT_ONCE_MAX && this.#waiting.length > 0 && !this.#stopping.signal.aborted) {
      const key = this.#waiting.shift()!;
      this.#running++;
      this.#bring(key)
        .catch((fault: unknown) => this.#parts.log.error('move session failed', { session: key, fault: String(fault) }))
        .finally(() => this.#done(key));
    }
  }

  #done(key: string): void {
    this.#running--;
    this.#known.delete(key);
    if (this.#again.delete(key)) this.#want(key);
    this.#next();
    if (this.#running === 0) this.#idle.splice(0).forEach((tell) => tell());
  }

  /** Until the session is where it should be, or the last try has failed. */
  async #bring(key: string): Promise<void> {
    const { ports, pauseFirstMs = PAUSE_FIRST_MS } = this.#parts;
    const { signal } = this.#stopping;
    for (let tries = 1; !signal.aborted; tries++) {
      const wanted = ports.wanted(key);
      if (!wanted) return;
      const asked = await this.#ask(wanted);
      if (asked.ok) return this.#moved(key, wanted, asked.value);
      const last = tries >= TRIES_MAX || asked.error.code === 'SWITCH_UNKNOWN';
      // The first failure is said at once, so that a person can go to the switch; after it only the last.
      if (tries === 1 || last) await this.#failed(wanted, { why: asked.error.message, last });
      if (last) return;
      const pause = Math.min(PAUSE_MAX_MS, pauseFirstMs * 2 ** (tries - 1));
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  async #ask({ session, access, how }: Wanted): Promise<Result<'moved' | 'ended', Refusal>> {
    const { radius, switchAt } = this.#parts;
    const at = switchAt(session.nas);
    if (!at) return unknownSwitch(session.nas);
    const named = {
      userName: session.user_name,
      callingStationId: session.station,
      ...(session.acct_session === null ? {} : { acctSessionId: session.acct_session }),
    };
    try {
      if (how === 'move' && access.give === 'vlan') {
        const moved = await radius.move(at, named, access.vlan);
        if (moved.ok) return { ok: true, value: 'moved' };
        if (moved.error.code !== 'SWITCH_REFUSED') return moved;
      }
      // It cannot move it, or must not, or the device has no place here any more: without its session it has to come anew, and is judged then.
      const ended = await radius.disconnect(at, named);
      return ended.ok ? { ok: true, value: 'ended' } : ended;
    } catch (fault) {
      const message = `move session at "${session.nas}": ${(fault as Error).message}`;
      return { ok: false, error: { kind: 'unavailable', code: 'SWITCH_NOT_REACHED', message } };
    }
  }

  #moved(key: string, { session, access, how: wanted }: Wanted, how: 'moved' | 'ended'): Promise<void> {
    const record = async (tx: Tx): Promise<void> => {
      const at = this.#parts.clock();
      const vlan = access.give === 'vlan' ? access.vlan : null;
      const why = wanted === 'join-anew' ? { reason: JOINS_ANEW } : {};
      const data = { nas: session.nas, port: session.port, from: session.vlan, vlan, how, ...why };
      const fact = { module: 'identity', type: 'device.moved', actor: 'system', subject: session.device } as const;
      tx.record({ ...fact, at, data });
      await this.#parts.moves.keep(tx, { ...aboutOf(session), to: vlan, outcome: how, why: null, at });
    };
    return this.#parts.ports.done(key, how === 'moved' && access.give === 'vlan' ? access.vlan : null, record);
  }

  async #failed({ session, access }: Wanted, { why, last }: { why: string; last: boolean }): Promise<void> {
    const { sql, clock, log, moves } = this.#parts;
    log.warn('a switch did not move a session', { device: session.device, nas: session.nas, why, last });
    const vlan = access.give === 'vlan' ? access.vlan : null;
    const data = { nas: session.nas, port: session.port, from: session.vlan, vlan, reason: why, last };
    const fact = { module: 'identity', type: 'device.move-failed', actor: 'system', subject: session.device } as const;
    const at = clock();
    await sql.transact(async (tx) => {
      tx.record({ ...fact, at, data });
      const outcome = last ? 'failed' : 'trying';
      await moves.keep(tx, { ...aboutOf(session), to: vlan, outcome, why, at });
    });
  }
}

const JOINS_ANEW = 'it was in quarantine, is welcome again and joins anew';

const aboutOf = ({ nas, station, device, port, vlan }: Wanted['session']) => ({
  nas,
  station,
  device,
  port,
  from: vlan,
});
