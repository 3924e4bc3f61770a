/** What went to the archive together, canonical JSON (RFC 8785), as the city signed it. A field added to it is a new `version`. */
import { Type, type Static } from 'typebox';
import { Sha256 } from './jobs.ts';
import { Closed, Count, Id, Time } from './schema.ts';

export const ARCHIVE_OBJECTS_MAX = 1_000;
export const ArchiveManifest = Closed({
  kind: Type.Literal('cityward-archive'),
  version: Type.Literal(1),
  id: Id,
  city: Type.String({ minLength: 1, maxLength: 80 }),
  at: Time,
  /** Ciphertext, each under the key of its version: record ids are random and tell nothing. */
  objects: Type.Array(Closed({ record: Id, version: Type.Integer({ minimum: 1 }), sha256: Sha256, bytes: Count }), {
    minItems: 1,
    maxItems: ARCHIVE_OBJECTS_MAX,
  }),
});
export type ArchiveManifest = Static<typeof ArchiveManifest>;
export const SignedArchive = Closed({
  manifest: ArchiveManifest,
  /** The city's, detached CMS, DER, Base64, over the canonical JSON of `manifest`. */
  signature: Type.String({ maxLength: 20_000 }),
});
export type SignedArchive = Static<typeof SignedArchive>;
