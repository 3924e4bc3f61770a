/** How do we change ten thousand devices tonight, and stop in time? */
export { createFleet } from './service.ts';
export type { Fleet } from './service.ts';
export type { FleetNeeds } from './needs.ts';
export type { Artifact, Artifacts } from './artifacts.ts';
export type { OfficersRegister } from './officers.ts';
export type { Signatures, Signed } from './signatures.ts';
