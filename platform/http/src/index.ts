/** HTTP for every listener. */
export type { Caller, Handle, Route } from './types.ts';
export { route, RawAnswer } from './types.ts';
