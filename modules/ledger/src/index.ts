/** The ledger: what was done, as a C2SP transparency log. */
export { createLedger } from './service.ts';
export type { Ledger, LedgerOptions, LedgerStatus } from './service.ts';
export { WITNESSES_MAX, type WitnessStatus } from './witnesses.ts';
export type { WitnessSettings } from './witness-call.ts';
export { LOG_PREFIX } from './routes.ts';
export type { Statement } from './routes.ts';
export { GROUP_FACTS_MAX } from './wal-frame.ts';
