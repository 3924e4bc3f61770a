/** Table of the stations that were sent to quarantine without proof. */
import type { Kysely } from 'kysely';

export interface TurnedAwayRow {
  readonly nas: string;
  readonly station: string;
  /** What it says it is; proved by nothing. */
  readonly device: string;
  readonly user_name: string;
  readonly port: string | null;
  readonly acct_session: string | null;
  /** The certificate that it should have joined with when it was turned away; null: none was good enough. */
  readonly stood: string | null;
  /** The certificate for which its session was ended last, and how often. */
  readonly asked_for: string | null;
  readonly tries: number;
  /** False from when its session was ended until it is turned away again. */
  readonly waiting: boolean;
  readonly at: number;
}
interface TurnedAwayTables {
  'identity.turned_away': TurnedAwayRow;
}
const table = (db: unknown): Kysely<TurnedAwayTables> => db as Kysely<TurnedAwayTables>;

export const readTurnedAway = (db: unknown): Promise<TurnedAwayRow[]> =>
  table(db).selectFrom('identity.turned_away').selectAll().orderBy('at').execute();

export const putTurnedAway = async (db: unknown, row: TurnedAwayRow): Promise<void> =>
  void (await table(db)
    .insertInto('identity.turned_away')
    .values(row)
    .onConflict((conflict) => conflict.columns(['nas', 'station']).doUpdateSet(row))
    .execute());

export const deleteTurnedAway = async (db: unknown, { nas, station }: TurnedAwayRow): Promise<void> =>
  void (await table(db)
    .deleteFrom('identity.turned_away')
    .where('nas', '=', nas)
    .where('station', '=', station)
    .execute());
