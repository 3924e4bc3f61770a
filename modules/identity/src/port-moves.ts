/** How the last attempt to move each session ended, so that people see it beside the port; kept after the session's end. */
import type { Kysely } from 'kysely';
import type { PortMove } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';

/** The oldest make room. */
export const PORT_MOVES_MAX = 10_000;
const WHY_MAX_CHARS = 500;

interface MoveRow {
  readonly nas: string;
  readonly station: string;
  readonly device: string;
  readonly port: string | null;
  readonly was: number;
  readonly wanted: number | null;
  readonly outcome: PortMove['outcome'];
  readonly why: string | null;
  readonly at: number;
}
interface MoveTables {
  'identity.port_move': MoveRow;
}
const table = (db: unknown): Kysely<MoveTables> => db as Kysely<MoveTables>;
const keyOf = ({ nas, station }: Pick<PortMove, 'nas' | 'station'>): string => `${nas} ${station}`;

export class PortMoves {
  /** Oldest first. */
  readonly #moves = new Map<string, PortMove>();

  static async open(sql: Sql): Promise<PortMoves> {
    const made = new PortMoves();
    const rows = await table(sql.for()).selectFrom('identity.port_move').selectAll().orderBy('at').execute();
    for (const { was, wanted, ...row } of rows) made.#moves.set(keyOf(row), { ...row, from: was, to: wanted });
    return made;
  }

  of(session: Pick<PortMove, 'nas' | 'station'>): PortMove | null {
    return this.#moves.get(keyOf(session)) ?? null;
  }

  /** Newest first. */
  list(max: number): PortMove[] {
    return [...this.#moves.values()].slice(-max).reverse();
  }

  async keep(tx: Tx, given: PortMove): Promise<void> {
    const move = { ...given, why: given.why?.slice(0, WHY_MAX_CHARS) ?? null };
    const key = keyOf(move);
    const { nas, station, from: was, to: wanted, ...rest } = move;
    const row = { ...rest, was, wanted };
    await table(tx.for())
      .insertInto('identity.port_move')
      .values({ nas, station, ...row })
      .onConflict((conflict) => conflict.columns(['nas', 'station']).doUpdateSet(row))
      .execute();
    this.#moves.delete(key);
    this.#moves.set(key, move);
    if (this.#moves.size > PORT_MOVES_MAX) await this.#forgetOldest(tx);
  }

  async #forgetOldest(tx: Tx): Promise<void> {
    const [oldest] = this.#moves.values();
    this.#moves.delete(keyOf(oldest!));
    await table(tx.for())
      .deleteFrom('identity.port_move')
      .where('nas', '=', oldest!.nas)
      .where('station', '=', oldest!.station)
      .execute();
  }
}
