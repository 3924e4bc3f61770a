/** A ledger with a story in it, laid out as files for programs that others wrote. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { seeded, systemClock, type Random } from '@cityward/kernel';
import type { RawAnswer } from '@cityward/http';
import { createLedger, type Ledger } from '@cityward/ledger';
import { silentLog } from '@cityward/log';
import { openTestSql } from '@cityward/sql/testing';
import { tilePath, tilesOf } from '@cityward/tlog-tiles/tile';

export const ORIGIN = 'portmerrow.example/ledger';
const OLD_ENTRIES = 700;
const ENTRIES = 1_300;
const PROVEN = [0, 1, 255, 256, 700, 1_023, 1_299];

export interface ServedLog {
  readonly verifierKey: string;
  /** What the log serves and hands out, by name: checkpoint, checkpoint.old, tile/..., proofs/N.tlog-proof. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly pack: Buffer;
  stop(): Promise<void>;
}

const bytesOf = (answer: RawAnswer | null): Buffer => {
  if (!answer) throw new Error('the ledger does not serve this file');
  return Buffer.from(answer.body as Uint8Array);
};

async function ask(ledger: Ledger, name: string, input: object): Promise<RawAnswer> {
  const route = ledger.routes.find((candidate) => candidate.endpoint.name === name)!;
  const principal = { type: 'Person' as const, id: 'per-auditor', roles: [], attributes: {} };
  const caller = { principal, id: 'r', sessionToken: null, setSession: () => undefined, origin: '' };
  const filled = { params: undefined, query: {}, body: undefined, ...input } as unknown as Parameters<
    typeof route.handle
  >[0];
  const answer = await route.handle(filled, caller);
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value as RawAnswer;
}

/** Facts of every sort of shape: short, long, personal, in other scripts. */
const fact = (i: number) => ({
  id: `evt-${String(i).padStart(8, '0')}`,
  module: 'ledger' as const,
  type: i % 7 === 0 ? ('person.signed-in' as const) : ('evidence.recorded' as const),
  actor: 'per-0001',
  subject: `pump-${i % 20}`,
  at: 1_764_000_000_000 + i,
  personal: i % 7 === 0,
  data: { text: `statement ${i} ${'å'.repeat(i % 90)}` },
});

export async function serveLog(): Promise<ServedLog> {
  const sql = await openTestSql();
  const folder = mkdtempSync(join(tmpdir(), 'cityward-foreign-'));
  const ledger = createLedger({
    folder: join(folder, 'ledger'),
    keyFile: join(folder, 'key.pem'),
    origin: ORIGIN,
    sql,
    clock: systemClock,
    log: silentLog,
  });
  await ledger.start();
  const facts = Array.from({ length: ENTRIES }, (_, i) => fact(i));
  await ledger.append(facts.slice(0, OLD_ENTRIES));
  await ask(ledger, 'entryProof', { params: { index: OLD_ENTRIES - 1 } });
  const files = new Map<string, Buffer>([['checkpoint.old', bytesOf(ledger.staticFile('/checkpoint'))]]);
  await ledger.append(facts.slice(OLD_ENTRIES));
  const pack = Buffer.from((await ask(ledger, 'evidencePack', {})).body as Uint8Array);
  for (const index of PROVEN)
    files.set(
      `proofs/${index}.tlog-proof`,
      Buffer.from((await ask(ledger, 'entryProof', { params: { index } })).body as string),
    );
  const { size } = ledger.status();
  files.set('checkpoint', bytesOf(ledger.staticFile('/checkpoint')));
  for (const tile of tilesOf(size)) {
    files.set(tilePath(tile), bytesOf(ledger.staticFile(`/${tilePath(tile)}`)));
    const bundle = tilePath({ ...tile, level: 'entries' });
    if (tile.level === 0) files.set(bundle, bytesOf(ledger.staticFile(`/${bundle}`)));
  }
  const { verifierKey } = ledger.status();
  const stop = async (): Promise<void> => {
    await ledger.stop();
    await sql.stop();
  };
  return { verifierKey, files, pack, stop };
}

export function writeFiles(files: ReadonlyMap<string, Uint8Array>): string {
  const folder = mkdtempSync(join(tmpdir(), 'cityward-foreign-files-'));
  for (const [name, bytes] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  return folder;
}

export interface Altered {
  readonly name: string;
  readonly data: Buffer;
}

/** The last line of a checkpoint, or of a proof: the signature, whose base64 others read leniently. */
const signatureStart = (bytes: Buffer): number => bytes.lastIndexOf('\u2014 ');

function alterBytes(bytes: Buffer, limit: number, random: Random): Buffer {
  const at = random.int(limit);
  const copy = Buffer.from(bytes);
  const how = random.int(4);
  if (how === 0) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
  if (how === 1) return Buffer.concat([bytes.subarray(0, at), Buffer.from([random.int(256)]), bytes.subarray(at)]);
  if (how === 2) copy[at] = random.int(256);
  else copy[at]! ^= 1 << random.int(8);
  return copy;
}

/** Another signature of the same length: every one of its bits counts, unlike the spare bits of its base64. */
function alterSignature(bytes: Buffer, random: Random): Buffer {
  const text = bytes.toString();
  const at = text.lastIndexOf(' ') + 1;
  const signature = Buffer.from(text.slice(at), 'base64');
  signature[random.int(signature.length)]! ^= 1 << random.int(8);
  return Buffer.from(`${text.slice(0, at)}${signature.toString('base64')}\n`);
}

/**
 * Single random changes of what the log serves. Signatures are changed bit by bit and written properly again: Go and sigstore
 * ignore the spare bits at the end of base64, which carry nothing.
 */
export function* alterations(files: ReadonlyMap<string, Buffer>, count: number): Generator<Altered> {
  const random = seeded('foreign/1');
  const names = [...files.keys()];
  for (let made = 0; made < count;) {
    const name = random.pick(names);
    const bytes = files.get(name)!;
    const isSigned = !name.startsWith('tile/');
    const limit = isSigned ? signatureStart(bytes) : bytes.length;
    const data = isSigned && random.next() < 0.3 ? alterSignature(bytes, random) : alterBytes(bytes, limit, random);
    if (data.equals(bytes)) continue;
    made++;
    yield { name, data };
  }
}
