/** What a stranger, the CLI or the other side's expert needs to verify the ledger: pure, keys always from outside. */
export type { PackVerdict, ProvenExhibit, VerifyOptions } from './verify-pack.ts';
export { verifyPack } from './verify-pack.ts';
export type { LogReader, LogVerdict, VerifyLogOptions } from './verify-log.ts';
export { verifyLog } from './verify-log.ts';
export { readZip as packFiles } from '@cityward/formats/zip';
export type { Exhibit, ExhibitVerdict } from './verify-exhibit.ts';
export { verifyExhibit } from './verify-exhibit.ts';
