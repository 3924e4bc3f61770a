/** A vault with a real ledger, for tests of what is put back: tables, files and the whole of it, as an insider or a disaster would. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql as raw } from 'kysely';
import { createLedger, type WitnessSettings } from '@cityward/ledger';
import { HOUR_MS, type Millis } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { createDispatcher } from '@cityward/sql';
import type { TestSql } from '@cityward/sql/testing';
import { sha256 } from './backup/manifest.ts';
import { keyContext } from './domain/binding.ts';
import { openSealedKey, type KeyId } from './keys/keyring.ts';
import { openContent } from './keys/sealed.ts';
import { decodeSlot, KEY_BYTES, SLOT_BYTES, slotState } from './keys/slot.ts';
import type { VaultOptions } from './needs.ts';
import {
  AROHA,
  BEN,
  codeOf,
  consentTo,
  must,
  NOW,
  OFFICER,
  person,
  recordOf,
  testVault,
  TEXT,
  type Posts,
  type TestVault,
} from './testing.ts';

export interface Site {
  readonly vault: TestVault['vault'];
  readonly clock: TestVault['clock'];
  readonly ledger: ReturnType<typeof createLedger>;
  /** What BEN sees of a record: its text, or the code of the refusal. */
  seen(record: string): Promise<string>;
  /** Everything committed is in the ledger. */
  drained(): Promise<void>;
  stop(): Promise<void>;
}
export interface SiteOptions extends Partial<
  Pick<
    VaultOptions,
    | 'openArchive'
    | 'retention'
    | 'destruction'
    | 'openSlotFile'
    | 'openBackupFile'
    | 'openJournalFile'
    | 'openRoot'
    | 'passkeyAtPortal'
    | 'opening'
    | 'endPosts'
    | 'settleAbove'
  >
> {
  readonly posts?: Posts;
  /** Before each entry that the vault wants in the ledger. */
  readonly beforeAppend?: () => Promise<void>;
  /** Before facts go from SQL to the ledger. */
  readonly beforeFacts?: () => Promise<void>;
  readonly sql: TestSql;
  readonly folder: string;
  readonly witnesses?: readonly WitnessSettings[];
  readonly now?: number;
}
export async function openSite({ sql, folder, witnesses = [], now = NOW, ...given }: SiteOptions): Promise<Site> {
  const ledger = ledgerIn({ sql, folder, now, witnesses });
  await ledger.start();
  const { beforeAppend, beforeFacts, ...options } = given;
  const { name, handle } = ledger.factHandler;
  const handler = {
    name,
    handle: async (...facts: Parameters<typeof handle>) => (await beforeFacts?.(), handle(...facts)),
  };
  const dispatcher = createDispatcher({ sql, handlers: [handler], log: silentLog });
  const ports = portsOf(ledger);
  const append: typeof ports.append = async (facts) => (await beforeAppend?.(), ports.append(facts));
  const { vault, clock } = testVault(sql, folder, { ledger: { ...ports, append } as never, ...options });
  clock.now = now;
  const stop = async (): Promise<void> => {
    await vault.stop();
    await dispatcher.stop();
    await ledger.stop();
  };
  try {
    await vault.start();
    await dispatcher.start();
  } catch (fault) {
    await stop();
    throw fault;
  }
  return {
    ...{ vault, clock, ledger },
    seen: async (record) => {
      const answer = await vault.view({ record, purpose: 'TREAT', right: 'text', principal: person(BEN) });
      return answer.ok ? (JSON.parse(answer.value.content.toString()) as { text: string }).text : codeOf(answer);
    },
    drained: () => dispatcher.drained(),
    stop,
  };
}
const ledgerIn = ({
  sql,
  folder,
  now,
  witnesses,
}: Required<Pick<SiteOptions, 'sql' | 'folder' | 'now' | 'witnesses'>>) =>
  createLedger({
    ...{ folder: join(folder, 'ledger'), keyFile: join(folder, 'ledger.key'), origin: 'test.example/ledger' },
    ...{ sql, clock: () => now as Millis, log: silentLog, witnesses },
  });
const portsOf = (ledger: Site['ledger']): VaultOptions['ledger'] => ({
  ...ledger,
  witnesses: () => ledger.status().witnesses,
  standing: () => {
    const { origin, durable: size, checkpoint } = ledger.status();
    return { origin, size, checkpoint };
  },
});

/** A record that BEN may see. */
export async function shared({ vault }: Site): Promise<{ readonly record: string; readonly consent: string }> {
  const { record } = must(await vault.put(recordOf(TEXT), OFFICER));
  const consent = must(await vault.give(consentTo(BEN, { scope: { of: 'records', records: [record] } }), AROHA)).id;
  return { record, consent };
}

type Tables = ReadonlyMap<string, string>;
/** Rows of all tables of the vault, as somebody who reads the database has them. */
export async function copyTables(sql: TestSql): Promise<Tables> {
  const { rows: names } = await raw<{ name: string }>`select tablename as name from pg_tables
    where schemaname = 'vault' order by tablename`.execute(sql.for());
  const copied = new Map<string, string>();
  for (const { name } of names) {
    const { rows } = await raw<{ all: string | null }>`select json_agg(t)::text as all
      from ${raw.table(`vault.${name}`)} t`.execute(sql.for());
    copied.set(name, rows[0]!.all ?? '[]');
  }
  return copied;
}
/** Puts them back, as somebody who writes the database could: past all that the vault knows. */
export async function putTablesBack(sql: TestSql, tables: Tables, only?: string): Promise<void> {
  await sql.transact(async (tx) => {
    await raw`set local session_replication_role = replica`.execute(tx.for());
    const names = [...tables.keys()].filter((name) => only === undefined || name === only);
    for (const name of names) await raw`delete from ${raw.table(`vault.${name}`)}`.execute(tx.for());
    for (const name of names) {
      const into = raw.table(`vault.${name}`);
      await raw`insert into ${into} overriding system value select * from jsonb_populate_recordset(null::${into}, ${tables.get(name)!}::jsonb)`.execute(
        tx.for(),
      );
    }
  });
}

/** Copies a folder away, and puts it back: as other files, or, like a snapshot of the whole disk, into the same ones. */
export function copyFolder(folder: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  cpSync(folder, to, { recursive: true });
}
export function putFolderBack(from: string, folder: string, how: 'as-copy' | 'in-place'): void {
  if (how === 'as-copy') return copyFolder(from, folder);
  const files = (of: string): string[] =>
    readdirSync(of, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(of, name)).isFile());
  const kept = new Set(files(from));
  for (const name of files(folder)) if (!kept.has(name)) rmSync(join(folder, name));
  for (const name of kept) writeFileSync(join(folder, name), readFileSync(join(from, name)));
  // A disk that goes back takes the file system along: the file is the one that it says it is.
  for (const name of [...kept].filter((one) => one.endsWith('standing.json'))) {
    const path = join(folder, name);
    const { ino, birthtimeNs } = statSync(path, { bigint: true });
    const said = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...said, self: { inode: String(ino), born: String(birthtimeNs) } }));
  }
}

/** Goes on from where the ledger in that folder ends, under the same name and key, until it has as many entries as another. */
export async function forkLedger({ sql, folder }: Pick<SiteOptions, 'sql' | 'folder'>, size: number): Promise<void> {
  const ledger = ledgerIn({ sql, folder, now: NOW, witnesses: [] });
  await ledger.start();
  const missing = size - ledger.status().durable;
  const others = Array.from({ length: missing }, (_, i) => ({ subject: 'nobody', text: `another entry ${i}` }));
  await ledger.record(others, 'nobody');
  await ledger.stop();
}
/** The segment that the ledger writes to. */
function lastSegment(folder: string): string {
  const wal = join(folder, 'ledger', 'wal');
  return join(wal, readdirSync(wal).sort().at(-1)!);
}
export const ledgerBytes = (folder: string): number => statSync(lastSegment(folder)).size;
/** Cuts its end off, and takes away what says how long it was beside its signed checkpoint. */
export function cutLedger(folder: string, bytes: number): void {
  truncateSync(lastSegment(folder), bytes);
  forgetDerived(folder);
}
/** In the last entry of that type, in what it says of that id. */
export function flipInLedger(folder: string, { type, id }: { readonly type: string; readonly id: string }): void {
  const path = lastSegment(folder);
  const bytes = readFileSync(path);
  flip(bytes, bytes.lastIndexOf(id, bytes.lastIndexOf(type)) + id.length - 1);
  writeFileSync(path, bytes);
  forgetDerived(folder);
}
/** In the hash of its last entry. */
export function flipInTile(folder: string): void {
  const path = join(folder, 'ledger', 'tree', 'level-0');
  const bytes = readFileSync(path);
  flip(bytes, bytes.length - 1);
  writeFileSync(path, bytes);
}
export function flipInJournal(folder: string, id: string): void {
  const path = join(folder, 'journal', 'vault.journal');
  const bytes = readFileSync(path);
  flip(bytes, bytes.lastIndexOf(id) + id.length - 1);
  writeFileSync(path, bytes);
}
const flip = (bytes: Buffer, at: number): void => void (bytes[at]! ^= 1);
/** What is made anew from the entries. */
function forgetDerived(folder: string): void {
  for (const name of ['mark.json', 'tree', 'ids'])
    rmSync(join(folder, 'ledger', name), { recursive: true, force: true });
}

/** By then what was taken back before is old enough for the journal to let go of it. */
export const TWO_HOURS_LATER = NOW + 2 * HOUR_MS;
export { startWitness } from './testing-witness.ts';
export { steppedFiles } from './testing-calls.ts';
export { asChild, must, recordLife, recordOf } from './testing.ts';

/** Waits for what is told, never for a time. */
const until = (site: Site, holds: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const end = site.ledger.onWitness(() => look());
    const look = (): void => {
      if (!holds()) return;
      end();
      resolve();
    };
    look();
  });
/** What was put in force is in SQL and in the ledger. */
export async function settled({ vault, drained }: Site): Promise<void> {
  while (vault.status().unsaved > 0) await new Promise((done) => setImmediate(done));
  await drained();
}
const stateOf = ({ ledger }: Site) => ledger.status().witnesses[0]!;
/** The gate is open, by its witness. */
export async function opens(site: Site): Promise<void> {
  await until(site, () => stateOf(site).state === 'agrees');
  await opensSoon(site);
}
async function opensSoon(site: Site): Promise<void> {
  for (let turns = 0; site.vault.status().gate.is !== 'open' && turns < 10_000; turns++)
    await new Promise((done) => setImmediate(done));
}
/** The witness has seen all of the ledger. */
export const witnessed = (site: Site): Promise<void> => {
  const { durable } = site.ledger.status();
  return until(site, () => (stateOf(site).cosigned ?? 0) >= durable);
};
/** The witness has said something, whatever it is. */
export async function heard(site: Site): Promise<void> {
  await until(site, () => stateOf(site).state !== 'not-asked');
  await opensSoon(site);
}

export interface AnotherDay<Known> {
  /** Before tables and journal were copied. */
  before(site: Site): Promise<Known>;
  /** After that. */
  since(site: Site, known: Known): Promise<unknown>;
  /** Opened again over what was put back, by officers who know no better. */
  then(site: Site, known: Known): Promise<boolean>;
}
/** Tables and journal of an earlier day, as an insider or a careless disaster plan puts them back. */
export async function onAnotherDay<Known>(
  { sql, folder, ...options }: SiteOptions,
  { before, since, then }: AnotherDay<Known>,
): Promise<boolean> {
  const opening = { city: 'Test', check: () => ({ ok: true as const, value: ['ann', 'bob'] }) };
  const site = await openSite({ sql, folder, opening, ...options });
  const known = await before(site);
  await site.drained();
  const tables = await copyTables(sql);
  copyFolder(join(folder, 'journal'), join(folder, 'old'));
  await since(site, known);
  await site.drained();
  await site.stop();
  await putTablesBack(sql, tables);
  putFolderBack(join(folder, 'old'), join(folder, 'journal'), 'as-copy');
  const again = await openSite({ sql, folder, opening, ...options });
  try {
    // A file system may give the copy the number of the file that it was: then nobody is asked.
    const wanted = await again.vault.custody.opening();
    if (wanted.ok) must(await again.vault.custody.open(wanted.value, []));
    return await then(again, known);
  } finally {
    await again.stop();
  }
}

/** The journal as it is after everything in it is in SQL, and somebody emptied it. */
export async function forgetJournal(folder: string): Promise<void> {
  writeFileSync(join(folder, 'journal', 'vault.journal'), '');
  await Promise.resolve();
}

export async function backUp(site: Site, folder: string): Promise<string> {
  mkdirSync(join(folder, 'backups'), { recursive: true });
  const made = must(await site.vault.custody.backUp({ folder: join(folder, 'backups'), keysTo: null, by: OFFICER }));
  await site.drained();
  return made.folder;
}
/** Changes the tables of a backup and everything in it that would tell. */
export function forgeBackup(folder: string, change: (tables: string) => string): Promise<void> {
  const [path, manifest] = [join(folder, 'tables.ndjson'), join(folder, 'manifest.json')];
  const text = change(readFileSync(path, 'utf8'));
  writeFileSync(path, text);
  const said = JSON.parse(readFileSync(manifest, 'utf8')) as {
    files: { name: string; bytes: number; sha256: string }[];
  };
  for (const file of said.files)
    if (file.name === 'tables.ndjson') Object.assign(file, { bytes: Buffer.byteLength(text), sha256: sha256(text) });
  writeFileSync(manifest, `${JSON.stringify(said, null, 2)}\n`);
  return Promise.resolve();
}

/** How many keys somebody opens who has the key file alone, with the key that anybody knows. */
export function keysOpened(folder: string): number {
  const bytes = readFileSync(join(folder, 'keys', 'slots'));
  const known = Buffer.alloc(KEY_BYTES);
  let opened = 0;
  for (let at = 0; at + SLOT_BYTES <= bytes.length; at += SLOT_BYTES) {
    if (slotState(bytes, at) !== 'live') continue;
    const slot = decodeSlot(bytes, at);
    if (openSealedKey(known, slot, keyContext(slot))) opened++;
  }
  return opened;
}
/** What somebody reads who has database and key file, and tries the key that anybody knows. */
export async function insiderReads(sql: TestSql, folder: string, record: string): Promise<string> {
  const { rows } = await raw<{ key: string; content: Buffer; subject: string; category: string; media: string }>`
    select version.key, version.content, record.subject, record.category, version.media from vault.version as version
    join vault.record as record on record.id = version.record where record.id = ${record}`.execute(sql.for());
  const bytes = readFileSync(join(folder, 'keys', 'slots'));
  const slots = [];
  for (let at = 0; at + SLOT_BYTES <= bytes.length; at += SLOT_BYTES)
    if (slotState(bytes, at) === 'live') slots.push(decodeSlot(bytes, at));
  const keys = new Map<string, Buffer>();
  for (const role of ['subject', 'category', 'record'] as const)
    for (const slot of slots.filter((one) => one.role === role)) {
      const parent = keys.get(slot.parent.toString('hex')) ?? Buffer.alloc(KEY_BYTES);
      const key = openSealedKey(parent, slot, keyContext(slot));
      if (key) keys.set(slot.id.toString('hex'), key);
    }
  const { key: id, content, subject, category, media } = rows[0]!;
  const key = keys.get(id);
  const opened =
    key && openContent({ id: id as KeyId, key }, { record, version: 1, subject, category, media }, content);
  return opened?.ok ? opened.value.toString() : content.toString('latin1');
}
