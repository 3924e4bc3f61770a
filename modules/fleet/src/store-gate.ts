/** The commissioning gate in SQL. */
import type { Kysely } from 'kysely';
import type { FirmwareTrack, GateCheckName, GateException, ProbeResult } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';
import type { ProbeSeen } from './domain/gate/checks.ts';

interface Tables {
  'fleet.commissioning': { device: string; begun: number; by_whom: string };
  'fleet.probe': { device: string; gateway: string; at: number; result: unknown };
  'fleet.gate_check': { device: string; check_name: string; state: string; at: number };
  'fleet.gate_exception': {
    device: string;
    check_name: string;
    owner: string;
    until: number;
    reason: string;
    by_whom: string;
    at: number;
  };
  'fleet.handover_draft': { device: string; hash: string; body: string; at: number; by_whom: string };
  'fleet.handover': {
    id: string;
    device: string;
    hash: string;
    certificate: string;
    signature: string;
    installer: string;
    exceptions: number;
    at: number;
    by_whom: string;
    void: number | null;
    released: number | null;
  };
  'fleet.firmware_track': {
    class: string;
    model: string;
    least: string;
    track: string | null;
    at: number;
    by_whom: string;
  };
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();

export async function beginCommissioning(tx: Tx, device: string, begun: { at: number; by: string }): Promise<void> {
  await db(tx)
    .insertInto('fleet.commissioning')
    .values({ device, begun: begun.at, by_whom: begun.by })
    .onConflict((conflict) => conflict.column('device').doNothing())
    .execute();
}
export const endCommissioning = async (tx: Tx, device: string): Promise<void> => {
  for (const table of ['fleet.commissioning', 'fleet.handover_draft'] as const)
    await db(tx).deleteFrom(table).where('device', '=', device).execute();
};
export const commissioned = async (reader: Reader, limit: number): Promise<string[]> =>
  (
    await db(reader)
      .selectFrom('fleet.commissioning')
      .select('device')
      .orderBy('begun', 'desc')
      .orderBy('device')
      .limit(limit)
      .execute()
  ).map(({ device }) => device);

export async function probeOf(reader: Reader, device: string): Promise<ProbeSeen | null> {
  const row = await db(reader).selectFrom('fleet.probe').selectAll().where('device', '=', device).executeTakeFirst();
  return row ? { gateway: row.gateway, at: Number(row.at), result: row.result as ProbeResult } : null;
}
export async function putProbe(tx: Tx, device: string, { gateway, at, result }: ProbeSeen): Promise<void> {
  const kept = { gateway, at, result: JSON.stringify(result) };
  await db(tx)
    .insertInto('fleet.probe')
    .values({ device, ...kept })
    .onConflict((conflict) => conflict.column('device').doUpdateSet(kept))
    .execute();
}

export async function toldStates(reader: Reader, device: string): Promise<ReadonlyMap<string, string>> {
  const rows = await db(reader)
    .selectFrom('fleet.gate_check')
    .select(['check_name', 'state'])
    .where('device', '=', device)
    .execute();
  return new Map(rows.map(({ check_name, state }) => [check_name, state]));
}
export async function putTold(
  tx: Tx,
  told: { device: string; check: GateCheckName; state: string; at: number },
): Promise<void> {
  const { device, check, state, at } = told;
  await db(tx)
    .insertInto('fleet.gate_check')
    .values({ device, check_name: check, state, at })
    .onConflict((conflict) => conflict.columns(['device', 'check_name']).doUpdateSet({ state, at }))
    .execute();
}

export async function exceptionsOf(reader: Reader, device: string): Promise<ReadonlyMap<string, GateException>> {
  const rows = await db(reader).selectFrom('fleet.gate_exception').selectAll().where('device', '=', device).execute();
  return new Map(
    rows.map(({ check_name, owner, until, reason, by_whom, at }) => [
      check_name,
      { owner, until: Number(until), reason, by: by_whom, at: Number(at) },
    ]),
  );
}
export async function putException(
  tx: Tx,
  key: { device: string; check: GateCheckName },
  { owner, until, reason, by, at }: GateException,
): Promise<void> {
  const kept = { owner, until, reason, by_whom: by, at };
  await db(tx)
    .insertInto('fleet.gate_exception')
    .values({ device: key.device, check_name: key.check, ...kept })
    .onConflict((conflict) => conflict.columns(['device', 'check_name']).doUpdateSet(kept))
    .execute();
}
export async function dropException(tx: Tx, { device, check }: { device: string; check: string }): Promise<boolean> {
  const gone = await db(tx)
    .deleteFrom('fleet.gate_exception')
    .where('device', '=', device)
    .where('check_name', '=', check)
    .returning('device')
    .execute();
  return gone.length > 0;
}

export interface DraftRow {
  readonly device: string;
  readonly hash: string;
  readonly body: string;
  readonly at: number;
  readonly by: string;
}
export async function putDraft(tx: Tx, { device, hash, body, at, by }: DraftRow): Promise<void> {
  const kept = { hash, body, at, by_whom: by };
  await db(tx)
    .insertInto('fleet.handover_draft')
    .values({ device, ...kept })
    .onConflict((conflict) => conflict.column('device').doUpdateSet(kept))
    .execute();
}
export async function draftOf(reader: Reader, device: string): Promise<DraftRow | null> {
  const row = await db(reader)
    .selectFrom('fleet.handover_draft')
    .selectAll()
    .where('device', '=', device)
    .executeTakeFirst();
  if (!row) return null;
  const { by_whom, at, ...rest } = row;
  return { ...rest, at: Number(at), by: by_whom };
}

export interface HandoverRow {
  readonly id: string;
  readonly device: string;
  readonly hash: string;
  /** The signed bytes, and the city's signature on them. */
  readonly certificate: string;
  readonly signature: string;
  readonly installer: string;
  readonly exceptions: number;
  readonly at: number;
  readonly by: string;
  /** Since when another one counts instead, or none. */
  readonly void: number | null;
}
export async function insertHandover(tx: Tx, { by, void: since, ...row }: HandoverRow): Promise<void> {
  await voidHandover(tx, row.device, row.at);
  await db(tx)
    .insertInto('fleet.handover')
    .values({ ...row, void: since, by_whom: by, released: null })
    .execute();
}
export async function voidHandover(tx: Tx, device: string, at: number): Promise<void> {
  await db(tx)
    .updateTable('fleet.handover')
    .set({ void: at })
    .where('device', '=', device)
    .where('void', 'is', null)
    .execute();
}
const handoverOf = ({
  by_whom,
  at,
  void: since,
  released: _released,
  ...row
}: Tables['fleet.handover']): HandoverRow => ({
  ...row,
  at: Number(at),
  by: by_whom,
  void: since === null ? null : Number(since),
});
export const handoversOf = async (reader: Reader, device: string): Promise<HandoverRow[]> =>
  (
    await db(reader)
      .selectFrom('fleet.handover')
      .selectAll()
      .where('device', '=', device)
      .orderBy('at', 'desc')
      .orderBy('id')
      .execute()
  ).map(handoverOf);
export async function handoverById(reader: Reader, id: string): Promise<HandoverRow | null> {
  const row = await db(reader).selectFrom('fleet.handover').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? handoverOf(row) : null;
}

export const tracks = async (reader: Reader): Promise<FirmwareTrack[]> =>
  (await db(reader).selectFrom('fleet.firmware_track').selectAll().orderBy('class').orderBy('model').execute()).map(
    ({ by_whom, at, class: kind, ...row }) => ({
      ...row,
      class: kind as FirmwareTrack['class'],
      at: Number(at),
      by: by_whom,
    }),
  );
export async function putTrack(tx: Tx, { class: kind, model, least, track, at, by }: FirmwareTrack): Promise<void> {
  const kept = { least, track, at, by_whom: by };
  await db(tx)
    .insertInto('fleet.firmware_track')
    .values({ class: kind, model, ...kept })
    .onConflict((conflict) => conflict.columns(['class', 'model']).doUpdateSet(kept))
    .execute();
}
/** The track of the model, or the one for every model of the class. */
export async function trackFor(reader: Reader, of: { class: string; model: string }): Promise<FirmwareTrack | null> {
  const all = await tracks(reader);
  const same = all.filter((one) => one.class === of.class);
  return same.find(({ model }) => model === of.model) ?? same.find(({ model }) => model === '*') ?? null;
}

/** What was seen of the hardware before, and what was let be of it; nobody commissions it any more. */
export async function forgetSeen(tx: Tx, device: string): Promise<void> {
  const tables = ['probe', 'gate_check', 'gate_exception', 'handover_draft', 'commissioning'] as const;
  for (const table of tables) await db(tx).deleteFrom(`fleet.${table}`).where('device', '=', device).execute();
}

/** Handed over, with access that may not have ended yet. */
export const unreleased = async (reader: Reader): Promise<HandoverRow[]> =>
  (await db(reader).selectFrom('fleet.handover').selectAll().where('released', 'is', null).execute()).map(handoverOf);
export const releaseHandover = async (tx: Tx, id: string, at: number): Promise<void> =>
  void (await db(tx).updateTable('fleet.handover').set({ released: at }).where('id', '=', id).execute());
