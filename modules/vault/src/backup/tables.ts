/** The tables of the vault as lines of JSON, whichever there are: what a later area of the vault adds is in a backup by itself. */
import { sql as raw } from 'kysely';
import { OperationalFault } from '@cityward/kernel';
import type { Sql, Tx } from '@cityward/sql';

/** Where the tables stand is said anew by whoever restores them. */
const LEFT_OUT = ['standing'];
/** Rows at once; of tables that hold content, which may have megabytes each, fewer. */
const ROWS = 1_000;
const LARGE_ROWS = 8;
const BATCH_MAX_CHARS = 4 * 1_048_576;

export interface Migration {
  readonly name: string;
  readonly hash: string;
}
export const migrationsOf = async (reader: Pick<Sql, 'for'>): Promise<Migration[]> =>
  (
    await raw<Migration>`select name, hash from platform.migration where module = 'vault' order by name`.execute(
      reader.for(),
    )
  ).rows;

interface Table {
  readonly name: string;
  readonly large: boolean;
}
/** Each after those that it refers to. */
async function tablesOf(tx: Tx): Promise<Table[]> {
  const { rows } = await raw<Table>`select c.relname as name, exists (select 1 from pg_attribute a
      where a.attrelid = c.oid and a.atttypid = 'bytea'::regtype and not a.attisdropped) as large
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'vault' and c.relkind = 'r' order by c.relname`.execute(tx.for());
  const { rows: refers } = await raw<{ from: string; to: string }>`select f.relname as from, t.relname as to
    from pg_constraint k join pg_class f on f.oid = k.conrelid join pg_class t on t.oid = k.confrelid
    join pg_namespace n on n.oid = f.relnamespace where k.contype = 'f' and n.nspname = 'vault'`.execute(tx.for());
  const left = new Map(rows.filter(({ name }) => !LEFT_OUT.includes(name)).map((table) => [table.name, table]));
  const sorted: Table[] = [];
  while (left.size > 0) {
    const next = [...left.values()].filter(
      ({ name }) => !refers.some(({ from, to }) => from === name && to !== name && left.has(to)),
    );
    if (next.length === 0) throw new Error('back the tables up: they refer to each other in a circle');
    for (const table of next) {
      sorted.push(table);
      left.delete(table.name);
    }
  }
  return sorted;
}

/** Writes every row, as they were at one moment, and then what else is of that moment. `line` has no newline; two of the kinds: `{"table":…}` and a row of it. */
export async function dumpTables(
  sql: Sql,
  write: (line: string) => Promise<void>,
  also: (tx: Tx) => Promise<void>,
): Promise<void> {
  await sql.transact(async (tx) => {
    await raw`set transaction isolation level repeatable read, read only`.execute(tx.for());
    for (const { name, large } of await tablesOf(tx)) {
      await write(JSON.stringify({ table: name }));
      const rows = raw.raw(String(large ? LARGE_ROWS : ROWS));
      await raw`declare backup no scroll cursor for select row_to_json(t)::text as row from ${raw.table(`vault.${name}`)} t`.execute(
        tx.for(),
      );
      for (;;) {
        const { rows: some } = await raw<{ row: string }>`fetch ${rows} from backup`.execute(tx.for());
        if (some.length === 0) break;
        for (const { row } of some) await write(row);
      }
      await raw`close backup`.execute(tx.for());
    }
    await also(tx);
  });
}

/** Puts the lines in the place of all that is there. Part of a transaction: what fails changes nothing. */
export async function loadTables(tx: Tx, lines: AsyncIterable<string>): Promise<number> {
  const tables = await tablesOf(tx);
  const known = new Set(tables.map(({ name }) => name));
  const all = raw.join([...known, ...LEFT_OUT].map((name) => raw.table(`vault.${name}`)));
  await raw`truncate ${all} cascade`.execute(tx.for());
  let [table, batch, chars, count] = ['', [] as string[], 0, 0];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const into = raw.table(`vault.${table}`);
    await raw`insert into ${into} overriding system value select * from jsonb_populate_recordset(null::${into}, ${`[${batch.join(',')}]`}::jsonb)`.execute(
      tx.for(),
    );
    [batch, chars] = [[], 0];
  };
  for await (const line of lines) {
    const name = tableIn(line);
    if (name === null) {
      batch.push(line);
      chars += line.length;
      count++;
      if (chars > BATCH_MAX_CHARS) await flush();
      continue;
    }
    await flush();
    if (!known.has(name)) throw new OperationalFault(`restore table "${name}": there is no such table here`);
    table = name;
  }
  await flush();
  await countOn(tx);
  return count;
}

/** Numbers that the database gives out itself go on after the highest that is there. */
async function countOn(tx: Tx): Promise<void> {
  const { rows } = await raw<{ name: string; column: string }>`select c.relname as name, a.attname as column
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'vault' and c.relkind = 'r' and a.attidentity <> ''`.execute(tx.for());
  for (const { name, column } of rows)
    await raw`select setval(pg_get_serial_sequence(${`vault.${name}`}, ${column}),
      (select coalesce(max(${raw.ref(column)}), 0) + 1 from ${raw.table(`vault.${name}`)}), false)`.execute(tx.for());
}

const HEADER = /^\{"table":"([a-z_]{1,60})"\}$/;
const tableIn = (line: string): string | null => HEADER.exec(line)?.[1] ?? null;
