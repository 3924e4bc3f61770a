/** SQL for every module: one dialect, on PGlite or PostgreSQL. */
export type { Sql, SqlEngine, Tx, Migrations, FactHandler, Dispatcher } from './types.ts';
export type { SqlWithCommits } from './sql.ts';
export type { SqlOptions } from './open.ts';
export { openSql, openPglite, openPostgres } from './open.ts';
export type { Hear } from './notes.ts';
export { textArray } from './text-array.ts';
export { createDispatcher } from './dispatcher.ts';
export { lockFolder, type FolderLock } from './lock.ts';
