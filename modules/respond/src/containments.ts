/** Applies a previewed plan, follows what each switch says of it, ends it in time and takes it back. */
import {
  millis,
  newId,
  DAY_MS,
  refuse,
  ok,
  SECOND_MS,
  type Clock,
  type ContainmentId,
  type Refusal,
  type Result,
} from '@cityward/kernel';
import type { Containment, ContainmentPlan, LiveEvent, OrderAck } from '@cityward/contracts';
import type { Log } from '@cityward/log';
import type { Sql, Tx } from '@cityward/sql';
import { mayCut } from './domain/plan.ts';
import type { CityNeeds, IdentityNeeds, SwitchNeeds } from './needs.ts';
import { addToTimeline, loadContainments, saveContainment } from './store.ts';

/** A switch that has not answered by then is shown as failed; a late answer still counts. */
const SWITCH_ANSWER_MS = 10 * SECOND_MS;
/** How far ahead of our clock an order that we gave may be. */
const LEAP_MAX_MS = 7 * DAY_MS;
const TICK_MS = SECOND_MS;
const ACTIVE = ['applying', 'in-force', 'partly-failed'] as const;

export interface ContainmentParts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly city: CityNeeds;
  readonly identity: IdentityNeeds;
  readonly switches: SwitchNeeds;
  readonly tell: (event: LiveEvent) => void;
}
export interface Containments {
  start(): Promise<void>;
  stop(): void;
  apply(plan: ContainmentPlan, by: string, reason: string): Promise<Result<Containment, Refusal>>;
  undo(id: string, by: string, reason: string): Promise<Result<Containment, Refusal>>;
  ofIncident(incident: string): Promise<Containment[]>;
  /** True while a containment in force names the device. */
  covers(device: string): boolean;
  onAck(switchId: string, ack: OrderAck): Promise<void>;
}

export const createContainments = (parts: ContainmentParts): Containments => new Enforcer(parts);

type Line = Containment['devices'][number];

class Enforcer implements Containments {
  readonly #parts: ContainmentParts;
  /** In force or being applied, by id; the rest is only in SQL. */
  readonly #active = new Map<string, Containment>();
  /** Last order per switch: an answer to an older one tells nothing. */
  readonly #ordered = new Map<string, { version: number; at: number }>();
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: ContainmentParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    for (const containment of await loadContainments(this.#parts.sql, { states: ACTIVE }))
      this.#active.set(containment.id, containment);
    // Whatever a kill interrupted is asked for again: holds and orders are idempotent.
    for (const containment of this.#active.values()) await this.#enforce(containment);
    this.#timer = setInterval(() => void this.#inTurn(() => this.#tick()), TICK_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  ofIncident(incident: string): Promise<Containment[]> {
    return loadContainments(this.#parts.sql, { incident });
  }

  covers(device: string): boolean {
    return [...this.#active.values()].some((one) => one.devices.some((line) => line.device === device));
  }

  apply(plan: ContainmentPlan, by: string, reason: string): Promise<Result<Containment, Refusal>> {
    return this.#inTurn(async () => {
      const { city, clock } = this.#parts;
      if (!plan.possible)
        return refuse(
          'conflict',
          'NO_SAFE_CUT',
          `contain incident "${plan.incident}": ${plan.refusal ?? 'no safe cut exists'}`,
        );
      const forbidden = plan.cut.filter((cut) => !mayStillCut(city, cut.device));
      if (forbidden.length > 0) {
        return refuse(
          'conflict',
          'CUT_NOT_SAFE',
          `contain "${forbidden[0]!.device}": it may no longer be cut; preview again`,
        );
      }
      const now = clock();
      const containment: Containment = {
        id: newId<ContainmentId>('con'),
        incident: plan.incident,
        state: 'applying',
        applied: now,
        ends: millis(now + (plan.ends - plan.at)),
        by,
        reason,
        sentence: plan.sentence,
        devices: plan.cut.map((cut) => ({
          device: cut.device,
          name: cut.name,
          session: 'none',
          certificate: 'none',
          switch: cut.through ? 'waiting' : 'none',
          through: cut.through,
          note: '',
        })),
        undone: null,
      };
      await this.#save(containment, {
        type: 'containment.applied',
        actor: by,
        text: `Contained: ${plan.sentence}. Reason: ${reason}`,
      });
      return ok(await this.#enforce(containment));
    });
  }

  undo(id: string, by: string, reason: string): Promise<Result<Containment, Refusal>> {
    return this.#inTurn(async () => {
      const containment = this.#active.get(id);
      if (!containment) {
        return refuse(
          'conflict',
          'CONTAINMENT_NOT_IN_FORCE',
          `undo containment "${id}": it is not in force; only one in force can be undone`,
        );
      }
      const undone = { by, at: this.#parts.clock(), reason };
      return ok(
        await this.#lift(
          { ...containment, state: 'undone', undone },
          { type: 'containment.undone', actor: by, text: `Containment undone. Reason: ${reason}` },
        ),
      );
    });
  }

  onAck(switchId: string, ack: OrderAck): Promise<void> {
    return this.#inTurn(async () => {
      const last = this.#ordered.get(switchId);
      if (!last || ack.version < last.version) return;
      if (this.#isOfAnotherClock(ack, last.version)) return this.#leap(switchId, ack.version);
      for (const containment of [...this.#active.values()]) {
        if (!containment.devices.some((line) => line.through === switchId && line.switch !== 'applied')) continue;
        await this.#follow(containment, (line) =>
          line.through !== switchId
            ? line
            : ack.result === 'applied'
              ? { ...line, switch: 'applied', note: '' }
              : { ...line, switch: 'failed', note: `${switchId} refused the order` },
        );
      }
    });
  }

  /** A switch that lies must not drive versions beyond what a clock could. */
  #isOfAnotherClock({ result, version }: OrderAck, ordered: number): boolean {
    return result === 'refused' && version > ordered && version <= this.#parts.clock() + LEAP_MAX_MS;
  }

  /** The switch holds a newer order than the one it was sent: our clock has gone back since. It is ordered anew, above that. */
  async #leap(switchId: string, version: number): Promise<void> {
    this.#ordered.set(switchId, { version, at: this.#parts.clock() });
    this.#parts.log.warn('a switch holds a newer order than ours: the clock of the city has gone back', {
      switch: switchId,
    });
    await this.#orderSwitches([switchId]);
  }

  /** One change at a time, so that two never save over each other. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch((error: unknown) =>
      this.#parts.log.error('a containment step failed', { error: String(error) }),
    );
    return mine;
  }

  /** Holds certificates (which cuts sessions) and orders switches, for devices of a containment in force. */
  async #enforce(containment: Containment): Promise<Containment> {
    const { identity, city } = this.#parts;
    const order = { until: containment.ends, reason: containment.reason, by: containment.by };
    const held = new Map<string, boolean>();
    for (const { device } of containment.devices) {
      const enrolled = identity.enrolled(device);
      if (enrolled) await identity.hold(device, order);
      held.set(device, enrolled);
      city.mark(device, {
        state: 'contained',
        reason: containment.sentence,
        incident: containment.incident,
        until: containment.ends,
      });
    }
    const now = await this.#follow(containment, (line) =>
      held.get(line.device)
        ? { ...line, session: 'cut', certificate: 'held' }
        : { ...line, note: 'It has no certificate of ours; only its switch can isolate it' },
    );
    await this.#orderSwitches(throughs(containment));
    return now;
  }

  /** Sends each switch its whole list: all devices behind it under any containment in force. */
  async #orderSwitches(switches: readonly string[]): Promise<void> {
    for (const id of switches) {
      const mine = [...this.#active.values()].flatMap((one) =>
        one.devices.filter((line) => line.through === id).map((line) => ({ device: line.device, until: one.ends })),
      );
      const now = this.#parts.clock();
      const version = Math.max(now, (this.#ordered.get(id)?.version ?? 0) + 1);
      this.#ordered.set(id, { version, at: now });
      const until = mine.length > 0 ? Math.max(...mine.map((one) => one.until)) : null;
      const devices = [...new Set(mine.map((one) => one.device))].sort();
      await this.#parts.switches
        .order(id, { order: 'quarantine', version, devices, until, at: now })
        .catch((error: unknown) =>
          this.#parts.log.warn('an order to a switch could not be sent and shows as failed', {
            switch: id,
            error: String(error),
          }),
        );
    }
  }

  /** Ends what is over, and calls a switch failed that has not answered in time. */
  async #tick(): Promise<void> {
    const now = this.#parts.clock();
    for (const containment of [...this.#active.values()]) {
      if (now >= containment.ends) {
        await this.#lift(
          { ...containment, state: 'ended' },
          { type: 'containment.ended', actor: 'system', text: 'Containment ended by itself, as planned' },
        );
      } else if (containment.devices.some((line) => this.#overdue(line, now))) {
        await this.#follow(containment, (line) =>
          this.#overdue(line, now)
            ? {
                ...line,
                switch: 'failed',
                note: `${line.through} has not answered; its link may be down. Send a technician`,
              }
            : line,
        );
      }
    }
  }

  #overdue(line: Line, now: number): boolean {
    return line.switch === 'waiting' && now - (this.#ordered.get(line.through ?? '')?.at ?? now) >= SWITCH_ANSWER_MS;
  }

  /** Applies a change to each line, derives the state, saves and tells when anything changed. */
  async #follow(containment: Containment, change: (line: Line) => Line): Promise<Containment> {
    const devices = containment.devices.map(change);
    const next = { ...containment, devices, state: stateOf(devices) };
    const settled = next.state !== containment.state && next.state !== 'applying';
    if (!settled && devices.every((line, index) => JSON.stringify(line) === JSON.stringify(containment.devices[index])))
      return containment;
    const failed = devices.filter((line) => line.switch === 'failed').length;
    const text =
      next.state === 'partly-failed'
        ? `${failed} of ${devices.length} devices are not isolated at their switch`
        : 'Every switch isolates its devices';
    await this.#save(
      next,
      settled
        ? {
            type: next.state === 'partly-failed' ? 'containment.failed' : 'containment.confirmed',
            actor: 'system',
            text,
          }
        : null,
    );
    return next;
  }

  /** Releases devices that no other containment covers, and sends the switches their new lists. */
  async #lift(
    containment: Containment,
    said: { type: 'containment.undone' | 'containment.ended'; actor: string; text: string },
  ): Promise<Containment> {
    this.#active.delete(containment.id);
    const covered = new Set([...this.#active.values()].flatMap((one) => one.devices.map((line) => line.device)));
    for (const { device, certificate } of containment.devices) {
      if (covered.has(device)) continue;
      if (certificate === 'held') await this.#parts.identity.release(device, { by: said.actor, reason: said.text });
      this.#parts.city.mark(device, {
        state: 'suspect',
        reason: 'It was contained and is connected again',
        incident: containment.incident,
        until: null,
      });
    }
    const devices = containment.devices.map((line) => ({
      ...line,
      session: line.session === 'cut' ? ('released' as const) : line.session,
      certificate: line.certificate === 'held' ? ('released' as const) : line.certificate,
      switch: line.switch === 'none' ? ('none' as const) : ('lifted' as const),
    }));
    const next = { ...containment, devices };
    await this.#save(next, said);
    await this.#orderSwitches(throughs(containment));
    return next;
  }

  async #save(
    containment: Containment,
    said: { type: Parameters<Tx['record']>[0]['type']; actor: string; text: string } | null,
  ): Promise<void> {
    const { sql, clock, tell } = this.#parts;
    await sql.transact(async (tx) => {
      await saveContainment(tx, containment);
      if (!said) return;
      const data = {
        incident: containment.incident,
        state: containment.state,
        sentence: containment.sentence,
        reason: containment.reason,
        devices: containment.devices.map((line) => line.device),
      };
      const fact = tx.record({
        module: 'respond',
        type: said.type,
        actor: said.actor,
        subject: containment.id,
        at: clock(),
        data,
      });
      await addToTimeline(tx, containment.incident, {
        at: clock(),
        lane: 'response',
        text: said.text,
        actor: said.actor,
        subject: containment.id,
        fact,
      });
    });
    if ((ACTIVE as readonly string[]).includes(containment.state)) this.#active.set(containment.id, containment);
    tell({
      kind: 'containment',
      at: clock(),
      id: containment.id,
      incident: containment.incident,
      change: containment.state,
    });
  }
}

function mayStillCut(city: CityNeeds, id: string): boolean {
  const device = city.device(id);
  return device !== null && mayCut(device);
}
const throughs = (containment: Containment): string[] => [
  ...new Set(containment.devices.flatMap((line) => line.through ?? [])),
];

function stateOf(devices: readonly Line[]): Containment['state'] {
  if (devices.some((line) => line.switch === 'waiting')) return 'applying';
  const failed = devices.some(
    (line) => line.switch === 'failed' || (line.switch === 'none' && line.certificate === 'none'),
  );
  return failed ? 'partly-failed' : 'in-force';
}
