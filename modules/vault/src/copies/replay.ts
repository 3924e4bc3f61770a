/** Copies that the ledger knows of and the register does not: put back with the tables of an earlier day, it lost them, and they are still there. */
import { newId } from '@cityward/kernel';
import type { Sql, Tx } from '@cityward/sql';
import type { Replayer } from '../gate/replay.ts';
import type { NewCopy } from './copy.ts';
import * as store from './copy-store.ts';

export interface LostCopy extends NewCopy {
  readonly created: number;
}
/** Answers how many there were. */
export async function addLostCopies(tx: Tx, copies: readonly LostCopy[]): Promise<number> {
  const known = await store.placesKnown(
    tx,
    copies.map(({ place }) => place),
  );
  const lost = copies.filter(({ place }) => !known.has(place));
  for (const copy of lost) await store.addCopy(tx, { ...copy, id: newId<string>('cpy') });
  return lost.length;
}

/** Backups that were made since. */
export function backupCopyReplayer(sql: Sql): Replayer {
  const copies: LostCopy[] = [];
  return {
    types: ['vault.backed-up'],
    take: ({ body: { at, data } }) => {
      const { place, key, expires, basis } = data;
      if (typeof place !== 'string' || typeof key !== 'string' || typeof expires !== 'number') return;
      copies.push({
        ...{ kind: 'backup', place, custodian: 'city', basis: typeof basis === 'string' ? basis : '', expires },
        // What it holds is what there was: it was told of after it was made.
        ...{ holding: { of: 'snapshot' }, openedBy: [key], created: at },
      });
    },
    apply: () => sql.transact((tx) => addLostCopies(tx, copies)),
  };
}
