/** Changes of devices behind a site gateway: it asks for their orders page by page, fetches for them, and reports by name. */
import { Compile } from 'typebox/compile';
import {
  BEHALF_CONTENT_PATH,
  BEHALF_ORDERS_MAX,
  BEHALF_PAGE_MAX_BYTES,
  BehalfMessage,
  topicOf,
  type JobOrder,
  type WorkMessage,
} from '@cityward/contracts';
import { DEVICES_MAX, MINUTE_MS, SECOND_MS, type Clock, type Refusal, type Result } from '@cityward/kernel';
import { thinned, type Log } from '@cityward/log';
import { contentReply, type RawReply, type RawRoute } from '@cityward/http';
import type { Desk } from './desk.ts';
import { malformed } from './ingest.ts';
import { readJson } from './read-json.ts';
import { hashesOf } from './gateway-ddi.ts';

/** A device that its gateway has not reached for so long is not taken for one that can be changed now. */
export const SEEN_FRESH_MS = 3 * MINUTE_MS;
/** A wave orders many at once: a gateway is told once that there is something. */
const NEWS_MS = SECOND_MS / 4;

const behalfMessage = Compile(BehalfMessage);
type Message = BehalfMessage;

export interface BehalfParts {
  readonly desk: Desk;
  readonly clock: Clock;
  readonly log: Log;
  /** Identity and policy together: is this the gateway of the device, in good standing? */
  mayCarry(gateway: string, device: string): Result<void, Refusal>;
  publish(topic: string, payload: Uint8Array): Promise<void>;
  isConnected(gateway: string): boolean;
  alive(device: string, at: number): void;
  /** What the gateway said was refused: for the evidence. */
  refused(gateway: string, refusal: Refusal): void;
}
export interface Behalf {
  /** A message of the topic `behalf`: acknowledged once it is kept; one that is refused is over. */
  take(gateway: string, payload: Uint8Array, acknowledge: (fault: Error | null) => void): void;
  /** Whether its gateway can change it now; null where none has said that it changes it. */
  reaches(device: string): boolean | null;
  stop(): void;
}

interface Carried {
  readonly gateway: string;
  at: number;
}
interface Core {
  readonly parts: BehalfParts;
  readonly carried: Map<string, Carried>;
  readonly byGateway: Map<string, Set<string>>;
}

function carry({ carried, byGateway }: Core, device: string, now: Carried): void {
  const before = carried.get(device);
  if (before && before.gateway !== now.gateway) byGateway.get(before.gateway)?.delete(device);
  if (!before && carried.size >= DEVICES_MAX) return;
  carried.set(device, now);
  const own = byGateway.get(now.gateway) ?? new Set();
  byGateway.set(now.gateway, own.add(device));
}

function seen(core: Core, gateway: string, { devices }: Message & { readonly behalf: 'seen' }): Refusal | null {
  const { mayCarry, desk, alive, clock } = core.parts;
  let refusal: Refusal | null = null;
  for (const { device, firmware, document } of devices) {
    const allowed = mayCarry(gateway, device);
    if (!allowed.ok) {
      refusal = allowed.error;
      continue;
    }
    const at = clock();
    carry(core, device, { gateway, at });
    alive(device, at);
    desk.seen(device, { firmware, document });
  }
  return refusal;
}

/** As many orders as one packet holds, in the order of ids; `next` leads on where there may be more. */
function pageFor({ parts, byGateway }: Core, gateway: string, after: string | null): WorkMessage {
  const { desk, mayCarry, log } = parts;
  const devices = [...(byGateway.get(gateway) ?? [])].filter((device) => after === null || device > after).sort();
  const orders: JobOrder[] = [];
  let bytes = 0;
  let last = after;
  for (const device of devices) {
    const order = mayCarry(gateway, device).ok ? desk.orderFor(device) : null;
    const size = order ? Buffer.byteLength(JSON.stringify(order)) : 0;
    if (size > BEHALF_PAGE_MAX_BYTES) {
      log.error('an order is too large to be sent', { device, bytes: size });
      continue;
    }
    if (bytes + size > BEHALF_PAGE_MAX_BYTES || orders.length >= BEHALF_ORDERS_MAX)
      return { work: 'page', after, orders, next: last };
    if (order) orders.push(order);
    bytes += size;
    last = device;
  }
  return { work: 'page', after, orders, next: null };
}

/** Tells gateways that there is something to ask for: once for all that comes together. */
function createNews({ parts, carried }: Core, thin: ReturnType<typeof thinned>) {
  const waiting = new Set<string>();
  let timer: NodeJS.Timeout | null = null;
  const tell = (): void => {
    timer = null;
    const message = Buffer.from(JSON.stringify({ work: 'news' } satisfies WorkMessage));
    for (const gateway of waiting)
      if (parts.isConnected(gateway))
        parts
          .publish(topicOf(gateway, 'work'), message)
          .catch((fault: unknown) =>
            thin.warn({ what: 'news could not be sent', who: gateway }, { fault: String(fault) }),
          );
    waiting.clear();
  };
  return {
    of: (device: string): void => {
      const own = carried.get(device);
      if (!own) return;
      waiting.add(own.gateway);
      timer ??= setTimeout(tell, NEWS_MS).unref();
    },
    stop: (): void => {
      if (timer) clearTimeout(timer);
    },
  };
}

function read(payload: Uint8Array): Message | null {
  const value = readJson(payload);
  return behalfMessage.Check(value) ? value : null;
}

export function createBehalf(parts: BehalfParts): Behalf {
  const core: Core = { parts, carried: new Map(), byGateway: new Map() };
  const { desk, mayCarry, clock } = parts;
  const thin = thinned(parts.log);
  const news = createNews(core, thin);
  const cease = desk.onOrder(news.of);
  /** A gateway that asks again before it is answered is answered once. */
  const answering = new Set<string>();
  const refused = (gateway: string, refusal: Refusal): void => {
    thin.warn({ what: 'what a gateway said of a device was refused', who: gateway }, { reason: refusal.message });
    parts.refused(gateway, refusal);
  };
  const answer = async (gateway: string, after: string | null): Promise<void> => {
    if (answering.has(gateway)) return;
    answering.add(gateway);
    try {
      await parts.publish(topicOf(gateway, 'work'), Buffer.from(JSON.stringify(pageFor(core, gateway, after))));
    } finally {
      answering.delete(gateway);
    }
  };
  const report = async (gateway: string, message: Message & { readonly behalf: 'report' }): Promise<void> => {
    const allowed = mayCarry(gateway, message.subject);
    if (!allowed.ok) return refused(gateway, allowed.error);
    const taken = await desk.report(message.subject, message.report);
    if (!taken.ok) refused(gateway, taken.error);
  };
  return {
    take: (gateway, payload, acknowledge) => {
      const message = read(payload);
      if (!message)
        return acknowledge(
          malformed('BEHALF_MALFORMED', `read what "${gateway}" says of the devices behind it: it is no such message`),
        );
      if (message.behalf === 'report') return void report(gateway, message).then(() => acknowledge(null), acknowledge);
      if (message.behalf === 'seen') {
        const refusal = seen(core, gateway, message);
        if (refusal) refused(gateway, refusal);
      } else
        answer(gateway, message.after).catch((fault: unknown) =>
          parts.log.warn('a page of orders was not sent', { gateway, fault: String(fault) }),
        );
      acknowledge(null);
    },
    reaches: (device) => {
      const own = core.carried.get(device);
      if (!own || !mayCarry(own.gateway, device).ok) return null;
      return parts.isConnected(own.gateway) && clock() - own.at <= SEEN_FRESH_MS;
    },
    stop: () => {
      cease();
      news.stop();
    },
  };
}

const NO_SUCH_FILE: RawReply = {
  status: 404,
  headers: { 'content-type': 'text/plain' },
  body: 'find the file: no device behind this gateway is to have it\n',
};
export const BEHALF_DOWNLOADS_MAX = 200;

/** What the order of a device names, to the gateway behind which it stands, and nothing else. */
export function behalfContentRoute({ desk, gatewayOf }: ContentParts): RawRoute {
  let underWay = 0;
  return {
    name: 'behalfContent',
    method: 'GET',
    path: `${BEHALF_CONTENT_PATH}:device/:hash`,
    action: 'carryChange',
    resource: ({ params }) => {
      const id = params['device'] ?? '';
      return { type: 'Device', id, attributes: { gateway: gatewayOf(id) ?? '' } };
    },
    handle: async (request) => {
      const { device = '', hash = '' } = request.params;
      const order = desk.orderFor(device);
      const bytes = order && hashesOf(order).includes(hash) ? await desk.source(hash) : null;
      if (!bytes) return NO_SUCH_FILE;
      if (underWay >= BEHALF_DOWNLOADS_MAX)
        return { ...NO_SUCH_FILE, status: 503, body: 'send the file: try again later\n' };
      const read: typeof bytes.read = (range) => {
        underWay++;
        return bytes.read(range).once('close', () => underWay--);
      };
      return contentReply({ ...bytes, read, tag: hash }, request);
    },
  };
}
export interface ContentParts {
  readonly desk: Pick<Desk, 'orderFor' | 'source'>;
  gatewayOf(device: string): string | null;
}
