/** Keepers of the copies that every vault has: the content in SQL, the database's log, and what is at hand in memory. */
import type { CopyKeeper } from './copy.ts';
import type { Sql } from '@cityward/sql';
import { contentLeft } from '../records/store.ts';

/** Destroying a record takes its content from SQL in the transaction that marks it. */
export const primaryKeeper = (sql: Sql): CopyKeeper => ({
  look: async (_copy, versions) => ((await contentLeft(sql, versions)) === 0 ? 'gone' : 'held'),
  purge: async (_copy, versions) => {
    const left = await contentLeft(sql, versions);
    return left === 0
      ? { is: 'purged', why: 'the ciphertext was taken from the database' }
      : { is: 'pending', why: `the database still has ${left} of them` };
  },
});

/** The log is overwritten as the database goes on, and old row versions by its next clearing: until then there is ciphertext without a key. */
export const logKeeper: CopyKeeper = {
  look: () => Promise.resolve('unknown'),
  purge: () =>
    Promise.resolve({
      is: 'unreadable',
      why: 'ciphertext stays in the log and the free space of the database until it is overwritten; no key opens it',
    }),
};

/** Something in memory that has content at hand, encrypted. */
interface AtHand {
  holds(record: string): boolean;
  forget(record: string): void;
}
export const cacheKeeper = (...all: readonly AtHand[]): CopyKeeper => ({
  look: (_copy, versions) =>
    Promise.resolve(all.some((one) => versions.some(({ record }) => one.holds(record))) ? 'held' : 'gone'),
  purge: (_copy, versions) => {
    for (const one of all) for (const { record } of versions) one.forget(record);
    return Promise.resolve({ is: 'purged', why: 'forgotten' });
  },
});
