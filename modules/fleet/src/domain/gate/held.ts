/** What a device held, in sentences for whoever must tell others. Pure. */
import type { DeviceClass, Held } from '@cityward/contracts';

export interface HeldFacts extends Omit<Held, 'words'> {
  readonly class: DeviceClass;
  /** Serial of the certificate that it has, or had last. */
  readonly certificate: string | null;
}

/** Classes that record on a card of their own while they are cut off. */
const RECORDS: readonly DeviceClass[] = ['camera'];
/** Classes that others sign in to, by an account that its site's gateway keeps. */
const HAS_ACCOUNTS: readonly DeviceClass[] = ['camera'];

const many = (count: number, one: string, more: string): string => `${count} ${count === 1 ? one : more}`;

export function heldOf({ class: kind, certificate, ...facts }: HeldFacts): Held {
  const words = [
    certificate === null
      ? 'It has no certificate of the city.'
      : `Its key, and its certificate ${certificate}: nobody can use them once it is blocked.`,
    ...(HAS_ACCOUNTS.includes(kind)
      ? ['The passwords of its accounts: change them wherever else they are in use, and at the gateway of its site.']
      : []),
    ...(RECORDS.includes(kind)
      ? ['A memory card with up to 24 hours of pictures. They may be read unless the card is encrypted.']
      : []),
    ...facts.datasets.map(
      ({ name, purpose, people }) => `It feeds ${name} (${purpose}), about ${many(people, 'person', 'people')}.`,
    ),
    facts.datasets.length === 0
      ? 'It feeds no data about people that the city knows of.'
      : `In all ${many(facts.people, 'person is', 'people are')} behind what it feeds.`,
    ...(facts.services.length > 0 ? [`What rests on it: ${facts.services.join(', ')}.`] : []),
  ];
  return { ...facts, words };
}
