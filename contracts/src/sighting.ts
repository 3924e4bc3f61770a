/** What the city's own sensors saw of somebody: never as it was, only as a pseudonym that its site's gateway made. */
import { Type, type Static } from 'typebox';
import { Closed, Id, OneOf, Time } from './schema.ts';

/** Classes of the city's own personal data that sensors see; `modules/vault/law/classes.json` says the rest of each. */
export const SIGHTING_CLASSES = ['number-plate', 'network-address', 'parking'] as const;
export type SightingClass = (typeof SIGHTING_CLASSES)[number];

/** A number plate or an address of a network card is no pseudonym: neither has 32 hexadecimal digits. */
export const Pseudonym = Type.String({ pattern: '^[0-9a-f]{32}$' });
export const Sighting = Closed({
  kind: Type.Literal('sighting'),
  at: Time,
  /** The camera, access point or parking sensor. */
  seen_by: Id,
  of: OneOf(SIGHTING_CLASSES),
  pseudonym: Pseudonym,
  /** The same plate has the same pseudonym on this day and at this gateway, and nowhere else. */
  day: Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' }),
});
export type Sighting = Static<typeof Sighting>;
