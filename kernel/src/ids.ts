import { randomBytes } from 'node:crypto';

declare const brand: unique symbol;
/** A string that can only come from its own parser or maker, so that a site id is never passed as a device id. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

export type PartyId = Brand<string, 'PartyId'>;
export type SiteId = Brand<string, 'SiteId'>;
export type NetworkId = Brand<string, 'NetworkId'>;
export type DeviceId = Brand<string, 'DeviceId'>;
export type ServiceId = Brand<string, 'ServiceId'>;
export type DatasetId = Brand<string, 'DatasetId'>;
export type PersonId = Brand<string, 'PersonId'>;
export type EventId = Brand<string, 'EventId'>;
export type FindingId = Brand<string, 'FindingId'>;
export type SituationId = Brand<string, 'SituationId'>;
export type IncidentId = Brand<string, 'IncidentId'>;
export type ContainmentId = Brand<string, 'ContainmentId'>;
export type ImportId = Brand<string, 'ImportId'>;
export type JobId = Brand<string, 'JobId'>;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford base 32, lower case: no i, l, o, u to misread
const ID_RANDOM_BYTES = 10; // 80 bits: no collision to expect below 10^11 ids

/**
 * A fresh random id such as `sit-7k2m9c0q4x1ab3d5`: unguessable, so that an id never tells how many there are or when.
 * @param prefix the kind, two to five letters
 */
export function newId<Id extends string>(prefix: string): Id {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of randomBytes(ID_RANDOM_BYTES)) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >>> bits) & 31];
      held &= (1 << bits) - 1;
    }
  }
  return `${prefix}-${text}` as Id;
}

const ID_SHAPE = /^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$/;

/** True when the text may be an id anywhere in Cityward: 3 to 64 of `a-z 0-9 -`; fits an MQTT client id and a topic level. */
export const isId = (text: string): boolean => ID_SHAPE.test(text);

/** Reads an id from outside; `null` when it cannot be one. */
export const parseId = <Id extends string>(text: string): Id | null => (isId(text) ? (text as Id) : null);
