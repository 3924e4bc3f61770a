/** Signed changes over MQTT: orders retained for the devices that are connected, reports taken before they are acknowledged. */
import { Compile } from 'typebox/compile';
import { JobReport, topicOf } from '@cityward/contracts';
import { SECOND_MS } from '@cityward/kernel';
import { thinned, type Log } from '@cityward/log';
import type { Desk } from './desk.ts';

/** Orders on their way to the broker at a time; a wave of a hundred thousand waits as a set of names. */
const ORDERS_AT_ONCE = 256;
const AGAIN_MS = SECOND_MS;
/** What fits a packet of the listener with its topic. */
const ORDER_MAX_BYTES = 31_000;

const jobReport = Compile(JobReport);

export interface JobsGatewayParts {
  readonly desk: Desk;
  readonly log: Log;
  publish(topic: string, payload: Uint8Array): Promise<void>;
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

/** What stands on the topics, and what is to stand there next. */
function createOrders(parts: JobsGatewayParts) {
  const { desk } = parts;
  const thin = thinned(parts.log);
  const wanted = new Set<string>();
  /** Devices whose topic holds an order; each is connected, or is about to be let go. */
  const retained = new Set<string>();
  const underWay = new Set<string>();
  let stopped = false;
  let timer: NodeJS.Timeout | null = null;

  const payloadFor = (device: string): Buffer | null => {
    const order = parts.isConnected(device) ? desk.orderFor(device) : null;
    // An empty payload clears the topic.
    if (!order) return retained.has(device) ? Buffer.alloc(0) : null;
    const payload = Buffer.from(JSON.stringify(order));
    if (payload.length <= ORDER_MAX_BYTES) return payload;
    thin.error({ what: 'an order is too large to be sent', who: device }, { bytes: payload.length, job: order.job.id });
    return null;
  };
  const send = async (device: string): Promise<void> => {
    const payload = payloadFor(device);
    if (!payload) return;
    if (payload.length > 0) retained.add(device);
    await parts.publish(topicOf(device, 'jobs'), payload);
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
  const orders = createOrders(parts);
  const judgeAnew = (device: string): void => {
    if (parts.isConnected(device) || orders.retained.has(device)) orders.want(device);
  };
  const cease = desk.onOrder(judgeAnew);
  return {
    judgeAnew,
    // Asked from within the broker's own step: the connection is known a moment later.
    subscribed: (device) => void setImmediate(orders.want, device),
    disconnected: (device) => {
      if (orders.retained.has(device)) orders.want(device);
    },
    report: (device, payload, acknowledge) => {
      let report: unknown;
      try {
        report = JSON.parse(Buffer.from(payload).toString('utf8'));
      } catch (error) {
        return acknowledge(error as Error);
      }
      if (!jobReport.Check(report))
        return acknowledge(new Error(`read a report of "${device}": it is no report of a job`));
      desk.report(device, report).then((taken) => {
        if (!taken.ok) thin.info({ what: 'a report was refused', who: device }, { reason: taken.error.message });
        acknowledge(null);
      }, acknowledge);
    },
    get waiting() {
      return orders.wanted.size;
    },
    stop: () => {
      orders.stop();
      cease();
    },
  };
}
