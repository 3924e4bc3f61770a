/** Emergencies that are being opened, in SQL: so that processes that decide at the same moment count each other's. */
import { sql as raw, type Kysely } from 'kysely';
import type { Sql, Tx } from '@cityward/sql';
import type { GlassHeld } from '../domain/glass.ts';
import { glassesAbout, type StoredGlass } from './glass-store.ts';

export type Claim = Omit<GlassHeld, 'ended' | 'outcome' | 'reviewedAt'>;
interface Tables {
  'vault.glass_claim': {
    id: string;
    subject: string;
    by_whom: string;
    organisation: string;
    care: string;
    at: number;
    until_at: number;
  };
}
type Writer = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (writer: Writer): Kysely<Tables> => writer.for<Tables>();

/** Nothing else locks on it: whoever decides waits for the one before, in whichever process. */
const CLAIM_LOCK = 7_201_535;

export interface About {
  readonly by: string;
  readonly subject: string;
  readonly since: number;
}
interface Counted {
  readonly glasses: readonly StoredGlass[];
  readonly claims: readonly GlassHeld[];
}

/** Decides by all that counts at this moment; the claim that comes of it counts once this is committed. */
export async function claimIn<Decided>(
  tx: Tx,
  about: About,
  decide: (counted: Counted) => { readonly decided: Decided; readonly claim: Claim | null },
): Promise<Decided> {
  await raw`select pg_advisory_xact_lock(${CLAIM_LOCK})`.execute(db(tx));
  const counted = { glasses: await glassesAbout(tx, about), claims: await claimsAbout(tx, about) };
  const { decided, claim } = decide(counted);
  if (claim) await addClaim(tx, claim, about.since);
  return decided;
}
async function claimsAbout(tx: Tx, { by, subject, since }: About): Promise<GlassHeld[]> {
  const rows = await db(tx)
    .selectFrom('vault.glass_claim')
    .selectAll()
    .where((is) => is.or([is('by_whom', '=', by), is('subject', '=', subject)]))
    .where('at', '>', since)
    .execute();
  return rows.map(({ by_whom, until_at: until, ...row }) => ({
    ...{ ...row, by: by_whom, until, ended: null, outcome: null, reviewedAt: null },
  }));
}
async function addClaim(tx: Tx, { by: by_whom, until: until_at, ...claim }: Claim, before: number): Promise<void> {
  await db(tx).deleteFrom('vault.glass_claim').where('at', '<', before).execute();
  await db(tx)
    .insertInto('vault.glass_claim')
    .values({ ...claim, by_whom, until_at })
    .execute();
}

export const dropClaim = async (writer: Writer, id: string): Promise<void> =>
  void (await db(writer).deleteFrom('vault.glass_claim').where('id', '=', id).execute());
export const dropClaims = async (writer: Writer): Promise<void> =>
  void (await db(writer).deleteFrom('vault.glass_claim').execute());
