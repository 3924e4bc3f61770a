/** `bytea` of PGlite, whose own codec turns every byte into a string of its own: nine tenths of the time of a large write. */
import { types, type PGliteOptions } from '@electric-sql/pglite';

const HEX_PREFIX = 2;

/** What is bytes already is handed over as it is: the protocol has a binary form for parameters. */
const serialize = (bytes: unknown): Uint8Array => {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`write bytes: it is a ${typeof bytes}, wanted a Uint8Array`);
  return bytes;
};
/** Not out of Buffer's pool: what goes to another thread takes all of its memory along. */
function parse(text: string): Uint8Array {
  const bytes = new Uint8Array((text.length - HEX_PREFIX) / 2);
  Buffer.from(bytes.buffer).write(text.slice(HEX_PREFIX), 'hex');
  return bytes;
}

export const BYTES_CODEC = {
  serializers: { [types.BYTEA]: serialize as (value: unknown) => never },
  parsers: { [types.BYTEA]: parse },
} satisfies Pick<PGliteOptions, 'serializers' | 'parsers'>;
