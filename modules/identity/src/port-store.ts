/** Tables of the plug: VLANs by class, and who is on which port. */
import type { Kysely } from 'kysely';
import type { VlanPlan } from '@cityward/contracts';

const QUARANTINE = 'quarantine';

export interface PortRow {
  readonly nas: string;
  readonly station: string;
  readonly device: string;
  readonly user_name: string;
  readonly port: string | null;
  readonly acct_session: string | null;
  readonly vlan: number;
  readonly began: number;
  readonly last: number;
}
interface PortTables {
  'identity.vlan': { class: string; vlan: number };
  'identity.port_session': PortRow;
}
const tables = (db: unknown): Kysely<PortTables> => db as Kysely<PortTables>;

/** Null until somebody has set one. */
export async function readPlan(db: unknown): Promise<VlanPlan | null> {
  const rows = await tables(db).selectFrom('identity.vlan').selectAll().orderBy('class').execute();
  const quarantine = rows.find((row) => row.class === QUARANTINE);
  if (!quarantine) return null;
  const classes = rows.filter((row) => row !== quarantine) as VlanPlan['classes'];
  return { quarantine: quarantine.vlan, classes };
}

export async function writePlan(db: unknown, { quarantine, classes }: VlanPlan): Promise<void> {
  await tables(db).deleteFrom('identity.vlan').execute();
  const rows = [{ class: QUARANTINE, vlan: quarantine }, ...classes];
  await tables(db).insertInto('identity.vlan').values(rows).execute();
}

export const readPorts = (db: unknown): Promise<PortRow[]> =>
  tables(db).selectFrom('identity.port_session').selectAll().orderBy('last').execute();

export const putPort = async (db: unknown, row: PortRow): Promise<void> =>
  void (await tables(db)
    .insertInto('identity.port_session')
    .values(row)
    .onConflict((conflict) => conflict.columns(['nas', 'station']).doUpdateSet(row))
    .execute());

export const deletePort = async (db: unknown, { nas, station }: PortRow): Promise<void> =>
  void (await tables(db)
    .deleteFrom('identity.port_session')
    .where('nas', '=', nas)
    .where('station', '=', station)
    .execute());
