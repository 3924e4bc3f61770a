/** What is known of devices while they run: facets, when each was last heard, the state that follows, and who is told. */
import { DEVICE_STATES, TRUST_LEVELS, type DeviceState, type TrustLevel } from '@cityward/contracts';
import { HOUR_MS, type Clock } from '@cityward/kernel';
import { bytes, createColumn, floats, masks } from './columns.ts';
import { CLASS_PROFILES } from './domain/model.ts';
import { deriveState, presenceAfterSilence, type Facets, type PresenceState, type Standing } from './domain/state.ts';
import type { Inventory } from './inventory.ts';

/** States are told at most four times a second. */
const TELL_MS = 250;
const SWEEP_MS = 2_000;
export const HOURS = 24;
const HOURS_MASK = 2 ** HOURS - 1;

const PRESENCES: readonly PresenceState[] = ['never', 'online', 'asleep', 'offline'];
const [NEVER, ONLINE, ASLEEP, OFFLINE] = [0, 1, 2, 3] as const;
const UNKNOWN = DEVICE_STATES.indexOf('unknown');
const UNJUDGED = TRUST_LEVELS.indexOf('unknown');

export type StateChange = readonly [id: string, state: DeviceState];
export type StatesListener = (changes: readonly StateChange[]) => void;
export interface DeviceStanding extends Standing {
  /** When it came into this state, in ms; null while nothing was ever said about it. */
  readonly since: number | null;
  readonly lastSeen: number | null;
}
/** What survives a restart, by device id. */
export interface Heard {
  readonly hour: number;
  /** A bit for each hour in which the city ran, the current one lowest. */
  readonly known: number;
  readonly devices: readonly (readonly [id: string, lastSeen: number, hours: number, presence: number])[];
}

export class Runtime {
  /** Index into DEVICE_STATES by slot; settle() first. */
  readonly state = createColumn(bytes, UNKNOWN);
  /** Index into TRUST_LEVELS by slot. */
  readonly trust = createColumn(bytes, UNJUDGED);
  /** Milliseconds by slot; NaN where never heard. */
  readonly lastSeen = createColumn(floats, NaN);
  /** Grows with each device that says it runs something else: orders by it are then old. */
  firmwareChanges = 0;
  readonly #inventory: Inventory;
  readonly #clock: Clock;
  readonly #facets: (Facets | undefined)[] = [];
  readonly #reasons: string[] = [];
  readonly #since = createColumn(floats, NaN);
  readonly #presence = createColumn(bytes, NEVER);
  readonly #hours = createColumn(masks, 0);
  readonly #marked = createColumn(bytes, 0);
  readonly #dirty: number[] = [];
  readonly #untold = new Set<number>();
  readonly #listeners = new Set<StatesListener>();
  #hour: number;
  #known = 1;
  #teller: NodeJS.Timeout | null = null;
  #sweeper: NodeJS.Timeout | null = null;

  constructor(inventory: Inventory, clock: Clock) {
    this.#inventory = inventory;
    this.#clock = clock;
    this.#hour = Math.floor(clock() / HOUR_MS);
  }

  start(): void {
    this.#sweeper ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
    if (this.#dirty.length > 0) this.#tellSoon();
  }
  stop(): void {
    if (this.#sweeper) clearInterval(this.#sweeper);
    if (this.#teller) clearTimeout(this.#teller);
    this.#sweeper = this.#teller = null;
  }

  onStates(listener: StatesListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A new device, or one whose record changed. */
  mark(slot: number): void {
    if (this.#marked.get(slot) === 1) return;
    this.#marked.set(slot, 1);
    this.#dirty.push(slot);
    if (this.#sweeper) this.#tellSoon();
  }
  forget(slot: number): void {
    this.#facets[slot] = undefined;
    this.#reasons[slot] = '';
    this.#presence.set(slot, NEVER);
    this.#hours.set(slot, 0);
    this.#since.set(slot, NaN);
    this.lastSeen.set(slot, NaN);
    this.state.set(slot, UNKNOWN);
    this.trust.set(slot, UNJUDGED);
  }

  setFacet(slot: number, change: Partial<Facets>): void {
    const { presence: said, ...rest } = change;
    if (rest.fleet && rest.fleet.firmware !== this.firmwareOf(slot)) this.firmwareChanges++;
    if (rest.trust) this.trust.set(slot, TRUST_LEVELS.indexOf(rest.trust.level));
    if (Object.keys(rest).length > 0) this.#facets[slot] = { ...this.#facets[slot], ...rest };
    if (said) {
      if (said.state === 'online' || said.state === 'asleep') this.#hear(slot, said.at);
      this.#setPresence(slot, PRESENCES.indexOf(said.state));
    }
    this.mark(slot);
  }
  observedAlive(slot: number, at: number): void {
    this.#hear(slot, at);
    if (this.#presence.get(slot) !== ONLINE && this.lastSeen.get(slot) <= at) this.#setPresence(slot, ONLINE);
  }

  /** Other hardware stands there, which has not spoken yet. */
  forgetFirmware(slot: number): void {
    const { fleet: _said, ...rest } = this.#facets[slot] ?? {};
    this.#facets[slot] = rest;
    this.firmwareChanges++;
  }
  /** As it says itself; null where it has not said. */
  firmwareOf(slot: number): string | null {
    return this.#facets[slot]?.fleet?.firmware ?? null;
  }
  trustOf(slot: number): TrustLevel {
    return TRUST_LEVELS[this.trust.get(slot)]!;
  }
  facetsOf(slot: number): Facets {
    const at = this.lastSeen.get(slot);
    const state = PRESENCES[this.#presence.get(slot)]!;
    return { ...this.#facets[slot], presence: { state, at: Number.isNaN(at) ? 0 : at } };
  }
  standing(slot: number): DeviceStanding {
    this.settle();
    const since = this.#since.get(slot);
    const seen = this.lastSeen.get(slot);
    return {
      state: DEVICE_STATES[this.state.get(slot)]!,
      reason: this.#reasons[slot] || deriveState(this.facetsOf(slot)).reason,
      since: Number.isNaN(since) ? null : since,
      lastSeen: Number.isNaN(seen) ? null : seen,
    };
  }

  /** Brings every state up to date; cheap when nothing was marked. */
  settle(): void {
    if (this.#dirty.length === 0) return;
    const now = this.#clock();
    for (const slot of this.#dirty) {
      this.#marked.set(slot, 0);
      if (!this.#inventory.deviceAt(slot)) continue;
      const standing = deriveState(this.facetsOf(slot));
      this.#reasons[slot] = standing.reason;
      const index = DEVICE_STATES.indexOf(standing.state);
      if (index === this.state.get(slot)) continue;
      this.state.set(slot, index);
      this.#since.set(slot, now);
      this.#untold.add(slot);
    }
    this.#dirty.length = 0;
  }

  #tellSoon(): void {
    this.#teller ??= setTimeout(() => this.tell(), TELL_MS).unref();
  }
  /** Tells listeners at once what they have not heard yet. */
  tell(): void {
    if (this.#teller) clearTimeout(this.#teller);
    this.#teller = null;
    this.settle();
    if (this.#untold.size === 0) return;
    const changes: StateChange[] = [];
    for (const slot of this.#untold) {
      const device = this.#inventory.deviceAt(slot);
      if (device) changes.push([device.id, DEVICE_STATES[this.state.get(slot)]!]);
    }
    this.#untold.clear();
    for (const listener of this.#listeners) listener(changes);
  }

  #setPresence(slot: number, index: number): void {
    if (this.#presence.get(slot) === index) return;
    this.#presence.set(slot, index);
    this.mark(slot);
  }

  #hear(slot: number, at: number): void {
    const now = this.#clock();
    const heard = at > now ? now : at; // a clock that runs ahead cannot make itself heard for longer
    if (now >= (this.#hour + 1) * HOUR_MS) this.#roll(now);
    if (!(this.lastSeen.get(slot) >= heard)) this.lastSeen.set(slot, heard);
    const ago = this.#hour - Math.floor(heard / HOUR_MS);
    if (ago >= 0 && ago < HOURS) this.#hours.set(slot, this.#hours.get(slot) | (1 << ago));
  }

  /** Moves the hours of every device on; bit 0 is the hour that runs. */
  #roll(now: number): void {
    const current = Math.floor(now / HOUR_MS);
    const by = current - this.#hour;
    if (by <= 0) return;
    this.#hour = current;
    const moved = (bits: number): number => (by >= HOURS ? 0 : (bits << by) & HOURS_MASK);
    this.#known = moved(this.#known) | 1;
    const column = this.#hours.array;
    for (let slot = 0; slot < column.length; slot++) column[slot] = moved(column[slot]!);
  }

  /** Silence turns awake into asleep or offline; nothing but being heard turns it back. */
  sweep(): void {
    const now = this.#clock();
    this.#roll(now);
    for (let slot = 0; slot < this.#inventory.size; slot++) {
      const is = this.#presence.get(slot);
      if (is === NEVER || is === OFFLINE) continue;
      const device = this.#inventory.deviceAt(slot);
      if (!device) continue;
      const after = presenceAfterSilence(this.lastSeen.get(slot), CLASS_PROFILES[device.class], now);
      const index = PRESENCES.indexOf(after);
      if (index > is) this.#setPresence(slot, index);
    }
  }

  /** Whether it was heard in one of `windowHours` hours that end `ago` hours before the one that runs. */
  reported(slot: number, ago: number, windowHours: number): boolean {
    const window = ((2 ** windowHours - 1) * 2 ** ago) % 2 ** HOURS;
    return (this.#hours.get(slot) & window) !== 0;
  }
  /** False for hours in which the city did not run or that are longer ago than it exists. */
  hourKnown(ago: number): boolean {
    return ((this.#known >> ago) & 1) === 1;
  }

  heard(): Heard {
    this.#roll(this.#clock());
    const devices: (readonly [string, number, number, number])[] = [];
    for (let slot = 0; slot < this.#inventory.size; slot++) {
      const device = this.#inventory.deviceAt(slot);
      const seen = this.lastSeen.get(slot);
      if (device && !Number.isNaN(seen))
        devices.push([device.id, seen, this.#hours.get(slot), this.#presence.get(slot)]);
    }
    return { hour: this.#hour, known: this.#known, devices };
  }
  /** Takes up what was heard before a restart; silence since then counts. */
  recall(heard: Heard): void {
    const now = this.#clock();
    this.#hour = heard.hour;
    this.#known = heard.known;
    for (const [id, at, bits, was] of heard.devices) {
      const slot = this.#inventory.slotOf(id);
      if (slot === -1) continue;
      this.lastSeen.set(slot, Math.min(at, now));
      this.#hours.set(slot, bits);
      this.#setPresence(slot, was === ASLEEP || was === OFFLINE ? was : ONLINE);
    }
    this.#roll(now);
    this.#known |= 1;
    this.sweep();
  }
}
