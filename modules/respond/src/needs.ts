/** What respond wants from outside: narrow views of city, identity, watch, switches and ledger. */
import type { Finding, PartyKind, QuarantineOrder } from '@cityward/contracts';
import type { PlanDevice, PlanService } from './domain/plan.ts';

export interface RespondDevice extends PlanDevice {
  readonly ward: { readonly id: string; readonly name: string } | null;
  readonly site: string | null;
  readonly state: string;
  readonly installed: number | null;
  readonly installer: string | null;
  readonly maker: string | null;
  readonly owner: string | null;
  readonly maintainer: string | null;
}
export interface FedDataset {
  readonly id: string;
  readonly name: string;
  readonly cohort: string;
  readonly people: number;
  /** Those of the devices asked about that feed it. */
  readonly devices: readonly string[];
}

export interface CityNeeds {
  device(id: string): RespondDevice | null;
  /** Devices that hang on a site switch. */
  behind(switchId: string): readonly string[];
  services(): readonly PlanService[];
  datasetsOf(devices: readonly string[]): readonly FedDataset[];
  /** How many different people those datasets are about. */
  peopleBehind(devices: readonly string[]): number;
  party(id: string): { readonly id: string; readonly name: string; readonly kind: PartyKind } | null;
  /** What else stops working when the device is cut, in words. */
  dependants(device: string): readonly string[];
  /** Where respond says how a device stands; `clear` takes a mark back. */
  mark(
    device: string,
    mark: {
      readonly state: 'clear' | 'suspect' | 'contained';
      readonly reason: string;
      readonly incident: string | null;
      readonly until: number | null;
    },
  ): void;
}
export interface IdentityNeeds {
  hold(device: string, order: { readonly until: number; readonly reason: string; readonly by: string }): Promise<void>;
  release(device: string, order: { readonly by: string; readonly reason: string }): Promise<void>;
  /** Whether it has a certificate that can be held. */
  enrolled(device: string): boolean;
}
export interface SwitchNeeds {
  /** Sends the whole list, retained; resolves when handed to the broker, not when applied. */
  order(switchId: string, order: QuarantineOrder): Promise<void>;
}
/** Changes of devices: held back at the sites that an incident touches. */
export interface ChangeNeeds {
  /** The same again changes nothing, a later end moves the end. Answers the sites that were not held back for it before. */
  freeze(order: {
    readonly incident: string;
    readonly sites: readonly string[];
    readonly until: number;
    readonly reason: string;
  }): Promise<readonly string[]>;
  thaw(incident: string): Promise<void>;
  /** Incidents for which something is held back. */
  frozenFor(): readonly string[];
}
export interface FindingNeeds {
  get(id: string): Promise<Finding | null>;
}
export interface LedgerNeeds {
  /** Number of the ledger entry of a fact; null while it has none yet. */
  entryOf(fact: string): Promise<number | null>;
}
