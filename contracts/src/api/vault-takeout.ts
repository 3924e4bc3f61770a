/** Everything that is held about somebody, for that person to take along. */
import { Type } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { Closed, Id } from '../schema.ts';

/** Content in one part; what is more comes in the next. */
export const TAKEOUT_PART_MAX_BYTES = 64 * 1_048_576;

export const vaultTakeout = {
  takeOut: endpoint({
    name: 'takeOut',
    method: 'GET',
    path: '/api/my-data',
    action: 'takeOut',
    summary: 'Everything that is held about oneself, as a zip: FHIR, files, consents, who looked, and a PDF to read',
    query: Closed({
      /** The record that the part before ended with. */
      after: Type.Optional(Id),
    }),
    answer: Type.Unsafe<Uint8Array>({}),
  }),
} as const;
