/** Begins an incarnation of the vault, or goes on with the one it had: what says so lies in two places that are compared at each start. */
import { join } from 'node:path';
import { newId } from '@cityward/kernel';
import { judgeStanding, PUT_BACK, type Course, type Standing } from '../domain/standing.ts';
import { hasForgotten } from '../consents/settling.ts';
import type { KeyId, Keyring } from '../keys/keyring.ts';
import type { VaultOptions } from '../needs.ts';
import type { VaultJournal } from '../vault-journal.ts';
import type { Gate, OpenedBy } from './gate.ts';
import { replayLedger, type Replayed, type Replayer } from './replay.ts';
import * as store from './standing.ts';

const MODULE = 'vault';
export const SLOTS_FILE = 'slots';

export type StandingParts = Pick<VaultOptions, 'sql' | 'clock' | 'log' | 'keyFolder' | 'journalFolder' | 'ledger'>;
export interface FoundStanding {
  readonly course: Course;
  /** The last incarnation that was; `null` before the first. */
  readonly before: Standing | null;
  /** As SQL names it, or the file where SQL names none; empty for none. */
  readonly last: string;
  readonly journalSequence: number;
}

/** Compares what lies on the disk, and changes nothing. Asked before the key file is opened, which is made where it is missing. */
export async function findStanding(
  { sql, keyFolder, journalFolder, ledger }: StandingParts,
  journal: Pick<VaultJournal, 'entries'>,
): Promise<FoundStanding> {
  const [inSql, kept] = [await store.readStanding(sql), await store.readFileStanding(journalFolder)];
  const file = kept?.standing ?? null;
  const { size: ledgerSize } = ledger.standing();
  const journalSequence = journal.entries.at(-1)?.sequence ?? 0;
  const judged = judgeStanding({
    sql: inSql,
    file,
    self: kept?.self ?? null,
    keys: await store.selfOf(join(keyFolder, SLOTS_FILE)),
    journalSequence,
    ledgerSize,
    rootThen: file && file.ledgerSize <= ledgerSize ? await ledger.rootOf(file.ledgerSize) : null,
  });
  const isBehind = judged.is === 'same' && (await hasForgotten({ sql }, journal));
  const course: Course = isBehind ? { is: 'behind', why: 'sql-behind' } : judged;
  // Of two that differ, the one that waits for somebody's word counts.
  const before = inSql && { ...inSql, awaiting: inSql.awaiting || (file?.awaiting ?? false) };
  const last = course.is === 'founded' ? '' : (before?.incarnation ?? file?.incarnation ?? '');
  return { course, before, last, journalSequence };
}

/** From the ledger into SQL and the key file: all of it, unless the vault went on where it stopped. */
export function bringBack(
  { ledger }: StandingParts,
  { course, before }: FoundStanding,
  replayers: (isWhole: boolean) => readonly Replayer[],
): Promise<Replayed> {
  const isWhole = course.is !== 'same' || before === null || before.awaiting;
  return replayLedger(ledger, isWhole ? 0 : before.ledgerSize, replayers(isWhole));
}

/** An incarnation that has begun: what is in force is known, and the gate may be asked for. */
export interface Incarnation {
  readonly standing: Standing;
  /** What SQL had forgotten and the ledger knew. */
  readonly broughtBack: number;
  /** Opens the gate, or has it wait for somebody's word. */
  begin(gate: Gate): Promise<void>;
  /** On disk when it resolves: no later start of it asks again. */
  pass(by: OpenedBy, names: readonly string[]): Promise<void>;
}

interface Done {
  readonly found: FoundStanding;
  readonly replayed: Replayed;
}
/** To be called once SQL, journal and keys are as the ledger wants them. */
export async function incarnate(
  parts: StandingParts & { readonly keyring: Pick<Keyring, 'destroy'> },
  { found, replayed }: Done,
): Promise<Incarnation> {
  const revived = await destroyAgain(parts);
  const course = courseAfter(found, { revived, found: replayed.found });
  const to = { ledgerSize: replayed.to, journalSequence: found.journalSequence };
  let standing = await begin(parts, { course, before: found.before, last: found.last, to });
  return {
    get standing() {
      return standing;
    },
    broughtBack: replayed.found + revived,
    begin: async (gate) => {
      const hasWitness = parts.ledger.witnesses().length > 0;
      if (course.is === 'behind' || standing.awaiting || hasWitness) {
        const entry = await tell(parts, standing);
        if (standing.awaiting || hasWitness)
          return gate.waitForWitness(entry, standing.awaiting && standing.why !== 'founded' ? standing.why : null);
      }
      gate.open();
    },
    pass: async (by, names) => {
      if (!standing.awaiting) return;
      const { ledger, clock } = parts;
      const fact = { module: MODULE, type: 'vault.opened', actor: 'system', subject: standing.incarnation } as const;
      const data = { by: names.join(' and '), how: by };
      await ledger.append([{ ...fact, at: clock(), data, id: newId<string>('evt') }]);
      standing = await markPassed(parts, standing);
    },
  };
}

/** No key of what is destroyed may be there, whichever key file lies there. Answers how many were. */
async function destroyAgain({
  sql,
  keyring,
}: Pick<StandingParts, 'sql'> & { readonly keyring: Pick<Keyring, 'destroy'> }): Promise<number> {
  return keyring.destroy((await store.keysOfDestroyed(sql)) as KeyId[]);
}

function courseAfter({ course }: FoundStanding, back: { readonly revived: number; readonly found: number }): Course {
  if (course.is !== 'same') return course;
  if (back.revived > 0) return { is: 'other', why: 'keys-older' };
  return back.found > 0 ? { is: 'behind', why: 'sql-behind' } : course;
}

interface Beginning extends Pick<FoundStanding, 'course' | 'before' | 'last'> {
  readonly to: Pick<Standing, 'ledgerSize' | 'journalSequence'>;
}
/** Answers the standing from now on, on disk. */
async function begin(parts: StandingParts, { course, before, last, to }: Beginning): Promise<Standing> {
  const { sql, clock, log } = parts;
  if (course.is === 'same' && before) {
    const standing = { ...before, ...to };
    await sql.transact((tx) => store.writeStanding(tx, standing));
    await keepFile(parts, standing, null);
    return standing;
  }
  const id = newId<string>('inc');
  const why = 'why' in course ? course.why : 'founded';
  const awaiting = course.is === 'other' || (before?.awaiting ?? false);
  const standing: Standing = { incarnation: id, why, awaiting, ...to };
  // The file first: cut off here, the next start finds the one before still named in it. Without a name it would count as the first.
  await keepFile(parts, standing, last);
  await sql.transact(async (tx) => {
    await store.addIncarnation(tx, { id, begun: clock(), why });
    await store.writeStanding(tx, standing);
  });
  await keepFile(parts, standing, null);
  if ('why' in course)
    log.error('the vault began a new course: what was given out before counts no more', { why: PUT_BACK[course.why] });
  return standing;
}

async function keepFile(
  { journalFolder, keyFolder, ledger }: StandingParts,
  { incarnation, ledgerSize, awaiting }: Standing,
  from: string | null,
): Promise<void> {
  const keys = await store.selfOf(join(keyFolder, SLOTS_FILE));
  // A vault whose key file is in memory, in tests of what a disk loses, has none to compare.
  const known = keys ?? { inode: '', born: '0' };
  const root = await ledger.rootOf(ledgerSize);
  await store.writeFileStanding(journalFolder, { incarnation, ledgerSize, awaiting, from, root, keys: known });
}

async function markPassed(parts: StandingParts, standing: Standing): Promise<Standing> {
  const passed = { ...standing, awaiting: false };
  await parts.sql.transact((tx) => store.writeStanding(tx, passed));
  await keepFile(parts, passed, null);
  return passed;
}

/** Answers its entry in the ledger: a witness that signs it has seen the ledger as it is since this start. */
async function tell(
  { ledger, clock }: Pick<StandingParts, 'ledger' | 'clock'>,
  { incarnation, why, awaiting }: Standing,
): Promise<number> {
  const id = newId<string>('evt');
  const data = { putBack: awaiting && why !== 'founded' ? why : null };
  const fact = {
    module: MODULE,
    type: 'vault.begun',
    actor: 'system',
    subject: incarnation,
    at: clock(),
    data,
  } as const;
  await ledger.append([{ ...fact, id }]);
  return (await ledger.entryOf(id))!;
}
