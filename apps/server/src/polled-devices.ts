/**
 * Devices that come by themselves and ask what to do, in whichever protocol: what each was told, how far it says it is, and what
 * shows that it is true. One order at a time; an order is theirs only where it installs something.
 */
import type { JobOrder } from '@cityward/contracts';
import { DEVICES_MAX, MINUTE_MS, SECOND_MS, type Clock, type Refusal } from '@cityward/kernel';
import { thinned, type Log, type ThinLog } from '@cityward/log';
import type { Desk } from './desk.ts';
import { createContents, type Contents } from './polled-content.ts';
import {
  actionIdOf,
  artifactOf,
  closeOrder,
  newPolledDevice,
  openOrder,
  reportOf,
  VERSION_MAX_CHARS,
  type Meaning,
  type Open,
  type PolledDevice,
  type Said,
} from './polled-order.ts';

/** Requests of one device in one second; a client that polls as told comes once in minutes. */
export const REQUESTS_PER_SECOND_MAX = 200;

/** Mender's clients ask each half an hour unless they are told otherwise, hawkBit's each five minutes. */
export const POLL_FRESH_MS = 40 * MINUTE_MS;

export interface PolledParts {
  readonly desk: Desk;
  readonly clock: Clock;
  readonly log: Log;
  /** The device was heard of. */
  readonly alive: (device: string, at: number) => void;
  /** Its report was refused: for the evidence. */
  readonly refused?: (device: string, code: string) => void;
  readonly downloadsMax?: number;
}
export interface Told {
  readonly device: PolledDevice;
  readonly open: Open;
}
/** `over`: the desk wants no more of it. */
export type Taken = 'taken' | 'over';

export interface Polled {
  readonly clock: Clock;
  readonly thin: ThinLog;
  readonly contents: Contents;
  deviceOf(id: string): PolledDevice;
  /** What the desk wants of it, whatever it was told before. */
  orderFor(device: string): JobOrder | null;
  /** The same where it can be told so, since it installs something. */
  orderOf(device: PolledDevice): JobOrder | null;
  /** What it is to be told at a poll; null for nothing, also while it proves the last one. */
  wanted(device: PolledDevice): JobOrder | null;
  /** What it was told, has not finished, and is wanted no more. */
  cancelled(device: PolledDevice): Open | null;
  /** What it was told under this number, as it sends it; one that the server forgot in a restart is found again by its order. */
  toldOf(device: PolledDevice, number: string): Open | 'unknown' | 'over';
  /** Every request of a device: that it is there, and what it last said that it runs. */
  heard(device: PolledDevice): void;
  /** Has it asked lately, so that an order given now will be fetched? */
  reaches(id: string): boolean;
  isTooOften(device: PolledDevice): boolean;
  /** It has looked at its order. */
  accepted(told: Told): Promise<Taken>;
  take(told: Told, meaning: Meaning): Promise<Taken>;
  /** What it says that it runs: the proof of what it claimed. */
  shows(device: PolledDevice, firmware: string): Promise<void>;
  /** What it sent cannot be taken: a line; the answer carries the code to the evidence. */
  refused(device: PolledDevice, refusal: Refusal): void;
  /** Why it failed, once for each order: a log may come again. */
  explained(device: PolledDevice, words: string): void;
  stop(): void;
}

export function createPolled(parts: PolledParts): Polled {
  const { desk, clock } = parts;
  const devices = new Map<string, PolledDevice>();
  const deviceOf = (id: string): PolledDevice => {
    let device = devices.get(id);
    if (!device) {
      if (devices.size >= DEVICES_MAX) devices.clear();
      devices.set(id, (device = newPolledDevice(id)));
    }
    return device;
  };
  const orderOf = ({ id }: PolledDevice): JobOrder | null => {
    const order = desk.orderFor(id);
    return order && artifactOf(order) ? order : null;
  };
  const thin = thinned(parts.log);
  const say = createSay(parts, thin);
  const contents = createContents(desk, parts.downloadsMax);
  const orders = createOrders({ orderOf, say, clock, thin, contents });
  const cease = desk.onOrder((id) => orders.forgetJudged(deviceOf(id)));
  return {
    clock,
    thin,
    contents,
    deviceOf,
    orderFor: desk.orderFor,
    orderOf,
    wanted: orders.wanted,
    cancelled: orders.cancelled,
    toldOf: (device, number) => toldOf(orderOf(device), device, number),
    heard: (device) => {
      device.heardAt = clock();
      parts.alive(device.id, device.heardAt);
      desk.seen(device.id, { firmware: device.firmware, document: null });
    },
    reaches: (id) => {
      const device = devices.get(id);
      return device !== undefined && clock() - device.heardAt <= POLL_FRESH_MS;
    },
    isTooOften: (device) => isTooOften(device, clock()),
    accepted: (told) => say(told, { state: 'accepted', at: clock(), running: told.device.firmware }),
    take: (told, meaning) => take({ say, clock }, told, meaning),
    shows: async (device, firmware) => {
      device.firmware = firmware.slice(0, VERSION_MAX_CHARS);
      desk.seen(device.id, { firmware: device.firmware, document: null });
      await prove({ say, clock }, device);
    },
    refused: ({ id }, { code, message }) =>
      thin.info({ what: 'a device that polls sent what cannot be taken', who: id }, { refusal: code, message }),
    explained: (device, words) => {
      const about = device.open?.id ?? device.closed;
      if (about <= device.explained) return;
      device.explained = about;
      desk.explained(device.id, words);
    },
    stop: cease,
  };
}

const DECIMAL = /^[0-9]{1,15}$/u;

function toldOf(order: JobOrder | null, device: PolledDevice, number: string): Open | 'unknown' | 'over' {
  const id = DECIMAL.test(number) ? Number(number) : 0;
  if (device.open?.id === id) return device.open;
  if (order && actionIdOf(order) === id && device.open === null) return openOrder(device, order) ?? 'unknown';
  return id > 0 && id <= device.closed ? 'over' : 'unknown';
}

type Say = (told: Told, said: Said) => Promise<Taken>;

const createSay =
  ({ desk, refused }: PolledParts, thin: ThinLog): Say =>
  async ({ device, open }, said) => {
    const report = reportOf(open, said, () => desk.nextSeq(device.id, open.order.job.id));
    if (!report) return 'taken';
    const taken = await desk.report(device.id, report);
    if (taken.ok) return 'taken';
    thin.info({ what: 'a report of a device that polls was refused', who: device.id }, { reason: taken.error.message });
    refused?.(device.id, taken.error.code);
    return 'over';
  };

interface OrdersParts extends Pick<Polled, 'orderOf' | 'clock' | 'thin' | 'contents'> {
  readonly say: Say;
}

function createOrders({ orderOf, say, clock, thin, contents }: OrdersParts) {
  /** An order that waits for its proof is over once the desk has judged it; the same again is then another try. */
  const forgetJudged = (device: PolledDevice): void => {
    if (!device.open?.isInstalled) return;
    const order = orderOf(device);
    if (!order || actionIdOf(order) !== device.open.id) closeOrder(device);
  };
  const cancelled = (device: PolledDevice): Open | null => {
    const { open } = device;
    if (!open || open.isInstalled) return null;
    const order = orderOf(device);
    return order && actionIdOf(order) === open.id ? null : open;
  };
  /** Told to install what it runs already, as after a restart of the server: it is only to say so again. */
  const isThereAlready = (device: PolledDevice, order: JobOrder): boolean => {
    if (device.firmware === null || device.firmware !== artifactOf(order)?.version) return false;
    const open = openOrder(device, order);
    if (!open || open.isInstalled) return true;
    open.isInstalled = true;
    open.isProved = true;
    say({ device, open }, { state: 'done', at: clock(), running: device.firmware }).catch((fault: unknown) =>
      thin.warn({ what: 'a report of a device that polls was lost', who: device.id }, { fault: String(fault) }),
    );
    return true;
  };
  return {
    forgetJudged,
    cancelled,
    wanted: (device: PolledDevice): JobOrder | null => {
      forgetJudged(device);
      const order = cancelled(device) || device.open?.isInstalled ? null : orderOf(device);
      if (!order || isThereAlready(device, order)) return null;
      // Those that have begun go on; others wait for a place, as at any other time for their wave.
      return device.open || contents.hasRoom() ? order : null;
    },
  };
}

function isTooOften(device: PolledDevice, now: number): boolean {
  const second = Math.floor(now / SECOND_MS);
  if (device.second !== second) [device.second, device.count] = [second, 0];
  return ++device.count > REQUESTS_PER_SECOND_MAX;
}

interface Taking {
  readonly say: Say;
  readonly clock: Clock;
}

async function take({ say, clock }: Taking, told: Told, meaning: Meaning): Promise<Taken> {
  const { device, open } = told;
  const at = clock();
  const running = device.firmware;
  if (open.isInstalled) return 'taken'; // said twice
  switch (meaning.is) {
    case 'progress':
      return say(told, { state: meaning.state, at, running });
    case 'failure': {
      const taken = await say(told, { state: meaning.state, at, running, reason: meaning.reason });
      if (device.open === open) closeOrder(device);
      return taken;
    }
    case 'claim': {
      open.isInstalled = true;
      const taken = await say(told, { state: 'done', at, running: null });
      await prove({ say, clock }, device);
      return taken;
    }
  }
}

/** Done for good: after it was said to be installed, the device shows the version that was ordered. */
async function prove({ say, clock }: Taking, device: PolledDevice): Promise<void> {
  const { open, firmware } = device;
  if (!open?.isInstalled || open.isProved || firmware !== open.artifact.version) return;
  open.isProved = true;
  await say({ device, open }, { state: 'done', at: clock(), running: firmware });
}
