/** What the gateway for hawkBit clients is given, and what its handlers share. */
import type { JobOrder } from '@cityward/contracts';
import type { Identity } from '@cityward/identity';
import type { Clock } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Access } from './access.ts';
import type { DdiDevice, Open, reportOf } from './ddi-actions.ts';
import type { Content } from './ddi-content.ts';
import type { Desk } from './desk.ts';

export interface DdiParts {
  readonly desk: Desk;
  readonly identity: Pick<Identity, 'admit'>;
  readonly access: Pick<Access, 'device' | 'mayAgain'>;
  readonly clock: Clock;
  readonly log: Log;
  /** The device was heard of. */
  readonly alive: (device: string, at: number) => void;
  /** Host headers that a poll may carry. */
  readonly hosts: readonly string[];
  readonly pollMs?: number;
  readonly busyPollMs?: number;
}
/** What the handlers of one gateway share. */
export interface Ddi {
  readonly parts: DdiParts;
  deviceOf(id: string): DdiDevice;
  /** What the desk wants of a device that can be told so over DDI. */
  orderOf(device: DdiDevice): JobOrder | null;
  say(device: DdiDevice, open: Open, said: Parameters<typeof reportOf>[1]): Promise<'taken' | 'over'>;
  contentOf(hash: string): Promise<Content | null>;
}
