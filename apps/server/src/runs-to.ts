/** What a device says it runs, for the fleet. */
import type { Fleet } from '@cityward/fleet';
import type { IngestParts } from './ingest.ts';

export const runsTo =
  ({ desk, gate }: Fleet): NonNullable<IngestParts['runs']> =>
  (device, running, clock) => {
    desk.seen(device, running);
    gate.heard(device, { clock, firmware: running.firmware });
  };
