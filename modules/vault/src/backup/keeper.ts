/** How a backup ends: nothing in it can be taken out, but the key of its week is destroyed. */
import type { CopyKeeper } from '../copies/copy.ts';
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
