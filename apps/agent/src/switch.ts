/** A site switch: what it lets pass, what it reports, and how it learns a quarantine. Pure; time comes in as a value. */
import type { CommandSeen, Flow, OrderAck, QuarantineOrder } from '@cityward/contracts';
import { err, isId, ok, type Result } from '@cityward/kernel';

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
  const { order, version, devices, until } = value as Record<string, unknown>;
  if (order !== 'quarantine') return err(`read order: want "quarantine", got "${String(order).slice(0, 40)}"`);
  if (!Number.isSafeInteger(version) || (version as number) < 0) return err('read order: want a whole version from 0');
  if (!Array.isArray(devices) || devices.length > DEVICES_PER_ORDER_MAX)
    return err('read order: want a list of devices');
  if (!devices.every((id) => typeof id === 'string' && isId(id))) return err('read order: want device ids');
  if (until !== null && !Number.isSafeInteger(until)) return err('read order: want an end in milliseconds, or null');
  return ok({ order, version: version as number, devices: devices as string[], until: until as number | null });
}

/** Applies an order; null for a version that is older than the one in force, which is ignored. */
export function obey(site: SiteSwitch, order: QuarantineOrder, now: number): OrderAck | null {
  if (order.version < site.version) return null;
  site.version = order.version;
  site.until = order.until;
  site.dropped = new Set(order.until !== null && order.until <= now ? [] : order.devices);
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
