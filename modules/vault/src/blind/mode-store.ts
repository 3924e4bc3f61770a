/** People's own keys and their choice in SQL: public keys and ciphertext, nothing that opens anything. */
import { sql as raw } from 'kysely';
import type { BlindKey, BlindKeyDraft } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';

type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;

export interface Holding {
  readonly person: string;
  readonly publicKey: string;
  /** Of the owner's own key; empty since the holder made a new key, until the owner gives shares anew. */
  readonly share: string;
}
export interface Mode {
  readonly subject: string;
  readonly state: 'on' | 'turning-off';
  readonly since: number;
  readonly needed: number;
  readonly publicKey: string;
  /** In the order of their shares. */
  readonly holders: readonly Holding[];
}

export async function keyOf(reader: Reader, person: string): Promise<BlindKey | null> {
  const { rows } = await raw<{
    public_key: string;
    salt: string;
    credential: string | null;
    wrapped: string | null;
  }>`select k.public_key, k.salt, w.credential, w.wrapped from vault.blind_key k
    left join vault.blind_wrap w on w.person = k.person where k.person = ${person} order by w.at, w.credential`.execute(
    reader.for(),
  );
  const [first] = rows;
  if (!first) return null;
  const wraps = rows.flatMap(({ credential, wrapped }) =>
    credential === null || wrapped === null ? [] : [{ credential, wrapped }],
  );
  return { publicKey: first.public_key, salt: first.salt, wraps };
}
export async function publicKeyOf(reader: Reader, person: string): Promise<string | null> {
  const { rows } = await raw<{ key: string }>`select public_key as key from vault.blind_key
    where person = ${person}`.execute(reader.for());
  return rows[0]?.key ?? null;
}
/** `false` where there is one already. */
export async function addKey(
  tx: Tx,
  { publicKey, salt, credential, wrapped }: BlindKeyDraft,
  { person, at }: { readonly person: string; readonly at: number },
): Promise<boolean> {
  const { rows } = await raw`insert into vault.blind_key (person, public_key, salt, at)
    values (${person}, ${publicKey}, ${salt}, ${at}::bigint) on conflict do nothing returning person`.execute(tx.for());
  return rows.length > 0 && (await addWrap(tx, { credential, wrapped }, { person, at }));
}
/** Since when it is the key of this person; `null` where there is none. */
export async function keySince(reader: Reader, person: string): Promise<number | null> {
  const { rows } = await raw<{ at: number }>`select at from vault.blind_key where person = ${person}`.execute(
    reader.for(),
  );
  return rows[0]?.at ?? null;
}
/** With whatever was sealed to the one before, which nothing opens any more. Answers whose records and shares those were. */
export async function replaceKey(
  tx: Tx,
  { publicKey, salt, credential, wrapped }: BlindKeyDraft,
  { person, at }: { readonly person: string; readonly at: number },
): Promise<KeyUses> {
  const db = tx.for();
  const uses = await usesOfKey(tx, person);
  await raw`delete from vault.blind_seal where to_whom = ${person} and use <> 'own'`.execute(db);
  await raw`update vault.blind_holder set share = '' where person = ${person}`.execute(db);
  // Asked anew, with the new key: nothing that was released to the old one is of use.
  await raw`delete from vault.blind_ask where to_whom = ${person} and kind = 'emergency'`.execute(db);
  await raw`delete from vault.blind_wrap where person = ${person}`.execute(db);
  await raw`update vault.blind_key set public_key = ${publicKey}, salt = ${salt}, at = ${at}::bigint
    where person = ${person}`.execute(db);
  await addWrap(tx, { credential, wrapped }, { person, at });
  return uses;
}
/** Who named this person as one who holds shares, and who gave them keys for a consent. */
export interface KeyUses {
  readonly named: readonly string[];
  readonly gave: readonly string[];
}
export async function usesOfKey(reader: Reader, person: string): Promise<KeyUses> {
  const { rows } = await raw<{ subject: string; named: boolean }>`
    select subject, true as named from vault.blind_holder where person = ${person}
    union select r.subject, false from vault.blind_seal s join vault.record r on r.id = s.record
      where s.to_whom = ${person} and s.use = 'consent' order by subject`.execute(reader.for());
  const of = (isNamed: boolean) => rows.filter(({ named }) => named === isNamed).map(({ subject }) => subject);
  return { named: of(true), gave: of(false) };
}
export const setShare = async (
  tx: Tx,
  subject: string,
  { to, sealed }: { readonly to: string; readonly sealed: string },
): Promise<void> =>
  void (await raw`update vault.blind_holder set share = ${sealed}
    where subject = ${subject} and person = ${to}`.execute(tx.for()));
/** `false` where that passkey has one already: none is ever replaced. */
export async function addWrap(
  tx: Tx,
  { credential, wrapped }: Pick<BlindKeyDraft, 'credential' | 'wrapped'>,
  { person, at }: { readonly person: string; readonly at: number },
): Promise<boolean> {
  const { rows } = await raw`insert into vault.blind_wrap (person, credential, wrapped, at)
    values (${person}, ${credential}, ${wrapped}, ${at}::bigint) on conflict do nothing returning person`.execute(
    tx.for(),
  );
  return rows.length > 0;
}

/** Which choice it is, and for which keys, to see whether it is another by now. */
export const stampOf = (mode: Mode | undefined): string =>
  mode ? [mode.state, mode.since, ...mode.holders.map(({ publicKey }) => publicKey)].join(' ') : '';
/** Names this kind of lock to PostgreSQL. */
const CHOICE_LOCK = 0x626c6e64;
/** Many store at once; a choice waits for them, and they for it. */
export const lockChoices = async (tx: Tx, subjects: readonly string[]): Promise<void> =>
  void (await raw`select pg_advisory_xact_lock_shared(${CHOICE_LOCK}::int, hashtext(one))
    from unnest(${[...subjects].sort()}::text[]) as one`.execute(tx.for()));
export const lockChoice = async (tx: Tx, subject: string): Promise<void> =>
  void (await raw`select pg_advisory_xact_lock(${CHOICE_LOCK}::int, hashtext(${subject}))`.execute(tx.for()));

/** These people's, or everybody's. */
export async function readModes(reader: Reader, subjects: readonly string[] | null): Promise<Mode[]> {
  const { rows } = await raw<Omit<Mode, 'holders' | 'publicKey'> & { key: string }>`
    select m.subject, m.state, m.since, m.needed, k.public_key as key from vault.blind_mode m
    join vault.blind_key k on k.person = m.subject
    where ${subjects}::text[] is null or m.subject = any(${subjects}::text[])`.execute(reader.for());
  if (rows.length === 0) return [];
  const { rows: holders } = await raw<Mode['holders'][number] & { subject: string; key: string }>`
    select h.subject, h.person, h.share, k.public_key as key from vault.blind_holder h
    join vault.blind_key k on k.person = h.person
    where ${subjects}::text[] is null or h.subject = any(${subjects}::text[]) order by h.subject, h.number`.execute(
    reader.for(),
  );
  const bySubject = Map.groupBy(holders, (one) => one.subject);
  return rows.map(({ key, ...mode }) => ({
    ...mode,
    publicKey: key,
    holders: (bySubject.get(mode.subject) ?? []).map((one) => ({
      person: one.person,
      publicKey: one.key,
      share: one.share,
    })),
  }));
}
export async function addMode(tx: Tx, mode: Mode, choice: string): Promise<void> {
  const { subject, state, since, needed, holders } = mode;
  await raw`insert into vault.blind_mode (subject, state, since, needed, choice)
    values (${subject}, ${state}, ${since}::bigint, ${needed}, ${choice})`.execute(tx.for());
  for (const [i, { person, share }] of holders.entries())
    await raw`insert into vault.blind_holder (subject, number, person, share)
      values (${subject}, ${i + 1}, ${person}, ${share})`.execute(tx.for());
}
export const turnOff = async (tx: Tx, subject: string, choice: string): Promise<void> =>
  void (await raw`update vault.blind_mode set state = 'turning-off', choice = ${choice}
    where subject = ${subject}`.execute(tx.for()));
export async function removeMode(tx: Tx, subject: string): Promise<void> {
  const db = tx.for();
  await raw`delete from vault.blind_key_release where ask in (select id from vault.blind_ask
    where subject = ${subject})`.execute(db);
  await raw`delete from vault.blind_ask where subject = ${subject}`.execute(db);
  await raw`delete from vault.blind_holder where subject = ${subject}`.execute(db);
  await raw`delete from vault.blind_mode where subject = ${subject}`.execute(db);
}
