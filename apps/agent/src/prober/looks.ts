/** Looks that the city asks a site gateway for: only at devices of its own site, one after the other, each answered once. */
import { Compile } from 'typebox/compile';
import { ProbeOrder, type ProbeResult } from '@cityward/contracts';
import type { Log } from '@cityward/log';
import { probe, type ProbeFacts, type Target } from './probe.ts';

const WAITING_MAX = 16;
const ORDER_MAX_BYTES = 1_024;
const probeOrder = Compile(ProbeOrder);

export interface LooksParts {
  readonly gateway: string;
  /** Where a device of the own site answers; null for every other device. */
  readonly target: (device: string) => Target | null;
  readonly publish: (result: ProbeResult) => void;
  readonly log: Log;
  readonly tryEveryMs?: number;
}
export interface Looks {
  /** True when this was such an order, whatever came of it. */
  take(payload: Uint8Array): boolean;
  stop(): void;
}

/** An order to look, or null for anything else. Never throws on input. */
export function readProbeOrder(payload: Uint8Array): ProbeOrder | null {
  if (payload.length > ORDER_MAX_BYTES) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
    return probeOrder.Check(value) ? value : null;
  } catch {
    return null;
  }
}

const NOTHING: ProbeFacts = {
  credentials: { ended: 'no-answer', tried: 0, accepted: null, open: false },
  tls: null,
  clock: null,
  firmware: null,
};

export function createLooks(parts: LooksParts): Looks {
  const { gateway, log } = parts;
  const stopping = new AbortController();
  const waiting: ProbeOrder[] = [];
  let busy = false;
  const look = async ({ id, device }: ProbeOrder): Promise<void> => {
    const target = parts.target(device);
    if (!target) log.warn('the city asked about a device that is not of this site', { gateway, device });
    const options = {
      signal: stopping.signal,
      ...(parts.tryEveryMs === undefined ? {} : { tryEveryMs: parts.tryEveryMs }),
    };
    const facts = target ? await probe(target, options) : NOTHING;
    if (!stopping.signal.aborted) parts.publish({ order: 'probe', id, device, at: Date.now(), ...facts });
  };
  const next = (): void => {
    const order = busy || stopping.signal.aborted ? undefined : waiting.shift();
    if (!order) return;
    busy = true;
    const over = (): void => {
      busy = false;
      next();
    };
    // An answer that comes too late is of no use to anybody.
    if (order.until <= Date.now()) return over();
    look(order).then(over, (fault: unknown) => {
      log.error('a look at a device failed', { gateway, device: order.device, fault: String(fault) });
      over();
    });
  };
  return {
    take: (payload) => {
      const order = readProbeOrder(payload);
      if (!order) return false;
      if (waiting.length < WAITING_MAX && !waiting.some((one) => one.id === order.id)) waiting.push(order);
      next();
      return true;
    },
    stop: () => {
      waiting.length = 0;
      stopping.abort();
    },
  };
}
