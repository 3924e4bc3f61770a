/** Gets every device its certificate: those in the file are used again, old ones renewed, the others bought with their codes. */
import { createHash } from 'node:crypto';
import { SECOND_MS } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import { RENEW_BEFORE_MS, RENEWAL_SPREAD_MS, type Credential, type Credentials } from './credentials.ts';
import { EstRefused, type EstClient } from './est-client.ts';

export const ENROL_AT_ONCE = 8;
const TRIES_MAX = 6;
const TRY_AGAIN_MS = SECOND_MS;

export interface Enrolling {
  readonly est: EstClient;
  readonly credentials: Credentials;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Codes for these devices, from whoever started the simulator. */
  codesFor(devices: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Called for each device as soon as it has a certificate that is in force. */
  enrolled(credential: Credential): void;
}

export interface Enrolled {
  readonly enrolled: number;
  /** Devices that got none, with the last reason. */
  readonly failed: readonly { readonly device: string; readonly reason: string }[];
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());

/** Tries again while the server is away or busy; a refusal stands. Throws the last fault. */
async function patiently(signal: AbortSignal, act: () => Promise<Credential>): Promise<Credential> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (fault) {
      const final = fault instanceof EstRefused && fault.status !== 429 && fault.status !== 503;
      if (final || attempt === TRIES_MAX || signal.aborted) throw fault;
      await pause(TRY_AGAIN_MS * attempt);
    }
  }
}

async function inParallel(
  devices: readonly string[],
  signal: AbortSignal,
  act: (device: string) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < devices.length && !signal.aborted) await act(devices[next++]!);
  };
  await Promise.all(Array.from({ length: Math.min(ENROL_AT_ONCE, devices.length) }, worker));
}

const SPREAD_STEPS = 2 ** 32;

/** From two thirds of its life on, each device at a moment of its own: the same after a restart, so that none waits for ever. */
export const renewsAt = ({ device, expires }: Credential): number => {
  const share = createHash('sha256').update(device).digest().readUInt32BE() / SPREAD_STEPS;
  return expires - RENEW_BEFORE_MS + Math.floor(share * RENEWAL_SPREAD_MS);
};

/** True while it is not yet time to renew. */
export const isFresh = (credential: Credential, now: number): boolean => now < renewsAt(credential);

/** Enrols all of them; resolves when each has a certificate or has been refused one. */
export async function enrolAll(parts: Enrolling, devices: readonly string[]): Promise<Enrolled> {
  const { credentials, est, signal } = parts;
  const failed: { device: string; reason: string }[] = [];
  const buy: string[] = [];
  const renew: string[] = [];
  for (const device of devices) {
    const held = credentials.get(device);
    if (!held) buy.push(device);
    else if (isFresh(held, Date.now())) parts.enrolled(held);
    else renew.push(device);
  }
  const attempt = async (device: string, act: () => Promise<Credential>): Promise<boolean> => {
    try {
      const credential = await patiently(signal, act);
      credentials.put(credential);
      parts.enrolled(credential);
      return true;
    } catch (fault) {
      failed.push({ device, reason: (fault as Error).message });
      return false;
    }
  };
  await inParallel(renew, signal, async (device) => {
    const old = credentials.get(device)!;
    if (await attempt(device, () => est.renew(device, old))) return;
    // An old certificate that is still in force serves on; the next start tries again.
    if (old.expires > Date.now()) return parts.enrolled(old);
    // It slept too long, or may not come back by itself: only a code does it now.
    failed.splice(
      failed.findIndex((one) => one.device === device),
      1,
    );
    buy.push(device);
  });
  if (buy.length > 0) {
    const codes = await parts.codesFor(buy);
    await inParallel(buy, signal, async (device) => {
      const code = codes.get(device);
      if (code === undefined) failed.push({ device, reason: `enrol "${device}": no code came for it` });
      else await attempt(device, () => est.enrol(device, code));
    });
  }
  if (failed.length > 0)
    parts.log.warn('some devices were not enrolled', { count: failed.length, first: failed[0]!.reason });
  return { enrolled: devices.length - failed.length, failed };
}
