/**
 * What somebody sees as text by a consent that lets them store or export it is a copy from then on: a row of the register before it
 * is handed out, one for each consent.
 */
import type { Sql } from '@cityward/sql';
import type { CopyRegister, VersionRef } from '../copies/copy.ts';
import { addItems, openAt } from '../copies/copy-store.ts';
import type { Right } from '@cityward/contracts';
import type { Grant } from '../domain/grant.ts';
import * as store from './recipient-store.ts';

const LASTING: readonly Right[] = ['store', 'export'];
/** Of those that were registered, what is kept in mind so that SQL is not asked at each look. */
const KNOWN_MAX = 100_000;

/** Who has it from then on; `null` where the consent lets nobody keep anything. */
export const keeperOf = ({ rights, grantee: { organisation, person } }: Grant): string | null =>
  rights.some((right) => LASTING.includes(right)) ? (organisation ?? person) : null;

export interface Kept extends VersionRef {
  readonly consent: string;
  readonly keeper: string;
}
/** Registered when it resolves. */
export type KeepCopy = (kept: Kept) => Promise<void>;

export function keepCopies({
  sql,
  copies,
}: {
  readonly sql: Sql;
  readonly copies: Pick<CopyRegister, 'register'>;
}): KeepCopy {
  const known = new Set<string>();
  return async ({ consent, keeper, record, version }) => {
    const name = `${consent} ${record} ${version}`;
    if (known.has(name)) return;
    const place = `recipient:${keeper}/${consent}`;
    await sql.transact(async (tx) => {
      const open = await openAt(tx, { kind: 'recipient', place });
      if (open !== null) {
        if (!(await store.holdsAlready(tx, open, { record, version }))) await addItems(tx, open, [{ record, version }]);
        return;
      }
      await copies.register(
        {
          ...({ kind: 'recipient', place, custodian: keeper, basis: `consent ${consent}` } as const),
          holding: { of: 'versions', versions: [{ record, version }] },
          ...{ openedBy: [], expires: null },
        },
        tx,
      );
    });
    if (known.size >= KNOWN_MAX) known.clear();
    known.add(name);
  };
}
