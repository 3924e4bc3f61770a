/** A vault whose law sends old records to the archive, in a city that signs. */
import { DAY_MS } from '@cityward/kernel';
import { retentionLaw } from '../law/classes.ts';
import type { ArchiveMedium } from '../needs.ts';
import { NOW, testDestruction } from '../testing.ts';

/** When what is stored now is due there. */
export const OLD = NOW + 3 * 366 * DAY_MS;

export const archiving = (medium: ArchiveMedium) => ({
  retention: retentionLaw(),
  destruction: { ...testDestruction, sign: () => Promise.resolve(Buffer.from('the city')) },
  openArchive: () => Promise.resolve(medium),
});
