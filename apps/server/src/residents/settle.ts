/** Brings the residents of Port Merrow in at its first start: their register, their records through the vault itself, their consents. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Modules } from '../wire.ts';
import { madeRecords } from './health-records.ts';
import { madeRegister, type MadeRegister } from './register.ts';

const BY = 'system';
const SHEETS_FILE = 'demo-sheets.txt';
/** Residents whose records are stored at the same time; those of one are stored one after the other. */
const RESIDENTS_AT_ONCE = 4;

export interface Settling {
  readonly seed: string;
  readonly modules: Pick<Modules, 'identity' | 'vault'>;
  readonly now: number;
  readonly log: Log;
}
/** Somebody of the register, by the place in its list. */
interface Settled {
  readonly residents: readonly string[];
  readonly professionals: readonly string[];
}
export interface Newcomer {
  readonly name: string;
  /** The first of a fresh sheet; null for who made a passkey, and needs none. */
  readonly code: string | null;
}

export interface Residents {
  /** Those whom a newcomer may sign in as. */
  readonly resident: Newcomer;
  readonly professional: Newcomer;
  /** Where the whole sheets are; null where none was made. */
  readonly sheets: string | null;
  /** Everybody else's records and consents; goes on behind the start. */
  settleRest(signal: AbortSignal): Promise<void>;
}

/** The first resident and the first professional are there, with records and codes, when it resolves. */
export async function settleResidents(settling: Settling, dataFolder: string): Promise<Residents> {
  const register = madeRegister(settling.seed);
  const settled = await enter(settling, register);
  await settle(settling, register, { settled, resident: 0 });
  const { identity } = settling.modules;
  const newcomers = [
    { name: register.residents[0]!.name, id: settled.residents[0]! },
    { name: register.professionals[0]!.name, id: settled.professionals[0]! },
  ] as const;
  const sheets: string[] = [];
  const coming: Newcomer[] = [];
  for (const { name, id } of newcomers) {
    // Nobody has a code that was there before: a sheet is made at random, and the one before it ends.
    const codes = (identity.faceOf(id)?.passkeys ?? 0) > 0 ? [] : await identity.issueSheet(id);
    if (codes.length > 0) sheets.push(`${name}\n${codes.map((code) => `  ${code}`).join('\n')}\n`);
    coming.push({ name, code: codes[0] ?? null });
  }
  const file = join(dataFolder, SHEETS_FILE);
  if (sheets.length > 0) writeFileSync(file, sheets.join('\n'), { mode: 0o600 });
  return {
    resident: coming[0]!,
    professional: coming[1]!,
    sheets: sheets.length > 0 ? file : null,
    settleRest: (signal) => settleRest(settling, { register, settled }, signal),
  };
}

/** Whoever is not there yet; found again by name at a later start. */
async function enter(
  { modules: { identity } }: Settling,
  { residents, professionals }: MadeRegister,
): Promise<Settled> {
  const wanted = [
    ...residents.map(({ name }) => ({ handle: name, kind: 'resident', position: null }) as const),
    ...professionals.map(({ name, position }) => ({ handle: name, kind: 'professional', position }) as const),
  ];
  const idsNow = () => Promise.all(wanted.map(async ({ handle }) => (await identity.personNamed(handle))?.id));
  const before = await idsNow();
  await identity.registerPeople(wanted.filter((_, at) => before[at] === undefined));
  const ids = (await idsNow()) as string[];
  return { residents: ids.slice(0, residents.length), professionals: ids.slice(residents.length) };
}

/** One resident: stored once, whatever was cut off before is stored anew from where it ended. */
async function settle(
  { seed, now, modules: { vault }, log }: Settling,
  { residents, consents }: MadeRegister,
  { settled, resident }: { readonly settled: Settled; readonly resident: number },
): Promise<void> {
  const subject = settled.residents[resident]!;
  const records = madeRecords({ resident: residents[resident]!, patient: subject, seed, now });
  const held = (await vault.records(subject)).length;
  for (const { category, resource } of records.slice(held)) {
    const content = Buffer.from(JSON.stringify(resource)).toString('base64');
    const stored = await vault.put({ subject, category, media: 'application/fhir+json', content }, BY);
    if (!stored.ok) return log.error('a made-up record was not stored', { why: stored.error.message });
  }
  if (held >= records.length) return;
  for (const { professional, categories, purpose, rights, days } of consents.filter(
    (one) => one.resident === resident,
  )) {
    const person = settled.professionals[professional]!;
    const scope = { of: 'categories' as const, categories: [...categories] };
    const time = { from: now, until: now + days * DAY_MS, uses: null };
    const given = await vault.give(
      { subject, person, scope, rights: [...rights], purpose, ...time, refrains: ['NOPERSISTP', 'NORDSCLCD'] },
      BY,
    );
    if (!given.ok) return log.error('a made-up consent was not given', { why: given.error.message });
  }
}

async function settleRest(
  settling: Settling,
  { register, settled }: { readonly register: MadeRegister; readonly settled: Settled },
  signal: AbortSignal,
): Promise<void> {
  const waiting = register.residents.map((_, resident) => resident).slice(1);
  const work = async (): Promise<void> => {
    for (let resident = waiting.shift(); resident !== undefined && !signal.aborted; resident = waiting.shift())
      await settle(settling, register, { settled, resident });
  };
  await Promise.all(Array.from({ length: RESIDENTS_AT_ONCE }, work));
}
