/** What travels between server, console, CLI and agents: one schema gives types, validation and OpenAPI. */
export * from './words.ts';
export * from './schema.ts';
export * from './observation.ts';
export * from './sighting.ts';
export * from './topics.ts';
export * from './jobs.ts';
export * from './gate.ts';
export * from './destruction.ts';
export * from './receipt.ts';
export * from './recipient.ts';
export * from './behalf.ts';
export * from './baseline.ts';
export * from './facts.ts';
export * from './actions.ts';
export * from './endpoint.ts';
export * from './live.ts';
export * from './api/index.ts';
