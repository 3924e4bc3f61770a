/** Reminds people before the certificates of the RADIUS server end: in the log, in the evidence, in health and on the page. */
import type { Kysely } from 'kysely';
import type { RadiusCertificate } from '@cityward/contracts';
import { HOUR_MS, type Clock } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql, Tx } from '@cityward/sql';
import { reminderOf, stageOf, stateOf } from './domain/radius-certificates.ts';

const LOOK_EVERY_MS = HOUR_MS;
type Kind = RadiusCertificate['kind'];

interface Row {
  readonly kind: Kind;
  readonly not_after: number;
  readonly reminded: number | null;
}
interface ReminderTables {
  'identity.radius_certificate': Row;
}
const table = (db: unknown): Kysely<ReminderTables> => db as Kysely<ReminderTables>;

export interface RadiusReminders {
  list(): RadiusCertificate[];
  /** What somebody has to do, in words; empty while there is time. */
  words(): string[];
  /** New certificates were made: what was said of the ones before is over. */
  renewed(tx: Tx, made: Readonly<Record<Kind, number>>): Promise<void>;
  /** Looks whether somebody has to be told; runs by itself every hour. */
  look(): Promise<void>;
  stop(): Promise<void>;
}
export interface RemindersParts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  /** False once the identity of the RADIUS server has ended: its certificates matter to nobody then. */
  readonly matters: () => boolean;
  readonly subject: string;
}

export async function openRadiusReminders(parts: RemindersParts): Promise<RadiusReminders> {
  const rows = new Map<Kind, Row>();
  for (const row of await table(parts.sql.for()).selectFrom('identity.radius_certificate').selectAll().execute())
    rows.set(row.kind, row);
  /** Said in this process's log; the evidence has it once, a log after a restart again. */
  const logged = new Map<Kind, number>();
  let looking: Promise<void> = Promise.resolve();
  const known = (): Row[] => (parts.matters() ? [...rows.values()] : []);
  const look = (): Promise<void> =>
    (looking = looking
      .then(async () => {
        for (const row of known()) await remind(parts, { row, rows, logged });
      })
      .catch((fault: unknown) =>
        parts.log.error('a look at the certificates of the RADIUS server failed', { fault: String(fault) }),
      ));
  const timer = setInterval(() => void look(), LOOK_EVERY_MS).unref();
  void look();
  return {
    list: () =>
      known().map(({ kind, not_after: notAfter }) => ({ kind, notAfter, state: stateOf(notAfter, parts.clock()) })),
    words: () =>
      known().flatMap(({ kind, not_after: notAfter }) => reminderOf({ kind, notAfter }, parts.clock()) ?? []),
    renewed: async (tx, made) => {
      for (const kind of ['server', 'client'] as const) {
        const row: Row = { kind, not_after: made[kind], reminded: null };
        await put(tx, row);
        rows.set(kind, row);
        logged.delete(kind);
      }
    },
    look,
    stop: async () => {
      clearInterval(timer);
      await looking;
    },
  };
}

interface Reminding {
  readonly row: Row;
  readonly rows: Map<Kind, Row>;
  readonly logged: Map<Kind, number>;
}

async function remind(parts: RemindersParts, { row, rows, logged }: Reminding): Promise<void> {
  const { sql, clock, log, subject } = parts;
  const { kind, not_after: notAfter, reminded } = row;
  const at = clock();
  const stage = stageOf(notAfter, at);
  const reason = reminderOf({ kind, notAfter }, at);
  if (stage === null || reason === null) return;
  if (logged.get(kind) !== stage) log[stage === 0 ? 'error' : 'warn'](reason, { certificate: kind });
  logged.set(kind, stage);
  if (reminded !== null && reminded <= stage) return;
  const next: Row = { ...row, reminded: stage };
  await sql.transact(async (tx) => {
    await put(tx, next);
    const fact = { module: 'identity', type: 'radius-certificate.reminded', actor: 'system', subject } as const;
    tx.record({ ...fact, at, data: { certificate: kind, notAfter, reason } });
  });
  // Renewed meanwhile: the newer one stands.
  if (rows.get(kind) === row) rows.set(kind, next);
}

const put = async (tx: Tx, { kind, ...row }: Row): Promise<void> =>
  void (await table(tx.for())
    .insertInto('identity.radius_certificate')
    .values({ kind, ...row })
    .onConflict((conflict) => conflict.column('kind').doUpdateSet(row))
    .execute());
