/** The durable stream. */
export type * from './types.ts';
