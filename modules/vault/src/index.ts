/** Who may see this person's data, who looked, and is it gone when it should be? */
export { createVault } from './service.ts';
export type { Vault, VaultStatus } from './service.ts';
export { openTransitRoot, type TransitSettings } from './keys/root-transit.ts';
export type { VaultOptions, LedgerNeeds } from './needs.ts';
export type { Look, Seen } from './viewing/viewing.ts';
export { BACKUP_WEEKS } from './needs.ts';
export type { OwnData, OwnDataClass } from './domain/own-data.ts';
export type { SegmentSeen } from './own-data/segments.ts';
export type { DestructionNeeds } from './needs.ts';
export { decidedCategories, ownData, retentionLaw } from './law/classes.ts';
export { clauseInWords } from './people.ts';
export type { CopyRegister, CopyKeeper, NewCopy } from './copies/copy.ts';
