/** Keeps the versions of the officers' document; takes a new one only as the old one's officers signed it. */
import type { Officers, SignedOfficers } from '@cityward/contracts';
import { inTurn, ok, refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import { officersHash } from './domain/trust/bytes.ts';
import { verifyFirstOfficers, verifyOfficers } from './domain/trust/officers.ts';
import { insertOfficers, officersRows, type OfficersRow } from './store-trust.ts';

export interface OfficersRegister {
  start(): Promise<void>;
  /** The newest version; null before the city has pinned its first. */
  current(): Officers | null;
  /** Public keys (SPKI, base64url) of the passkeys that the newest version names. */
  passkeys(): ReadonlySet<string>;
  /** Every version, oldest first: a device that was long away follows them one by one. */
  versions(): readonly OfficersRow[];
  /** Called after a version was added. */
  onAdded(listener: (version: number) => void): () => void;
  /** Takes version 1 signed by itself, or a validly signed next one. The same again is no fault. */
  add(signed: SignedOfficers, by: string): Promise<Result<Officers, Refusal>>;
}

export function createOfficers({
  sql,
  clock,
  cityName,
}: {
  sql: Sql;
  clock: Clock;
  cityName: string;
}): OfficersRegister {
  let rows: OfficersRow[] = [];
  let passkeys: ReadonlySet<string> = new Set();
  const turn = inTurn();
  const listeners = new Set<(version: number) => void>();
  const current = (): Officers | null => rows.at(-1)?.signed.officers ?? null;
  const hold = (all: OfficersRow[]): void => {
    rows = all;
    const keys = current()?.keys ?? [];
    passkeys = new Set(keys.flatMap((key) => (key.alg === 'webauthn' ? [key.publicKey] : [])));
  };

  const add = async (signed: SignedOfficers, by: string): Promise<Result<Officers, Refusal>> => {
    const at = clock();
    const last = rows.at(-1);
    if (last && isSame(last, signed)) return ok(last.signed.officers);
    const before = current();
    const judged = before ? verifyOfficers(before, signed, at) : judgeFirst(signed, cityName, at);
    if (!judged.ok) return judged;
    const { version } = judged.value;
    const row: OfficersRow = { version, hash: officersHash(judged.value), signed, at, by };
    await sql.transact(async (tx) => {
      await insertOfficers(tx, row);
      const first = version === 1;
      tx.record({
        module: 'fleet',
        type: first ? 'officers.pinned' : 'officers.changed',
        actor: by,
        subject: first ? row.hash : String(version),
        at,
        data: { version, hash: row.hash, signedBy: signed.signatures.map(({ key }) => key) },
      });
    });
    hold([...rows, row]);
    for (const listener of listeners) listener(version);
    return judged;
  };

  return {
    start: async () => {
      hold(await officersRows(sql));
    },
    current,
    passkeys: () => passkeys,
    versions: () => rows,
    onAdded: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    add: (signed, by) => turn(() => add(signed, by)),
  };
}

function judgeFirst(signed: SignedOfficers, cityName: string, now: number): Result<Officers, Refusal> {
  const first = verifyFirstOfficers(signed, now);
  if (!first.ok || first.value.city === cityName) return first;
  return refuse(
    'conflict',
    'OFFICERS_OTHER_CITY',
    `pin the first officers: they are of another city than "${cityName}"`,
  );
}

/** By version first: the hash of something that is no document cannot be made. */
const isSame = (last: OfficersRow, { officers }: SignedOfficers): boolean =>
  officers.version === last.version && officersHash(officers) === last.hash;
