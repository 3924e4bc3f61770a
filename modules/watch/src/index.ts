/** What is unusual, and why do we say so? */
export { createWatch } from './service.ts';
export type { Watch, WatchFacet, WatchStats, FindingChange } from './service.ts';
export type { WatchNeeds } from './needs.ts';
export type { NodeKind, KindOf } from './domain/state.ts';
