/** A witness of transparency logs (c2sp.org/tlog-witness): a program of its own, for somebody else's machine. */
export { openWitness, type Witness, type WitnessOptions } from './witness.ts';
export { serveWitness, type WitnessListener } from './server.ts';
export { openWitnessKey } from './key.ts';
