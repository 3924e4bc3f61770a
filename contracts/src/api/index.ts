/** Every HTTP route of the console's origin, by name. */
import { session } from './session.ts';
import { city } from './city.ts';
import { watch } from './watch.ts';
import { respond } from './respond.ts';
import { evidence } from './evidence.ts';
import { system } from './system.ts';
import { enrolment } from './enrolment.ts';

export const api = { ...session, ...city, ...watch, ...respond, ...evidence, ...system, ...enrolment } as const;
export type Api = typeof api;
export type * from './session.ts';
export type * from './city.ts';
export type * from './watch.ts';
export type * from './respond.ts';
export type * from './evidence.ts';
export type * from './system.ts';
export type * from './enrolment.ts';
export { EVIDENCE_BATCH_MAX } from './evidence.ts';
