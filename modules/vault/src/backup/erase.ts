/** Destroys all keys of a person, as far as law and holds let them go, or of everybody. What was erased stays erased in a restored vault: the ledger says so. */
import { sql as raw } from 'kysely';
import { newId, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import type { Replayer } from '../gate/replay.ts';
import type { KeyId, Keyring } from '../keys/keyring.ts';
import type { KeySlots } from '../keys/key-slots.ts';
import type { VaultOptions } from '../needs.ts';
import { dayOf } from '../domain/life.ts';
import type { RecordsDesk } from '../life/records-desk.ts';
import type { Epochs } from './epochs.ts';

const MODULE = 'vault';
/** The subject of the fact where everything was erased. */
export const EVERYTHING = 'vault';

export interface EraseParts extends Pick<VaultOptions, 'sql' | 'clock' | 'ledger'> {
  readonly keyring: Keyring;
  readonly slots: KeySlots;
  readonly desk: Pick<RecordsDesk, 'erasing'>;
  readonly epochs: Epochs;
}
export interface EraseAsked {
  /** `null`: everybody. */
  readonly person: string | null;
  readonly reason: string;
  readonly by: string;
}
export interface Erased {
  readonly records: number;
  readonly keys: number;
}

/** Told in the ledger before a key goes: what was cut off is ended by whoever asks again, and a restore does not bring it back. */
export async function erase(parts: EraseParts, asked: EraseAsked): Promise<Result<Erased, Refusal>> {
  return asked.person === null ? eraseAll(parts, asked) : erasePerson(parts, asked, asked.person);
}

async function erasePerson(parts: EraseParts, asked: EraseAsked, person: string): Promise<Result<Erased, Refusal>> {
  const { sql, desk, keyring } = parts;
  const above = await keysAbove(sql, person);
  if (above.length === 0)
    return refuse('not-found', 'PERSON_WITHOUT_RECORDS', `erase "${person}": nothing is held about anybody of that id`);
  const kept = await whatKeepsThem(parts, person);
  if (kept !== null) return kept;
  const done = await desk.erasing.erase({ subject: person, by: asked.by, code: 'officer', reason: asked.reason });
  if (!done.ok) return done;
  const { destroyed, sealed } = done.value;
  if (sealed > 0) return keeps(person, { code: 'RECORD_HELD', why: 'a hold was set meanwhile', count: sealed });
  await tell(parts, asked, person);
  await keyring.destroy(above as KeyId[]);
  return ok({ records: destroyed, keys: above.length + destroyed });
}

async function eraseAll(parts: EraseParts, asked: EraseAsked): Promise<Result<Erased, Refusal>> {
  const { sql, slots, keyring, epochs } = parts;
  const { rows } = await raw<{
    count: number;
  }>`select count(*)::int as count from vault.record where destroyed_at is null`.execute(sql.for());
  await tell(parts, asked, EVERYTHING);
  const keys = await keyring.destroy([...slots.all()].map(({ id }) => id.toString('hex') as KeyId));
  await epochs.destroyAll();
  return ok({ records: rows[0]!.count, keys });
}

const tell = ({ ledger, clock }: EraseParts, { by, reason }: EraseAsked, subject: string): Promise<void> => {
  const fact = {
    module: MODULE,
    type: 'vault.erased',
    actor: by,
    subject,
    at: clock(),
    personal: subject !== EVERYTHING,
  } as const;
  return ledger.append([{ ...fact, id: newId<string>('evt'), data: { reason } }]);
};

async function keysAbove(sql: Sql, person: string): Promise<string[]> {
  const { rows } = await raw<{ key: string }>`select key from vault.subject where id = ${person}
    union all select key from vault.category where subject = ${person}`.execute(sql.for());
  return rows.map(({ key }) => key);
}

interface Kept {
  readonly code: 'RECORD_HELD' | 'RECORD_KEPT_BY_LAW';
  readonly why: string;
  readonly count: number;
}
const keeps = (person: string, { code, why, count }: Kept): Result<never, Refusal> =>
  refuse(
    'conflict',
    code,
    `erase "${person}": ${why}, of ${count === 1 ? 'one record' : `${count} records`}; wanted "record erase", which destroys what may be and seals the rest`,
  );

/** Looked at before anything is destroyed: all of it goes, or nothing. */
async function whatKeepsThem(
  { desk, clock }: Pick<EraseParts, 'desk' | 'clock'>,
  person: string,
): Promise<Result<never, Refusal> | null> {
  const judged = await desk.erasing.judge(person);
  const held = judged.filter(({ isHeld }) => isHeld);
  if (held.length > 0) return keeps(person, { code: 'RECORD_HELD', why: 'a legal hold stands', count: held.length });
  const ends = judged.flatMap(({ keptUntil }) => (keptUntil !== null && clock() < keptUntil ? [keptUntil] : []));
  if (ends.length === 0) return null;
  const last = ends.reduce((a, b) => Math.max(a, b));
  const why = `the law wants it kept, the last until ${dayOf(last)}`;
  return keeps(person, { code: 'RECORD_KEPT_BY_LAW', why, count: ends.length });
}

/** Keys of whatever was stored before the erasure, of those ranks that a later record does not use. */
export function eraseReplayer(sql: Sql, keyring: Pick<Keyring, 'destroy'>): Replayer {
  const erased = new Map<string, number>();
  return {
    types: ['vault.erased'],
    take: ({ body: { subject, at } }) => void erased.set(subject, Math.max(at, erased.get(subject) ?? 0)),
    apply: async () => {
      let found = 0;
      for (const [subject, at] of erased) {
        const everybody = subject === EVERYTHING;
        const { rows } = await raw<{ key: string }>`select version.key from vault.version as version
          join vault.record as record on record.id = version.record
          where version.at <= ${at} and (${everybody} or record.subject = ${subject})`.execute(sql.for());
        const above = everybody ? [] : await keysAbove(sql, subject);
        found += await keyring.destroy([...rows.map(({ key }) => key), ...above] as KeyId[]);
      }
      return found;
    },
  };
}
