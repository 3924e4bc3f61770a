/** Which device a factory certificate speaks for, by the purchase list and the claims so far; else why it is kept out. */
import type { Discovery, Waiting } from '@cityward/contracts';

/** Hardware that holds a place: a serial and a key that its maker put there. */
export interface ClaimSoFar {
  readonly serial: string;
  readonly device: string;
  readonly keyHash: string;
  readonly ended: number | null;
}

export interface ClaimAsked {
  /** Lower case, separators of a MAC left out. */
  readonly serial: string;
  readonly keyHash: string;
  /** Whose root the chain led to, and whether a person must look at each of its devices first. */
  readonly maker: string;
  readonly approval: 'automatic' | 'each';
  /** The device of the purchase list with this serial or MAC. */
  readonly device: {
    readonly id: string;
    readonly maker?: string | null;
    readonly serial?: string | null;
    readonly mac?: string | null;
  } | null;
  /** The claim on this serial, and the living claim of that device. */
  readonly claim: ClaimSoFar | undefined;
  readonly ofDevice: ClaimSoFar | undefined;
  /** The device's place waits for its successor. */
  readonly isReplaced: boolean;
}

export type ClaimVerdict =
  | { readonly device: string; readonly why: Waiting['why'] | null }
  | { readonly quarantine: Exclude<Discovery['why'], 'id-unknown'> };

const digits = (text: string): string => text.toLowerCase().replace(/[:.-]/g, '');

/** One living claim per serial and per device; nothing that once ended comes back by itself. */
export function judgeClaim(asked: ClaimAsked): ClaimVerdict {
  const { serial, device, claim, ofDevice } = asked;
  if (claim && claim.ended !== null) return { quarantine: 'claim-ended' };
  if (!device) return { quarantine: 'serial-unknown' };
  if (device.maker != null && device.maker !== asked.maker) return { quarantine: 'maker-differs' };
  if (!agrees(device, serial)) return { quarantine: 'serial-ambiguous' };
  // The list was changed under a living claim: a person ends the old identity first.
  if ((claim && claim.device !== device.id) || (ofDevice && ofDevice.serial !== serial))
    return { quarantine: 'serial-ambiguous' };
  if (claim && claim.keyHash !== asked.keyHash) return { device: device.id, why: 'second-claim' };
  const mustLook = asked.isReplaced || (asked.approval === 'each' && !claim);
  return { device: device.id, why: mustLook ? 'asked-for' : null };
}

/** Serial and MAC of the list say the same where the certificate's serial is a MAC; else the serial is its own. */
function agrees(device: NonNullable<ClaimAsked['device']>, serial: string): boolean {
  const isMac = /^[0-9a-f]{12}$/.test(serial);
  const bySerial = device.serial != null && digits(device.serial) === digits(serial);
  const byMac = device.mac != null && digits(device.mac) === serial;
  if (!isMac) return bySerial;
  if (device.serial != null && /^[0-9a-f]{12}$/i.test(digits(device.serial)) && !bySerial) return false;
  return device.mac == null ? bySerial : byMac;
}
