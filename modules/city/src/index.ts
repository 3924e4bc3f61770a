/** What the city has, where, whose it is and what depends on it. */
export { createCity } from './service.ts';
export type { City, DeviceView } from './service.ts';
export type { CityNeeds } from './needs.ts';
export { deriveState } from './domain/state.ts';
export type { Facets } from './domain/state.ts';
export { bfs, edgeMask } from './domain/graph.ts';
export type { Adjacency, CityGraph } from './domain/graph.ts';
export { CLASS_PROFILES } from './domain/model.ts';
export type { CityDraft, Device, Service, Site } from './domain/model.ts';
