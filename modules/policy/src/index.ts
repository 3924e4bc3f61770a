/** Who may do what, under which bundle? */
export { createPolicy } from './service.ts';
export type { Decision, Policy, PolicyAlarm, PolicyOptions } from './service.ts';
export { contextFor } from './domain/facts.ts';
export { BundleFault } from './bundle-fault.ts';
export type { Bundle, PolicyText } from './load.ts';
