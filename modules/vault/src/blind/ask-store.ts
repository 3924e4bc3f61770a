/** Who asks for shares, and what was released of a person's own key, in SQL; ciphertext alone. */
import { sql as raw } from 'kysely';
import type { BlindKeyDraft } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';

type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;

export type StoredAsk = {
  readonly id: string;
  readonly subject: string;
  readonly to: string;
  readonly publicKey: string;
  readonly at: number;
} & (
  | { readonly kind: 'emergency'; readonly glass: string }
  | ({ readonly kind: 'recovery' } & Omit<BlindKeyDraft, 'publicKey'>)
);
interface Row {
  readonly id: string;
  readonly subject: string;
  readonly kind: 'emergency' | 'recovery';
  readonly glass: string | null;
  readonly to_whom: string;
  readonly public_key: string;
  readonly salt: string | null;
  readonly credential: string | null;
  readonly wrapped: string | null;
  readonly at: number;
}
function askOf(row: Row): StoredAsk {
  const { id, subject, to_whom: to, public_key: publicKey, at } = row;
  const ask = { id, subject, to, publicKey, at };
  return row.kind === 'emergency'
    ? { ...ask, kind: 'emergency', glass: row.glass! }
    : { ...ask, kind: 'recovery', salt: row.salt!, credential: row.credential!, wrapped: row.wrapped! };
}

/** `false` where the same was asked already. */
export async function addAsk(tx: Tx, ask: StoredAsk): Promise<boolean> {
  const { id, subject, kind, to, publicKey, at } = ask;
  const glass = ask.kind === 'emergency' ? ask.glass : null;
  const { salt, credential, wrapped } = ask.kind === 'recovery' ? ask : { salt: null, credential: null, wrapped: null };
  const { rows } = await raw`insert into vault.blind_ask
      (id, subject, kind, glass, to_whom, public_key, salt, credential, wrapped, at)
    values (${id}, ${subject}, ${kind}, ${glass}, ${to}, ${publicKey}, ${salt}, ${credential}, ${wrapped}, ${at}::bigint)
    on conflict do nothing returning id`.execute(tx.for());
  return rows.length > 0;
}
/** That have not ended, of everybody whose shares this person holds. */
export async function asksFor(reader: Reader, holder: string, limit: number): Promise<StoredAsk[]> {
  const { rows } = await raw<Row>`select a.* from vault.blind_ask a
    join vault.blind_holder h on h.subject = a.subject and h.person = ${holder}
    where a.ended_at is null order by a.at desc limit ${limit}`.execute(reader.for());
  return rows.map(askOf);
}
export async function askById(reader: Reader, id: string): Promise<StoredAsk | null> {
  const { rows } = await raw<Row>`select * from vault.blind_ask where id = ${id} and ended_at is null`.execute(
    reader.for(),
  );
  return rows[0] ? askOf(rows[0]) : null;
}
export async function openAsks(reader: Reader, of: { readonly subject: string | null }): Promise<StoredAsk[]> {
  const { rows } = await raw<Row>`select * from vault.blind_ask where ended_at is null
    and (${of.subject}::text is null or subject = ${of.subject}) order by at`.execute(reader.for());
  return rows.map(askOf);
}
export const endAsk = async (tx: Tx, id: string, at: number): Promise<void> =>
  void (await raw`update vault.blind_ask set ended_at = ${at}::bigint where id = ${id}`.execute(tx.for()));

/** `false` where that holder did already. */
export async function addKeyRelease(
  tx: Tx,
  ask: string,
  { holder, sealed, at }: { readonly holder: string; readonly sealed: string; readonly at: number },
): Promise<boolean> {
  const { rows } = await raw`insert into vault.blind_key_release (ask, holder, sealed, at)
    values (${ask}, ${holder}, ${sealed}, ${at}::bigint) on conflict do nothing returning ask`.execute(tx.for());
  return rows.length > 0;
}
export async function keyReleases(reader: Reader, ask: string): Promise<{ from: string; sealed: string }[]> {
  const { rows } = await raw<{ from: string; sealed: string }>`select holder as from, sealed
    from vault.blind_key_release where ask = ${ask} order by holder`.execute(reader.for());
  return rows;
}
export const dropKeyReleases = async (tx: Tx, ask: string): Promise<void> =>
  void (await raw`delete from vault.blind_key_release where ask = ${ask}`.execute(tx.for()));
