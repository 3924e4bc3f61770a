/**
 * Signed changes over MQTT: orders retained for the devices that are connected, new officers' documents before them, reports taken
 * before they are acknowledged.
 */
import { Compile } from 'typebox/compile';
import { JobReport, topicOf, type SignedOfficers } from '@cityward/contracts';
import { SECOND_MS, type Refusal } from '@cityward/kernel';
import { thinned, type Log } from '@cityward/log';
import type { Desk } from './desk.ts';
import { malformed } from './ingest.ts';
import { readJson } from './read-json.ts';

/** Orders on their way to the broker at a time; a wave of a hundred thousand waits as a set of names. */
const ORDERS_AT_ONCE = 256;
const AGAIN_MS = SECOND_MS;
/** How long a device that has just subscribed may take to say whose signatures it takes, before orders go out without that. */
const OFFICERS_SAID_MS = 3 * SECOND_MS;
/** What fits a packet of the listener with its topic. */
const ORDER_MAX_BYTES = 31_000;

const jobReport = Compile(JobReport);

export interface JobsGatewayParts {
  readonly desk: Desk;
  readonly log: Log;
  publish(topic: string, payload: Uint8Array, retain: boolean): Promise<void>;
  /** What it reported was refused: for the evidence. */
  refused(device: string, refusal: Refusal): void;
  /** Whether it is there and may hear its orders. */
  isConnected(device: string): boolean;
}
export interface JobsGateway {
  /** The device is about to hear its orders. */
  subscribed(device: string): void;
  disconnected(device: string): void;
  /** Whether it may hear its orders has perhaps changed: what stands on its topic goes, or comes back. */
  judgeAnew(device: string): void;
  /** Acknowledged once the desk has it; one that the desk refuses is over and is not sent again. */
  report(device: string, payload: Uint8Array, acknowledge: (fault: Error | null) => void): void;
  /** Names that wait for their order. */
  readonly waiting: number;
  stop(): void;
}

/** Which officers' documents each connected device has yet to be sent: those after the one that it says it trusts, oldest first. */
function createFollowing({ desk, log }: JobsGatewayParts) {
  const thin = thinned(log);
  const said = new Map<string, number>();
  const sent = new Map<string, number>();
  const waited = new Set<string>();
  const isLast = (version: number): boolean => desk.officersAfter(version).length === 0;
  return {
    said: (device: string, version: number): void => void said.set(device, version),
    due: (device: string): readonly SignedOfficers[] => {
      const version = said.get(device);
      return version === undefined ? [] : desk.officersAfter(Math.max(version, sent.get(device) ?? 0));
    },
    sent: (device: string, { officers }: SignedOfficers): void => void sent.set(device, officers.version),
    /** True while it may be behind and has not said so: an order by officers that it does not know would be refused for good. */
    unsure: (device: string): boolean => !isLast(1) && !said.has(device) && !waited.has(device),
    waited: (device: string): void => void waited.add(device),
    tooLarge: (device: string, bytes: number): void =>
      thin.error({ what: "an officers' document is too large to be sent", who: device }, { bytes }),
    forget: (device: string): void => {
      said.delete(device);
      sent.delete(device);
      waited.delete(device);
    },
    /** Those of which it is known that they are behind. */
    behind: (): string[] => [...said].flatMap(([device, version]) => (isLast(version) ? [] : [device])),
  };
}
type Following = ReturnType<typeof createFollowing>;

/** Never retained: the topic holds the order, and a device that comes back says anew what it trusts. */
async function sendOfficers(parts: JobsGatewayParts, following: Following, device: string): Promise<void> {
  for (const document of parts.isConnected(device) ? following.due(device) : []) {
    const payload = Buffer.from(JSON.stringify(document));
    if (payload.length > ORDER_MAX_BYTES) return following.tooLarge(device, payload.length);
    await parts.publish(topicOf(device, 'jobs'), payload, false);
    following.sent(device, document);
  }
}

/** What stands on the topics, and what is to stand there next. */
function createOrders(parts: JobsGatewayParts, following: Following) {
  const { desk } = parts;
  const thin = thinned(parts.log);
  const wanted = new Set<string>();
  /** Devices whose topic holds an order; each is connected, or is about to be let go. */
  const retained = new Set<string>();
  const underWay = new Set<string>();
  let stopped = false;
  let timer: NodeJS.Timeout | null = null;

  const payloadFor = (device: string): Buffer | null => {
    const order = parts.isConnected(device) && !following.unsure(device) ? desk.orderFor(device) : null;
    // An empty payload clears the topic.
    if (!order) return retained.has(device) ? Buffer.alloc(0) : null;
    const payload = Buffer.from(JSON.stringify(order));
    if (payload.length <= ORDER_MAX_BYTES) return payload;
    thin.error({ what: 'an order is too large to be sent', who: device }, { bytes: payload.length, job: order.job.id });
    return null;
  };
  const send = async (device: string): Promise<void> => {
    await sendOfficers(parts, following, device);
    const payload = payloadFor(device);
    if (!payload) return;
    if (payload.length > 0) retained.add(device);
    await parts.publish(topicOf(device, 'jobs'), payload, true);
    if (payload.length === 0) retained.delete(device);
  };
  const later = (device: string, fault: unknown): void => {
    thin.warn({ what: 'an order could not be sent', who: device }, { fault: String(fault) });
    wanted.add(device);
    timer ??= setTimeout(() => {
      timer = null;
      pump();
    }, AGAIN_MS).unref();
  };
  const pump = (): void => {
    for (const device of wanted) {
      if (stopped || underWay.size >= ORDERS_AT_ONCE) return;
      // In order: the next word to a device waits for the one before.
      if (underWay.has(device)) continue;
      wanted.delete(device);
      underWay.add(device);
      const ended = (): void => {
        underWay.delete(device);
        if (timer === null) pump();
      };
      send(device)
        .catch((fault: unknown) => later(device, fault))
        .then(ended, ended);
    }
  };
  return {
    retained,
    wanted,
    want: (device: string): void => {
      wanted.add(device);
      if (timer === null) pump();
    },
    stop: (): void => {
      stopped = true;
      if (timer) clearTimeout(timer);
    },
  };
}

export function createJobsGateway(parts: JobsGatewayParts): JobsGateway {
  const { desk } = parts;
  const thin = thinned(parts.log);
  const following = createFollowing(parts);
  const orders = createOrders(parts, following);
  const judgeAnew = (device: string): void => {
    if (parts.isConnected(device) || orders.retained.has(device)) orders.want(device);
  };
  const ceasing = [
    desk.onOrder(judgeAnew),
    desk.onSaid((device, { officers }) => {
      if (typeof officers !== 'number' || !parts.isConnected(device)) return;
      following.said(device, officers);
      orders.want(device);
    }),
    desk.onOfficers(() => following.behind().forEach(orders.want)),
  ];
  const goOn = (device: string): void => {
    following.waited(device);
    if (parts.isConnected(device)) orders.want(device);
  };
  return {
    judgeAnew,
    // Asked from within the broker's own step: the connection is known a moment later.
    subscribed: (device) => {
      setImmediate(orders.want, device);
      if (following.unsure(device)) setTimeout(goOn, OFFICERS_SAID_MS, device).unref();
    },
    disconnected: (device) => {
      following.forget(device);
      if (orders.retained.has(device)) orders.want(device);
    },
    report: (device, payload, acknowledge) => {
      const report = readJson(payload);
      if (!jobReport.Check(report))
        return acknowledge(malformed('REPORT_MALFORMED', `read a report of "${device}": it is no report of a job`));
      desk.report(device, report).then((taken) => {
        if (!taken.ok) {
          thin.info({ what: 'a report was refused', who: device }, { reason: taken.error.message });
          parts.refused(device, taken.error);
        }
        acknowledge(null);
      }, acknowledge);
    },
    get waiting() {
      return orders.wanted.size;
    },
    stop: () => {
      orders.stop();
      for (const cease of ceasing) cease();
    },
  };
}
