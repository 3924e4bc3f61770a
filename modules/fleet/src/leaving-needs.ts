/** What the ways out want from outside. */
import type { Change, ChangeDraft, ChangeDetail, Hardware } from '@cityward/contracts';
import type { Clock, Refusal, Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql, Tx } from '@cityward/sql';
import type { HeldFacts } from './domain/gate/held.ts';

interface Because {
  readonly reason: string;
  readonly by: string;
}
export interface LeavingPorts {
  standing(device: string): 'none' | 'active' | 'held' | 'revoked' | 'ended';
  /** In force when it resolves, and after a kill. */
  end(device: string, ending: Because & { readonly as: 'retired' | 'replaced' }): Promise<Result<void, Refusal>>;
  revoke(device: string, because: Because): Promise<Result<void, Refusal>>;
  onActive(listener: (device: string) => void): void;
  /** Null for a device that the city does not have. */
  hardware(device: string): Hardware | null;
  /** The same again changes nothing. Refuses a serial or address that another device has. */
  setHardware(device: string, hardware: Hardware, because: Because): Promise<Result<void, Refusal>>;
  deviceBySerial(serial: string): string | null;
  held(device: string): HeldFacts;
  /** Why it cannot be told to erase itself now; null when it can. */
  cannotWipe(device: string): string | null;
  /** The gateway behind which a camera stands; null for whatever only erases itself. */
  gatewayOfCamera(device: string): string | null;
  /** Whether its gateway has said that it holds it and may change it. */
  isCarried(device: string): boolean;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
  /** A person should hear of it at once. */
  alarm(device: string, words: string): void;
}
export interface LeavingNeeds {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly cityName: string;
  readonly ports: LeavingPorts;
  readonly gate: { forget(tx: Tx, device: string): Promise<void> };
  readonly changes: {
    add(draft: ChangeDraft, by: string): Promise<Result<readonly Change[], Refusal>>;
    get(id: string): Promise<Result<ChangeDetail, Refusal>>;
  };
  /** What it runs is not known any more. */
  readonly forgetRunning: (device: string) => Promise<void>;
}
