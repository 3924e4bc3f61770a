/** Limits failed sign-ins by way and by address, and puts them into the ledger: few facts, and nothing about a person in them. */
import { createHmac } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { err, MINUTE_MS, refuse, SECOND_MS, type Clock, type Refusal, type Result } from '@cityward/kernel';
import { thinned, type Log, type ThinLog } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import type { SignInMethod } from './domain/session.ts';
import { createLimiter } from './limiter.ts';

/** Failures in a minute until everybody must wait who comes this way: guessing from many addresses is stopped too. */
export const FAILURES_PER_METHOD_MAX = 30;
/** Failures in a minute until this address must wait. Fewer, so that one address does not shut everybody out. */
export const FAILURES_PER_ADDRESS_MAX = 10;
const WINDOW_MS = MINUTE_MS;
const METHODS = 4;
const ADDRESSES_MAX = 10_000;
/** Facts in a minute; what is more is told together, as from `others`. */
const ADDRESSES_TOLD_MAX = 20;
const FLUSH_MS = 15 * SECOND_MS;
const LABEL_CHARS = 12;
const IPV6_NETWORK_GROUPS = 4;
const OTHERS = 'others';

export interface SignInGuard {
  /** A refusal that says when to come back; null when the attempt may be looked at. An attempt turned away is counted. */
  limited(method: SignInMethod, address: string): Result<never, Refusal> | null;
  failed(method: SignInMethod, address: string, refusal: Refusal): Result<never, Refusal>;
  /** Writes the facts of minutes that are over, or of all when `now` is left out; runs by itself. */
  flush(now?: number): Promise<void>;
  stop(): Promise<void>;
}

export interface SignInGuardParts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  /** Addresses stand in facts under a label that only this key can compute. */
  readonly key: Buffer;
}

interface Minute {
  readonly began: number;
  refused: number;
  turnedAway: number;
  readonly methods: Set<SignInMethod>;
}

export function createSignInGuard(parts: SignInGuardParts): SignInGuard {
  const { clock, log } = parts;
  const limiter = (failuresMax: number, keysMax: number) =>
    createLimiter({ failuresMax, windowMs: WINDOW_MS, keysMax });
  const methods = limiter(FAILURES_PER_METHOD_MAX, METHODS);
  const addresses = limiter(FAILURES_PER_ADDRESS_MAX, ADDRESSES_MAX);
  const thin: ThinLog = thinned(log, { clock });
  const tally = createTally(parts);
  const timer = setInterval(() => void tally.flush(clock()), FLUSH_MS).unref();
  return {
    limited: (method, ip) => {
      const address = networkOf(ip);
      const now = clock();
      const waitMs = Math.max(addresses.waitMs(address, now), methods.waitMs(method, now));
      if (waitMs === 0) return null;
      tally.count(method, address).turnedAway++;
      return tooMany(waitMs);
    },
    failed: (method, ip, refusal) => {
      const address = networkOf(ip);
      methods.failed(method, clock());
      addresses.failed(address, clock());
      tally.count(method, address);
      thin.warn({ what: `sign-in by ${method} refused`, who: address }, { why: refusal.code });
      return err(refusal);
    },
    flush: tally.flush,
    stop: async () => {
      clearInterval(timer);
      thin.stop();
      await tally.flush();
    },
  };
}

/** What is not yet in the ledger: one count for each address, of the minute that began with its first failure. */
function createTally({ sql, clock, log, key }: SignInGuardParts) {
  const minutes = new Map<string, Minute>();
  const labelOf = (address: string): string =>
    createHmac('sha256', key).update(`sign-in ${address}`).digest('hex').slice(0, LABEL_CHARS);
  const factOf = ([from, { began, refused, turnedAway, methods }]: [string, Minute]) => ({
    module: 'identity' as const,
    type: 'person.sign-in-refused' as const,
    actor: 'nobody',
    subject: 'sign-in',
    at: clock(),
    data: { from, since: began, refused, turnedAway, methods: [...methods].sort() },
  });
  return {
    count: (method: SignInMethod, address: string): Minute => {
      const label = labelOf(address);
      const told = minutes.has(label) || minutes.size < ADDRESSES_TOLD_MAX ? label : OTHERS;
      const minute = minutes.get(told) ?? { began: clock(), refused: 0, turnedAway: 0, methods: new Set() };
      minutes.set(told, minute);
      minute.refused++;
      minute.methods.add(method);
      return minute;
    },
    flush: async (now = Infinity): Promise<void> => {
      const over = [...minutes].filter(([, { began }]) => now - began >= WINDOW_MS);
      if (over.length === 0) return;
      for (const [label] of over) minutes.delete(label);
      const work: Parameters<Sql['transact']>[0] = (tx) => {
        for (const one of over) tx.record(factOf(one));
        return Promise.resolve();
      };
      await sql
        .transact(work)
        .catch((fault: unknown) => log.warn('record refused sign-ins failed', { fault: String(fault) }));
    },
  };
}

function tooMany(waitMs: number): Result<never, Refusal> {
  const seconds = Math.ceil(waitMs / SECOND_MS);
  const refused = refuse(
    'unavailable',
    'TOO_MANY_ATTEMPTS',
    `sign in: too many failed attempts, wanted none for ${seconds} seconds`,
  );
  return err({ ...refused.error, retryAfterMs: waitMs });
}

/** Who has one IPv6 address has its whole /64: all of it counts as one. An IPv4 address counts as itself however it is written. */
export function networkOf(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip);
  if (mapped) return mapped[1]!;
  if (!isIPv6(ip)) return ip;
  const [head = '', tail] = ip.toLowerCase().split('%')[0]!.split('::');
  const before = head.split(':').filter(Boolean);
  const after = (tail ?? '').split(':').filter(Boolean);
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after];
  return groups
    .slice(0, IPV6_NETWORK_GROUPS)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':');
}
