/** What the commissioning gate wants from outside, as narrow as it can be. */
import type { DeviceClass, Handover, ProbeOrder } from '@cityward/contracts';
import type { Clock } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import type { BaselineSeen } from './domain/gate/checks.ts';

/** A device as a certificate describes it. */
export interface GateDevice {
  readonly id: string;
  readonly name: string;
  readonly class: DeviceClass;
  readonly model: string;
  readonly serial: string | null;
  readonly mac: string | null;
  readonly place: Handover['place'];
}
/** Its identity as it stands now; null while it has none that is in force. */
export interface GateIdentity {
  readonly spiffe: string;
  /** Serial of its certificate. */
  readonly certificate: string;
}
/** A person's passkey, as a signature by it is checked. */
export interface PersonPasskey {
  /** SubjectPublicKeyInfo, DER, base64url. */
  readonly publicKey: string;
  readonly cose: -7 | -8;
  readonly origin: string;
  readonly rpId: string;
}

/** What is still to be done. */
export interface Left {
  /** Devices that are being commissioned. */
  readonly commissioning: readonly string[];
  handedOver(device: string): Promise<boolean>;
}

export interface GatePorts {
  device(id: string): GateDevice | null;
  identity(device: string): GateIdentity | null;
  /** The gateway that serves the site of the device; null for none. */
  gatewayOf(device: string): string | null;
  /** Asks a gateway to look; rejects when it cannot be reached. The city itself never dials a device. */
  ask(gateway: string, order: ProbeOrder): Promise<void>;
  /** The city's own signature, detached CMS, DER. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
  passkey(person: string, credential: string): PersonPasskey | null;
  /** The device is handed over: access that was lent for this ends, once nothing is left that it was lent for. */
  handedOver(device: string, installer: string, left: Left): Promise<void>;
  /** Null until the baseline of the device was read. */
  baseline(device: string): BaselineSeen | null;
}

export interface GateNeeds {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly cityName: string;
  readonly ports: GatePorts;
}
