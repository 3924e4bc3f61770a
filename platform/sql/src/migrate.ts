/** Numbered SQL files per module, each applied once and never changed after. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import type { Engine } from './sql.ts';
import type { Migrations } from './types.ts';

const MIGRATION_NAME = /^\d{4}-[a-z0-9-]+\.sql$/;
const MODULE_NAME = /^[a-z]+$/;

export async function applyMigrations(engine: Engine, { module, folder }: Migrations): Promise<void> {
  if (!MODULE_NAME.test(module)) throw new Error(`migrate "${module}": a module's name has only letters a to z`);
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  await engine.execute(
    'create schema if not exists platform; create table if not exists platform.migration (module text not null, name text not null, hash text not null, primary key (module, name));',
  );
  const { rows } = await sql<{
    name: string;
    hash: string;
  }>`select name, hash from platform.migration where module = ${module}`.execute(engine.kysely);
  const applied = new Map(rows.map((row) => [row.name, row.hash]));
  for (const name of files) {
    if (!MIGRATION_NAME.test(name)) throw new Error(`migrate ${module}: "${name}" is not named like 0001-what.sql`);
    const text = await readFile(new URL(name, folder), 'utf8');
    const hash = createHash('sha256').update(text).digest('hex');
    const before = applied.get(name);
    if (before === hash) continue;
    if (before !== undefined)
      throw new Error(`migrate ${module}: "${name}" was changed after it was applied; add a new file instead`);
    await applyOne(engine, { module, name, hash, text });
  }
}

/** The names are checked and the hash is hexadecimal, so they can stand in the text. */
async function applyOne(
  engine: Engine,
  one: { module: string; name: string; hash: string; text: string },
): Promise<void> {
  const record = `insert into platform.migration values ('${one.module}', '${one.name}', '${one.hash}');`;
  try {
    await engine.execute(`begin; create schema if not exists ${one.module}; ${one.text}; ${record} commit;`);
  } catch (error) {
    await engine.execute('rollback').catch(() => undefined);
    throw new Error(`migrate ${one.module}: "${one.name}" failed: ${(error as Error).message}`, { cause: error });
  }
}
