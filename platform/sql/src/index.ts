/** SQL for every module. */
export type { Sql, SqlEngine, Tx, Migrations, FactHandler, Dispatcher } from './types.ts';
