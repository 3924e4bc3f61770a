/** A site switch: what it lets pass, what it reports, and how it learns a quarantine. Pure; time comes in as a value. */
import type { CommandSeen, Flow, OrderAck, QuarantineOrder } from '@cityward/contracts';
import { err, isId, MINUTE_MS, ok, type Result } from '@cityward/kernel';

/** What waits for the next report; with the link cut the oldest are lost, as in a switch. */
export const REPORT_BUFFER_MAX = 2_000;
/** Observations in one message, and bytes of it: the city takes no more. */
export const REPORT_MAX = 100;
const REPORT_MAX_BYTES = 24_000;
const DEVICES_PER_ORDER_MAX = 10_000;
const ORDER_MAX_BYTES = 1_048_576;

export type Seen = Flow | CommandSeen;
export interface SiteSwitch {
  readonly id: string;
  version: number;
  dropped: ReadonlySet<string>;
  /** When the quarantine ends by itself; null for never. */
  until: number | null;
  buffer: Seen[];
}
export const newSwitch = (id: string): SiteSwitch => ({ id, version: 0, dropped: new Set(), until: null, buffer: [] });

/** Reads an order as it came over the wire; the error says what was wrong. Never throws on input. */
export function readOrder(payload: Uint8Array): Result<QuarantineOrder, string> {
  if (payload.length > ORDER_MAX_BYTES) return err(`read order: ${payload.length} bytes are too many`);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return err('read order: it is no JSON');
  }
  if (typeof value !== 'object' || value === null) return err('read order: want an object');
  const { order, version, devices, until, at } = value as Record<string, unknown>;
  if (order !== 'quarantine') return err(`read order: want "quarantine", got "${String(order).slice(0, 40)}"`);
  if (!Number.isSafeInteger(version) || (version as number) < 0) return err('read order: want a whole version from 0');
  if (!Array.isArray(devices) || devices.length > DEVICES_PER_ORDER_MAX)
    return err('read order: want a list of devices');
  if (!devices.every((id) => typeof id === 'string' && isId(id))) return err('read order: want device ids');
  if (until !== null && !Number.isSafeInteger(until)) return err('read order: want an end in milliseconds, or null');
  if (at !== undefined && !Number.isSafeInteger(at)) return err('read order: want the time that it was given, or none');
  return ok({
    ...{ order, version: version as number, devices: devices as string[], until: until as number | null },
    ...(at === undefined ? {} : { at: at as number }),
  });
}

/** An order was older than the one in force: the city is told which that is, for its clock may have gone back. */
export const tooOld = (version: number, now: number): OrderAck => ({
  ...{ order: 'quarantine', version, at: now, result: 'refused' },
});

/** Clocks that agree but for this are one. */
const AGREES_MS = 5 * MINUTE_MS;

/**
 * When an order ends by the own clock. One that would be over when it comes, or that comes from the future, comes from a city
 * whose clock is another: it counts from now, as long as the city meant it.
 */
export function endOf({ until, at }: QuarantineOrder, now: number): number | null {
  if (until === null || at === undefined) return until;
  const isPlausible = now >= at - AGREES_MS && now < until;
  return isPlausible ? until : now + Math.max(0, until - at);
}

/** Applies an order; one of a version that is older than the one in force is not. */
export function obey(site: SiteSwitch, order: QuarantineOrder, now: number): OrderAck {
  if (order.version < site.version) return tooOld(site.version, now);
  const ends = endOf(order, now);
  site.version = order.version;
  site.until = ends;
  site.dropped = new Set(ends !== null && ends <= now ? [] : order.devices);
  return { order: 'quarantine', version: order.version, at: now, result: 'applied' };
}

/** Lifts a quarantine whose end has come; true when there was one. It ends by itself, even when nobody can say so. */
export function lift(site: SiteSwitch, now: number): boolean {
  if (site.until === null || site.until > now || site.dropped.size === 0) return false;
  site.dropped = new Set();
  site.until = null;
  return true;
}

/** Whether this switch lets a packet between the two pass. */
export const lets = (site: SiteSwitch, a: string, b: string): boolean => !site.dropped.has(a) && !site.dropped.has(b);

export function note(site: SiteSwitch, seen: Seen): void {
  site.buffer.push(seen);
  if (site.buffer.length > REPORT_BUFFER_MAX) site.buffer.splice(0, site.buffer.length - REPORT_BUFFER_MAX);
}

/** Takes what was seen, in messages that the city accepts. */
export function takeReports(site: SiteSwitch): Seen[][] {
  const messages: Seen[][] = [];
  let message: Seen[] = [];
  let bytes = 0;
  for (const seen of site.buffer) {
    const size = JSON.stringify(seen).length + 1;
    if (message.length === REPORT_MAX || (message.length > 0 && bytes + size > REPORT_MAX_BYTES)) {
      messages.push(message);
      message = [];
      bytes = 0;
    }
    message.push(seen);
    bytes += size;
  }
  if (message.length > 0) messages.push(message);
  site.buffer = [];
  return messages;
}
