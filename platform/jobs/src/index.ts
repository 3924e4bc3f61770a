/** Durable background work: enqueued with the transaction that wants it, retried with bounds, shown in the console. */
export { createJobs } from './jobs.ts';
export type { Jobs, JobKind, JobRun, JobView } from './jobs.ts';
