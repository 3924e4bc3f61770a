/** How a backup ends: nothing in it can be taken out, but the key of its week is destroyed. */
import { rm } from 'node:fs/promises';
import type { CopyKeeper, CopyRegister } from '../copies/copy.ts';
import { openOfKind } from '../copies/copy-store.ts';
import type { Sql } from '@cityward/sql';
import { isThere, type Epochs } from './epochs.ts';

export const pathOf = (place: string): string => place.slice('backup:'.length);
const day = (at: number): string => new Date(at).toISOString().slice(0, 10);

export const backupKeeper = (epochs: Pick<Epochs, 'holds'>): CopyKeeper => ({
  look: async ({ place }) => ((await isThere(pathOf(place))) ? 'held' : 'gone'),
  purge: ({ openedBy, expires }) => {
    const isHeld = openedBy !== 'own' && openedBy.some((id) => epochs.holds(id));
    return Promise.resolve(
      isHeld
        ? { is: 'pending', why: `the backup opens until its key is destroyed on ${day(expires!)}` }
        : { is: 'unreadable', why: 'the key of its week is destroyed' },
    );
  },
});

/** Under this name a backup lies until it is whole. */
export const draftOf = (folder: string): string => `${folder}.partial`;

/** What a kill left of a backup is none, and holds ciphertext all the same: it goes at the next start. Answers how many there were. */
export async function sweepCutOff(sql: Pick<Sql, 'for'>, copies: Pick<CopyRegister, 'close'>): Promise<number> {
  let swept = 0;
  for (const { id, place } of await openOfKind(sql, 'backup')) {
    const draft = draftOf(pathOf(place));
    if (!(await isThere(draft))) continue;
    await rm(draft, { recursive: true, force: true });
    await copies.close(id, 'it was cut off, and nothing of it is left');
    swept++;
  }
  return swept;
}
