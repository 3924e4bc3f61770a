/** The durable stream. */
export type * from './types.ts';
export { openStream } from './stream.ts';
export { StreamDamage, RECORD_MAX_BYTES } from './frame.ts';
