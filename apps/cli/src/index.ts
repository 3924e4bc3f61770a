/** Parts of the command that others may use. */
export { EXIT } from './exit-codes.ts';
