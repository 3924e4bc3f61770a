/** What is looked at before a camera is changed: that it is the right one, and that its clock is. */
import { MINUTE_MS, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { readClock, readInfo } from './camera-api.ts';
import type { CameraWork } from './camera-work.ts';

/** A camera whose clock is further off cannot judge certificates. */
export const CLOCK_OFF_MAX_MS = 2 * MINUTE_MS;

/** Is it the camera that was commissioned, and no other at its address? */
export async function checkCamera(work: CameraWork): Promise<Result<void, Refusal>> {
  const { serial } = work.parts.record();
  const info = await readInfo(work.parts.client);
  if (!info.ok || info.value.serial === serial) return info.ok ? { ok: true, value: undefined } : info;
  return refuse(
    'conflict',
    'OTHER_CAMERA',
    `change camera "${work.parts.record().device}": "${info.value.serial}" answers at its address, wanted "${serial}"`,
  );
}

/** Certificates and 802.1X are judged by the camera's clock. */
export async function checkClock({ parts }: CameraWork): Promise<Result<void, Refusal>> {
  const clock = await readClock(parts.client);
  if (!clock.ok) return clock;
  const off = Math.abs(clock.value - parts.clock());
  return off <= CLOCK_OFF_MAX_MS
    ? ok(undefined)
    : refuse(
        'conflict',
        'CLOCK_WRONG',
        `change the camera: its clock is ${Math.round(off / 1_000)} s off, wanted it right first, since certificates hang on it`,
      );
}
