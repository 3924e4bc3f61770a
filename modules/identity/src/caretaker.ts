/** Looks after identities by the hour: judges their certificates and who was not seen, warns, and ends what is dormant. */
import { TRUST_REASON_MAX_CHARS, type FactType, type TrustKind } from '@cityward/contracts';
import { DAY_MS, HOUR_MS, isoTime, millis, type Clock, type Json, type Refusal, type Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import { CERTIFICATE_ENDED_VALUE, certificateHealth, isMass, isWarning, presence, spared } from './domain/health.ts';
import type { Judged, Presence } from './domain/health.ts';
import type { Subject } from './domain/trust.ts';
import type { Register } from './register.ts';
import { openSightings, type Sightings } from './sightings.ts';
import type { TrustService } from './trust.ts';

const ROUND_EVERY_MS = HOUR_MS;
/** What is said stands this long without being said again: longer than a warning does, so that a warning outlives a holiday. */
const SAID_FOR_MS = 30 * DAY_MS;
/** A certificate that was renewed after its end is remembered for so long. */
const LATE_REMEMBERED_MS = 14 * DAY_MS;
const ENDED_PER_ROUND_MAX = 200;
const WARNED_PER_ROUND_MAX = 1_000;
const YIELD_EVERY = 2_000;

/** An identity that may end for being unseen. */
export interface Charge {
  readonly subject: Subject;
  /** When it was last seen, by whatever its owner knows; null for never. */
  readonly lastSeen: number | null;
  /** Why it is flagged and never ended; null where it may end. */
  readonly spared: string | null;
}
/** Whoever owns a kind of identity lists what lives, and can end one. A refusal to end it is a reason to spare it. */
export interface Charges {
  list(): Iterable<Charge>;
  end(id: string, reason: string): Promise<Result<unknown, Refusal>>;
}

export interface CaretakerParts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly register: Register;
  readonly trust: TrustService;
  readonly kindOf: (id: string) => 'device' | 'network';
  /** Is another waiting with a second claim on this device's serial? */
  readonly isClaimedTwice: (device: string) => boolean;
  /** Of persons and cloud services, whose keys are not in the register; null where there is nothing to be judged. */
  readonly keyHealth: Readonly<Record<'person' | 'service', (id: string) => Judged | null>>;
  readonly charges: Readonly<Record<Subject['kind'], Charges>>;
  /** 0: identities never end for being unseen. */
  readonly dormantDays: number;
}

export interface Caretaker {
  /** It was let in just now. Cheap: asked on every connection and request. */
  seen(subject: Subject): void;
  /** Its certificate or standing has changed. */
  judge(id: string): void;
  /** Judges everybody; runs by itself every hour. */
  round(): Promise<void>;
  stop(): Promise<void>;
}

export async function openCaretaker(parts: CaretakerParts): Promise<Caretaker> {
  const caretaker = new HourlyCaretaker(parts, await openSightings(parts));
  caretaker.start();
  return caretaker;
}

interface Due extends Charge {
  readonly lastSeen: number;
}

class HourlyCaretaker implements Caretaker {
  readonly #parts: CaretakerParts;
  readonly #sightings: Sightings;
  /** Those whose absence is shown: the next sighting takes that back at once. */
  readonly #away = new Set<string>();
  readonly #massTold = new Map<Subject['kind'], number>();
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<void> = Promise.resolve();

  constructor(parts: CaretakerParts, sightings: Sightings) {
    this.#parts = parts;
    this.#sightings = sightings;
  }

  start(): void {
    this.#timer = setInterval(() => void this.round(), ROUND_EVERY_MS).unref();
    setImmediate(() => void this.round());
  }

  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await this.#round;
    await this.#sightings.save();
  }

  seen(subject: Subject): void {
    const now = this.#parts.clock();
    this.#sightings.note(subject, now);
    if (!this.#away.delete(keyOf(subject))) return;
    this.#say(subject, PRESENCE, presence({ lastSeen: now, warned: null, limitMs: this.#limitMs }, now));
  }

  judge(id: string): void {
    const { register, clock, kindOf } = this.#parts;
    const now = clock();
    const subject = { kind: kindOf(id), id };
    const restriction = register.restriction(id);
    const health = certificateHealth(register.latest(id), restriction, now);
    const before = this.#parts.trust.said(subject, CERTIFICATE);
    const isLate = health?.value === 100 && before?.value === CERTIFICATE_ENDED_VALUE;
    if (isLate) this.#say(subject, RENEWAL, { value: 65, reason: LATE });
    else this.#forgetLate(subject, now);
    this.#say(subject, CERTIFICATE, health);
    const twice = this.#parts.isClaimedTwice(id);
    this.#say(subject, CLAIMS, twice ? { value: 40, reason: TWICE } : null);
    const held = restriction?.kind === 'held' && restriction.until > now ? restriction : null;
    this.#say(
      subject,
      HOLD,
      held && { value: 30, reason: `it is held: ${held.reason}`.slice(0, TRUST_REASON_MAX_CHARS) },
    );
  }

  round(): Promise<void> {
    this.#round = this.#round
      .then(() => this.#go())
      .catch((fault: unknown) => this.#parts.log.error('a look after identities failed', { fault: String(fault) }));
    return this.#round;
  }

  async #go(): Promise<void> {
    await this.#sightings.save();
    let looked = 0;
    const pause = async (): Promise<void> => {
      if (++looked % YIELD_EVERY === 0) await new Promise((resolve) => setImmediate(resolve));
    };
    for (const id of this.#parts.register.holders()) {
      this.judge(id);
      await pause();
    }
    for (const kind of Object.keys(this.#parts.charges) as Subject['kind'][]) {
      const due: Due[] = [];
      let all = 0;
      let warned = 0;
      for (const charge of this.#parts.charges[kind].list()) {
        all++;
        const found = await this.#look(charge, warned < WARNED_PER_ROUND_MAX);
        if (found === 'warned') warned++;
        else if (found) due.push(found);
        await pause();
      }
      await this.#endAll(kind, due, all);
    }
  }

  /** The charge when its time has come. */
  async #look(charge: Charge, mayWarn: boolean): Promise<Due | 'warned' | null> {
    const { subject } = charge;
    const { trust, clock } = this.#parts;
    const now = clock();
    if (subject.kind === 'person' || subject.kind === 'service')
      this.#say(subject, CERTIFICATE, this.#parts.keyHealth[subject.kind](subject.id));
    const lastSeen = this.#sightings.latest(subject, charge.lastSeen);
    const said = trust.said(subject, PRESENCE);
    const warned = said && isWarning(said.value) ? said.since : null;
    const found = presence({ lastSeen, warned, limitMs: this.#limitMs }, now);
    if ((found.state === 'warned' || found.state === 'due') && charge.spared !== null) {
      await this.#spare({ ...charge, lastSeen }, charge.spared);
      return null;
    }
    if (found.state === 'due') return { ...charge, lastSeen };
    if (found.state === 'warned' && warned === null && !mayWarn) return null;
    this.#say(subject, PRESENCE, found);
    if (found.state !== 'warned' || warned !== null) return null;
    await this.#record('dormancy.warned', subject, { lastSeen, ends: found.ends, reason: found.reason });
    return 'warned';
  }

  async #endAll(kind: Subject['kind'], due: readonly Due[], all: number): Promise<void> {
    if (isMass(due.length, all)) return this.#sayMass(kind, due.length, all);
    for (const one of due.slice(0, ENDED_PER_ROUND_MAX)) await this.#end(one);
  }

  /** Nothing ends; told once a day. */
  async #sayMass(kind: Subject['kind'], due: number, all: number): Promise<void> {
    const at = this.#parts.clock();
    if (at - (this.#massTold.get(kind) ?? 0) < DAY_MS) return;
    this.#massTold.set(kind, at);
    const reason = `${due} of ${all} are due at once: look at the listeners and the clock; nothing was ended`;
    this.#parts.log.error('too many identities are dormant at once, and none was ended', { kind, due, of: all });
    await this.#record('dormancy.spared', { kind, id: `every-${kind}` }, { reason });
  }

  async #end(due: Due): Promise<void> {
    const { subject, lastSeen } = due;
    const reason = `not seen since ${isoTime(millis(lastSeen)).slice(0, 10)}`;
    const ended = await this.#parts.charges[subject.kind].end(subject.id, reason);
    if (!ended.ok) return this.#spare(due, ended.error.message);
    this.#say(subject, PRESENCE, { value: 0, reason: `it was ended: ${reason}` });
    await this.#record('dormancy.ended', subject, { lastSeen, reason });
  }

  async #spare({ subject, lastSeen }: Due, why: string): Promise<void> {
    const flag = spared(lastSeen, why);
    const before = this.#parts.trust.said(subject, PRESENCE);
    this.#say(subject, PRESENCE, flag);
    if (before?.reason !== flag.reason) await this.#record('dormancy.spared', subject, { lastSeen, reason: why });
  }

  #say(subject: Subject, { kind, source }: Said, judged: Judged | Presence | null): void {
    const { trust, clock, log } = this.#parts;
    if (kind === PRESENCE.kind) {
      if (judged && judged.value < 100) this.#away.add(keyOf(subject));
      else this.#away.delete(keyOf(subject));
    }
    if (!judged && !trust.said(subject, { kind, source })) return;
    const { value, reason } = judged ?? { value: null, reason: '' };
    const put = trust.put({ subject, kind, source, value, reason, expires: clock() + SAID_FOR_MS });
    if (!put.ok) log.warn('a signal was refused', { subject: subject.id, reason: put.error.message });
  }

  #forgetLate(subject: Subject, now: number): void {
    const late = this.#parts.trust.said(subject, RENEWAL);
    if (!late) return;
    this.#say(subject, RENEWAL, now < late.since + LATE_REMEMBERED_MS ? late : null);
  }

  #record(type: FactType, subject: Subject, data: { readonly [name: string]: Json }): Promise<void> {
    const personal = subject.kind === 'person';
    const at = this.#parts.clock();
    return this.#parts.sql.transact((tx) => {
      const fact = { module: 'identity', type, actor: 'system', subject: subject.id, at, personal } as const;
      tx.record({ ...fact, data: { kind: subject.kind, ...data } });
      return Promise.resolve();
    });
  }

  get #limitMs(): number {
    const { dormantDays } = this.#parts;
    return dormantDays === 0 ? Infinity : dormantDays * DAY_MS;
  }
}

/** Which component, and which of identity's own judgements of it. */
interface Said {
  readonly kind: TrustKind;
  readonly source: string;
}
const CERTIFICATE: Said = { kind: 'certificate', source: 'identity' };
const RENEWAL: Said = { kind: 'certificate', source: 'renewal' };
const CLAIMS: Said = { kind: 'certificate', source: 'claims' };
const HOLD: Said = { kind: 'behaviour', source: 'standing' };
const PRESENCE: Said = { kind: 'dormancy', source: 'identity' };

const keyOf = ({ kind, id }: Subject): string => `${kind} ${id}`;
const LATE = 'it renewed its certificate only after the end of the one before';
const TWICE = 'another device shows a factory certificate for the same serial and waits for a person';
