/** Can we prove it, to someone who does not trust us? The module's facade over the log, its index and its routes. */
import { setTimeout as delay } from 'node:timers/promises';
import type { EvidenceStatus, LedgerEntry } from '@cityward/contracts';
import { newId, type Clock } from '@cityward/kernel';
import { RawAnswer, type RawRoute, type Route } from '@cityward/http';
import type { Log } from '@cityward/log';
import type { FactHandler, Sql } from '@cityward/sql';
import { LogCore, type CheckpointListener } from './core.ts';
import type { Body, LedgerFact } from './domain/body.ts';
import { listEntries, listRecords, type EntryQuery } from './entries.ts';
import type { FileLayer } from './files.ts';
import { createIndexer, type Indexer } from './indexer.ts';
import { makePack, type PackChoice } from './pack.ts';
import { placesIn } from './open-log.ts';
import type { Exhibit } from './verify-exhibit.ts';
import { reconcile } from './reconcile.ts';
import { rootFromTiles } from '@cityward/tlog-tiles';
import { createLogRoutes, createRoutes, staticFile, type Statement } from './routes.ts';
import type { WitnessSettings } from './witness-call.ts';
import { Witnesses, witnessNotes, type WitnessStatus } from './witnesses.ts';
import { createIndexStore, type IndexStore, type Mention, type MentionQuery } from './store.ts';

export interface LedgerOptions {
  /** Holds the log; nobody else writes there. */
  readonly folder: string;
  /** The Ed25519 signing key, made at the first start with mode 0600. */
  readonly keyFile: string;
  /** The log's name for ever, a URL without scheme, e.g. `portmerrow.example/ledger`. */
  readonly origin: string;
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  /** Asked to cosign each checkpoint; without any, nothing outbound happens. */
  readonly witnesses?: readonly WitnessSettings[];
  /** Test seam, for the write-ahead log. */
  readonly files?: FileLayer;
}

export interface LedgerStatus extends EvidenceStatus {
  /** Durable entries, of which `size` are under the checkpoint. */
  readonly durable: number;
  readonly witnesses: readonly WitnessStatus[];
  /** What /health has to say; empty when all is well. */
  readonly notes: readonly string[];
}

export interface Ledger {
  /** Throws an OperationalFault, and signs nothing, when the files contradict what was signed before. */
  start(): Promise<void>;
  /** Publishes a last checkpoint and leaves. */
  stop(): Promise<void>;
  /** Durable when it resolves; facts whose ids are known are left out. Throws an OperationalFault when the disk does not take them. */
  append(facts: readonly LedgerFact[]): Promise<void>;
  /** Puts people's statements into the log; durable when it resolves. */
  record(statements: readonly Statement[], actor: string): Promise<{ first: number; count: number }>;
  entryOf(factId: string): Promise<number | null>;
  /** One fact with what proves it to a stranger, as in an evidence pack; `null` while it is not in the log. */
  exhibit(factId: string): Promise<Exhibit | null>;
  /** What was done to a subject, newest first. */
  entriesAbout(subject: string, limit: number): Promise<readonly LedgerEntry[]>;
  /** Bodies of facts, of personal ones too, newest first: for a module that shows a person what was done about them. */
  bodiesOf(query: EntryQuery): Promise<readonly { readonly entry: number; readonly body: Body }[]>;
  /** What facts mention, each once for a subject: all that were published before it was asked. */
  mentions(query: MentionQuery): Promise<readonly Mention[]>;
  /** A pack of entries about one subject, for that subject; `null` without entries. Its export is an entry about them. */
  packOf(
    about: { readonly subject: string; readonly entries: readonly number[] },
    actor: string,
  ): Promise<Uint8Array | null>;
  /** Every fact from an entry on, in order, read from the log's own files; answers how many entries there are. */
  scan(
    from: number,
    visit: (part: readonly { readonly entry: number; readonly body: Body }[]) => void,
  ): Promise<number>;
  /** Base64, of its first entries; throws where it has fewer. */
  rootOf(size: number): Promise<string>;
  /** The newest checkpoint that a witness cosigned, with the cosignatures; `null` for none. */
  witnessed(): string | null;
  /** Called whenever a witness has said something new. */
  onWitness(listener: () => void): () => void;
  readonly factHandler: FactHandler;
  readonly routes: readonly Route[];
  /** Checkpoint and tiles below `/ledger`, for anybody. */
  readonly logRoutes: readonly RawRoute[];
  /** `/checkpoint` or `/tile/...`; `null` for anything else. */
  staticFile(path: string): RawAnswer | null;
  status(): LedgerStatus;
  /** Resolves when SQL knows every entry published so far. */
  indexed(): Promise<void>;
  onCheckpoint(listener: CheckpointListener): () => void;
}

const INDEX_WAIT_MS = 5_000;
const INDEX_POLL_MS = 20;
const SCAN_ENTRIES = 5_000;

export function createLedger(options: LedgerOptions): Ledger {
  const { folder, keyFile, origin, clock, log, files } = options;
  const core = new LogCore({ folder, keyFile, origin, clock, log, ...(files ? { files } : {}) });
  const store = createIndexStore(options.sql);
  const notes: string[] = [];
  let indexer: Indexer | null = null;
  const witnesses = createWitnesses(core, options);
  const needs = answers({ core, store, clock, origin, notes, witnesses, indexed: () => indexer?.indexed ?? 0 });
  core.onCheckpoint(() => {
    indexer?.poke();
    witnesses.poke();
  });
  const append = async (facts: readonly LedgerFact[]): Promise<void> => {
    await core.append(facts);
  };
  return {
    start: async () => {
      await store.migrate();
      await core.start();
      const kept = await reconcile({ core, store, log, notes });
      const read = (indices: readonly number[]) => core.read(indices);
      indexer = createIndexer({ store, log, published: () => seenOf(core), size: () => core.size, read }, kept);
      indexer.poke();
      witnesses.start();
    },
    stop: async () => {
      await witnesses.stop();
      await core.stop(async () => indexer?.stop());
    },
    append,
    record: needs.record,
    entryOf: (factId) => core.find(factId),
    exhibit: (factId) => exhibitOf(core, factId),
    entriesAbout: async (subject, limit) => (await needs.listEntries({ subject, limit })).entries,
    bodiesOf: async (query) => {
      const { records } = await needs.listRecords(query);
      return records.map(({ index: entry, body }) => ({ entry, body }));
    },
    mentions: async (query) => {
      await needs.caughtUp();
      return store.mentions(query);
    },
    packOf: (about, actor) => needs.pack({ of: 'entries', ...about }, actor),
    scan: (from, visit) => scanLog(core, from, visit),
    rootOf: (size) => rootOf(core, size),
    witnessed: () => witnesses.newest(),
    onWitness: (listener) => witnesses.onAnswer(listener),
    factHandler: { name: 'ledger', handle: append },
    routes: createRoutes({ ...needs, status: () => publicStatus(needs.status()) }),
    logRoutes: createLogRoutes(needs),
    staticFile: (path) => {
      const file = staticFile(needs, path);
      return file && new RawAnswer(file.contentType, file.body);
    },
    status: needs.status,
    indexed: needs.caughtUp,
    onCheckpoint: (listener) => core.onCheckpoint(listener),
  };
}

interface Parts {
  readonly core: LogCore;
  readonly store: IndexStore;
  readonly clock: Clock;
  readonly origin: string;
  readonly notes: readonly string[];
  readonly witnesses: Witnesses;
  /** Entries that SQL knows. */
  indexed(): number;
}

/** What the routes and the facade answer with. */
function answers(parts: Parts) {
  const { core, clock, notes, witnesses, indexed } = parts;
  const caughtUp = async (): Promise<void> => {
    const wanted = core.size;
    await core.covered(wanted);
    for (let waited = 0; indexed() < wanted && waited < INDEX_WAIT_MS; waited += INDEX_POLL_MS)
      await delay(INDEX_POLL_MS);
  };
  return {
    caughtUp,
    status: (): LedgerStatus => {
      const { text, signedAt } = core.published;
      const behind = Math.max(0, core.size - indexed());
      const shown = {
        origin: parts.origin,
        ...seenOf(core),
        checkpoint: text,
        signedAt,
        verifierKey: core.verifierKey,
      };
      const seen = witnesses.status();
      const said = [...notes, ...core.notes, ...witnessNotes(seen, core.size)];
      return { ...shown, behind, durable: core.size, witnesses: seen, notes: said };
    },
    listEntries: (query: EntryQuery) => listEntries(parts, query),
    listRecords: (query: EntryQuery) => listRecords(parts, query),
    size: () => core.size,
    now: () => clock(),
    proof: async (index: number) => {
      await core.covered(index + 1);
      return (await core.proofs([index])).proofs[0]!;
    },
    pack: (choice: PackChoice, actor: string) => makePack({ ...parts, caughtUp }, choice, actor),
    record: (statements: readonly Statement[], actor: string) => recordStatements(parts, statements, actor),
    checkpoint: () => witnesses.cosigned(core.published.text),
    witnessed: () => witnesses.newest(),
    tile: core.tile.bind(core),
  };
}

const createWitnesses = (core: LogCore, { folder, witnesses = [], log }: LedgerOptions): Witnesses =>
  new Witnesses({
    witnesses,
    path: placesIn(folder).witnessed,
    published: () => core.published,
    prove: (oldSize, size) => core.growth(oldSize, size),
    log: log.part('witnesses'),
  });

async function scanLog(...[core, from, visit]: readonly [LogCore, ...Parameters<Ledger['scan']>]): Promise<number> {
  let at = from;
  while (at < core.size) {
    const count = Math.min(SCAN_ENTRIES, core.size - at);
    const first = at;
    const records = await core.read(Array.from({ length: count }, (_, i) => first + i));
    visit(records.map(({ index: entry, body }) => ({ entry, body })));
    at += count;
  }
  return at;
}

async function rootOf(core: LogCore, size: number): Promise<string> {
  await core.covered(size);
  return Buffer.from(await rootFromTiles(size, core.readTile)).toString('base64');
}

async function exhibitOf(core: LogCore, factId: string): Promise<Exhibit | null> {
  const index = await core.find(factId);
  if (index === null) return null;
  await core.covered(index + 1);
  const [record] = await core.read([index]);
  const { proofs } = await core.proofs([index]);
  const { entry, text, salt } = record!;
  return { entry: Buffer.from(entry).toString('utf8'), body: text, salt: salt.toString('hex'), proof: proofs[0]! };
}

const seenOf = (core: LogCore) => {
  const { size, root } = core.published;
  return { size, root: Buffer.from(root).toString('base64') };
};

function publicStatus({ origin, size, root, checkpoint, signedAt, verifierKey, behind }: LedgerStatus): EvidenceStatus {
  return { origin, size, root, checkpoint, signedAt, verifierKey, behind };
}

async function recordStatements(
  { core, clock }: Pick<Parts, 'core' | 'clock'>,
  statements: readonly Statement[],
  actor: string,
): Promise<{ first: number; count: number }> {
  const at = clock();
  // One random id for the batch: drawing eighty bits for each of a hundred statements costs more than logging them.
  const batch = newId<string>('evt');
  const last = await core.append(
    statements.map(({ subject, text }, i) => ({
      id: `${batch}-${i}`,
      module: 'ledger',
      type: 'evidence.recorded',
      actor,
      subject,
      at,
      data: { text },
    })),
  );
  return { first: last - statements.length + 1, count: statements.length };
}
