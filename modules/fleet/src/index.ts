/** How do we change ten thousand devices tonight, and stop in time? */
export { createFleet } from './service.ts';
export type { Fleet } from './service.ts';
export type { FleetCity, FleetNeeds } from './needs.ts';
export { columnsBuilder, FLAGS } from './domain/rollout/columns.ts';
export type { GatePorts } from './gate-needs.ts';
export type { LeavingPorts } from './leaving-needs.ts';
export type { Departures } from './leaving.ts';
export type { CommissioningGate } from './gate.ts';
export type { Columns } from './domain/rollout/columns.ts';
export type { Changes } from './changes.ts';
export type { Attested, Desk } from './desk.ts';
export type { Says, Shown } from './shown.ts';
export type { Artifacts } from './artifacts.ts';
export type { Artifact } from './store-trust.ts';
export type { OfficersRegister } from './officers.ts';
export type { ArtifactRepository } from './repository.ts';
export type { Signatures, Signed } from './signatures.ts';
