/**
 * Every place where bytes come to lie, seen from below: values that SQL is given, objects, and files. What holds a piece of a
 * record's ciphertext, and has no row in the copy register that says so, is told of.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Kysely, KyselyPlugin } from 'kysely';
import type { Objects } from '@cityward/objects';
import type { Sql, Tx } from '@cityward/sql';

/** Long enough to stand in no two ciphertexts. */
const PIECE_BYTES = 48;

export interface Sink {
  /** As the register names places: `sql:…`, `object:…`, `file:…`. */
  readonly place: string;
  readonly bytes: number;
  readonly content: Buffer;
}
export interface Sinks {
  readonly sql: Sql;
  readonly seen: readonly Sink[];
  /** The same objects, watched. */
  objects(over: Objects): Objects;
  /** Every sink, and every file below the folder, that holds a piece of this ciphertext. */
  holding(sealed: Buffer, folder: string): readonly string[];
}

export function watchSinks(over: Sql): Sinks {
  const seen: Sink[] = [];
  const spy: KyselyPlugin = {
    transformQuery: ({ node }) => {
      const place = `sql:${tableOf(node)}`;
      for (const content of buffersIn(node, 0)) seen.push({ place, bytes: content.length, content });
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  };
  const watched = <Tables>(reader: Pick<Sql, 'for'>): Kysely<Tables> => reader.for<Tables>().withPlugin(spy);
  const watchedTx = (tx: Tx): Tx => ({ ...tx, for: <Tables>() => watched<Tables>(tx) });
  return {
    seen,
    sql: {
      ...over,
      for: <Tables>() => watched<Tables>(over),
      transact: (work) => over.transact((tx) => work(watchedTx(tx))),
    },
    objects: (objects) => ({
      ...objects,
      put: async (bytes) => {
        const hash = await objects.put(bytes);
        seen.push({ place: `object:${hash}`, bytes: bytes.length, content: Buffer.from(bytes) });
        return hash;
      },
    }),
    holding: (sealed, folder) => {
      const piece = sealed.subarray(Math.max(0, sealed.length - PIECE_BYTES));
      const inMemory = seen.filter(({ content }) => holds(content, piece)).map(({ place }) => place);
      return [...new Set([...inMemory, ...filesHolding(folder, piece)])].sort();
    },
  };
}

/** As it is, and as the text forms that bytes are written in. */
function holds(bytes: Buffer, piece: Buffer): boolean {
  if (bytes.includes(piece) || bytes.includes(piece.toString('hex'))) return true;
  return [0, 1, 2].some((skip) => {
    const whole = piece.subarray(skip, skip + Math.floor((piece.length - skip) / 3) * 3);
    const [plain, url] = [whole.toString('base64'), whole.toString('base64url')];
    return bytes.includes(plain) || bytes.includes(url);
  });
}

function filesHolding(folder: string, piece: Buffer): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile() && holds(readFileSync(join(folder, name)), piece))
    .map((name) => `file:${name}`);
}

type Node = Readonly<Record<string, unknown>>;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;
const DEPTH_MAX = 40;

/** Bytes among the values of a statement, and text in which bytes may hide. */
function* buffersIn(value: unknown, depth: number): Generator<Buffer> {
  if (depth > DEPTH_MAX) throw new Error('watch a statement: it is nested too deep to be seen through');
  if (Buffer.isBuffer(value)) yield value;
  else if (value instanceof Uint8Array) yield Buffer.from(value);
  else if (typeof value === 'string' && value.length >= PIECE_BYTES) yield Buffer.from(value);
  else if (Array.isArray(value)) for (const one of value) yield* buffersIn(one, depth + 1);
  else if (isNode(value)) for (const one of Object.values(value)) yield* buffersIn(one, depth + 1);
}

/** The table that a statement writes; of a raw one, the first that it names after `into` or `update`. */
function tableOf(node: unknown): string {
  const text = JSON.stringify(node, (_key, value: unknown) => (Buffer.isBuffer(value) ? '' : value));
  const named =
    /"schema":\{"kind":"IdentifierNode","name":"(\w+)"\},"identifier":\{"kind":"IdentifierNode","name":"(\w+)"/.exec(
      text,
    );
  const written = /(?:into|update) (\w+)\.(\w+)/.exec(text) ?? named;
  return written ? `${written[1]}.${written[2]}` : 'unknown';
}
