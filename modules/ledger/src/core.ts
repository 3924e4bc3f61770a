/** The log itself, without SQL or HTTP: append, read back, tiles, proofs, checkpoints. */
import { OperationalFault, type Clock } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import { lockFolder, type FolderLock } from '@cityward/sql/lock';
import { createProver } from '@cityward/tlog-tiles';
import { signCheckpoint } from '@cityward/tlog-tiles/checkpoint';
import { createSigner, formatVerifierKey, type NoteSigner } from '@cityward/tlog-tiles/note';
import { encodeProof } from '@cityward/tlog-tiles/proof-file';
import { tileWidth, type Tile } from '@cityward/tlog-tiles/tile';
import { Checkpointer } from './checkpointer.ts';
import { Committer } from './committer.ts';
import type { LedgerFact } from './domain/body.ts';
import { makeFolder, realFiles, replaceFile, type FileLayer } from './files.ts';
import { prepareFact, type PreparedFact, type PreparedGroup } from './group.ts';
import { openKey } from './key.ts';
import { holdName, writeMark } from './mark.ts';
import { openLog, placesIn, type OpenLog, type Published } from './open-log.ts';
import { recordsIn, type StoredRecord } from './read-back.ts';

/** Derived files are synced and the place noted after so many entries: a start re-derives at most these. */
const MARK_EVERY_ENTRIES = 65_536;

export interface CoreOptions {
  readonly folder: string;
  readonly keyFile: string;
  readonly origin: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Test seam, for the write-ahead log: what an acknowledgement rests on. */
  readonly files?: FileLayer;
  readonly segmentMaxBytes?: number;
}

export type CheckpointListener = (checkpoint: { readonly size: number; readonly root: string }) => void;

export class LogCore {
  readonly #options: CoreOptions;
  readonly #committer = new Committer((group) => this.#commit(group));
  readonly #checkpointer: Checkpointer;
  readonly #listeners = new Set<CheckpointListener>();
  readonly #notes: string[] = [];
  #lock: FolderLock | null = null;
  #signer: NoteSigner | null = null;
  #open: OpenLog | null = null;
  #published: Published | null = null;
  #position = 0;
  #marked = 0;
  #marking: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(options: CoreOptions) {
    this.#options = options;
    this.#checkpointer = new Checkpointer({
      durable: () => this.size,
      published: () => this.#published?.size ?? -1,
      publish: () => this.#publish(),
      onFault: (error) => options.log.error('a checkpoint could not be published', { error: String(error) }),
    });
  }

  async start(): Promise<void> {
    const { folder, keyFile, origin, log, files = realFiles } = this.#options;
    makeFolder(folder);
    this.#lock = lockFolder(folder, 'the ledger');
    try {
      const places = placesIn(folder);
      const segments = await files.list(places.wal).catch(() => []);
      this.#signer = createSigner(origin, openKey(keyFile, segments.length === 0));
      await holdName(places.name, { origin, verifierKey: formatVerifierKey(this.#signer) });
      const { segmentMaxBytes } = this.#options;
      const opened = await openLog({
        folder,
        files,
        log,
        key: this.#signer,
        ...(segmentMaxBytes ? { segmentMaxBytes } : {}),
      });
      this.#open = opened;
      this.#published = opened.published;
      this.#position = opened.position;
      this.#marked = opened.marked;
      if (opened.published?.size !== this.size) await this.#publish();
    } catch (error) {
      await this.#close();
      throw error;
    }
  }

  async #close(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    if (open) await Promise.all([open.wal.close(), open.tree.close(), open.ids.close()]);
    this.#lock?.release();
    this.#lock = null;
  }

  /** @param before what else reads the log and must end after the last checkpoint */
  async stop(before: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    if (!this.#open || this.#stopping) return;
    this.#stopping = true;
    await this.#committer.drained();
    await this.#checkpointer.stop();
    await before();
    await this.#marking;
    await this.#mark();
    await this.#close();
  }

  get #log(): OpenLog {
    if (!this.#open) throw new OperationalFault('use the ledger: it is not open');
    return this.#open;
  }

  /** Durable entries. */
  get size(): number {
    return this.#open?.tree.size ?? 0;
  }
  get published(): Published {
    if (!this.#published) throw new OperationalFault('use the ledger: it is not open');
    return this.#published;
  }
  get verifierKey(): string {
    if (!this.#signer) throw new OperationalFault('use the ledger: it is not open');
    return formatVerifierKey(this.#signer);
  }
  get notes(): readonly string[] {
    const broken = this.#open?.wal.broken;
    return broken ? [...this.#notes, broken] : this.#notes;
  }
  get syncs(): number {
    return this.#open?.wal.syncs ?? 0;
  }

  onCheckpoint(listener: CheckpointListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Durable when it resolves; facts whose ids are known already are left out. Answers the index of the last new one, else -1. */
  append(facts: readonly LedgerFact[]): Promise<number> {
    let prepared: PreparedFact[];
    try {
      prepared = facts.map(prepareFact);
      if (prepared.every((fact) => this.#log.ids.candidates(fact.id).length === 0)) return this.#enqueue(prepared);
    } catch (error) {
      return Promise.reject(error as Error);
    }
    return this.#withoutKnown(prepared).then((fresh) => this.#enqueue(fresh));
  }

  #enqueue(facts: readonly PreparedFact[]): Promise<number> {
    if (this.#stopping) return Promise.reject(new OperationalFault('append to the ledger: it is stopping'));
    this.#noticeLostRows(facts);
    const ticket = Promise.withResolvers<number>();
    this.#committer.enqueue(facts, ticket);
    return ticket.promise;
  }

  async #withoutKnown(facts: readonly PreparedFact[]): Promise<PreparedFact[]> {
    const fresh: PreparedFact[] = [];
    for (const fact of facts) {
      const known = await this.#known(fact.id);
      if (!known) fresh.push(fact);
      else if (known.text !== fact.text)
        this.#options.log.error('a fact came again with another content; the first stands', {
          fact: fact.id,
          entry: known.index,
        });
    }
    return fresh;
  }

  async #known(id: string): Promise<StoredRecord | null> {
    for (const index of this.#log.ids.candidates(id)) {
      const [record] = await this.read([index]);
      if (record?.body.id === id) return record;
    }
    return null;
  }

  /** A new fact at a place of the outbox that the ledger has seen taken: the database has lost rows that the ledger holds. */
  #noticeLostRows(facts: readonly PreparedFact[]): void {
    const lost = facts.find((fact) => fact.position > 0 && fact.position <= this.#position);
    if (!lost || this.#committer.isPending(lost.id)) return;
    const places = { ledger: this.#position, database: lost.position };
    this.#options.log.error('the ledger is ahead of the database', places);
    this.#notes.push(
      `The ledger is ahead of the database: it holds facts up to place ${places.ledger} of the outbox, and the database began again at ${places.database}. What the database lost is still here as evidence`,
    );
    this.#position = 0;
  }

  /** The entry that holds a fact; `null` when there is none yet. */
  async find(id: string): Promise<number | null> {
    return (await this.#known(id))?.index ?? null;
  }

  /** Entries with bodies and salts, in the order asked for. Indices must be durable. */
  read(indices: readonly number[]): Promise<StoredRecord[]> {
    const { wal, ids } = this.#log;
    return recordsIn({ wal, indices, offset: (index) => ids.offset(index) });
  }

  async #commit(group: PreparedGroup): Promise<number> {
    const { wal, tree, ids } = this.#log;
    const first = tree.size;
    const place = await wal.append({ first, count: group.count, payload: group.payload });
    tree.stage(group);
    group.ids.forEach((id, i) => ids.add(id, place.offset + group.starts[i]!));
    this.#position = group.position || this.#position;
    this.#checkpointer.poke();
    return first;
  }

  async #publish(): Promise<void> {
    const { tree, ids, wal } = this.#log;
    const [size, root, mark] = [tree.size, tree.root(), { ...tree.mark, wal: wal.end, position: this.#position }];
    // Tiles first: whoever sees the checkpoint can fetch every tile that it stands on.
    await Promise.all([tree.flush(), ids.flush()]);
    const text = signCheckpoint({ origin: this.#options.origin, size, root, extensions: [] }, [this.#signer!]);
    await replaceFile(placesIn(this.#options.folder).checkpoint, text, 'content');
    this.#published = { size, root, text, signedAt: this.#options.clock() };
    const shown = { size, root: Buffer.from(root).toString('base64') };
    for (const listener of this.#listeners) listener(shown);
    if (size - this.#marked < MARK_EVERY_ENTRIES) return;
    this.#marked = size;
    this.#marking = this.#marking.then(() => this.#mark({ ...mark, root: shown.root }));
  }

  /** Syncs what is derived and notes how far; a failure costs only time at the next start. */
  async #mark(given?: Parameters<typeof writeMark>[1]): Promise<void> {
    const { tree, ids, wal } = this.#log;
    const mark = given ?? {
      ...tree.mark,
      root: Buffer.from(tree.root()).toString('base64'),
      wal: wal.end,
      position: this.#position,
    };
    try {
      await Promise.all([tree.sync(), ids.sync()]);
      await writeMark(placesIn(this.#options.folder).mark, mark);
    } catch (error) {
      this.#options.log.warn('the place of the derived files was not noted', { error: String(error) });
    }
  }

  /** Resolves when the published checkpoint covers `size` entries. */
  covered = (size: number): Promise<void> => this.#checkpointer.covered(size);

  /** A tile or bundle of the published tree; `null` when it has none of this width there. */
  tile(tile: Tile): Buffer | null {
    const held = tileWidth(tile.level, tile.index, this.published.size);
    return tile.width <= held ? this.#log.tree.tile(tile) : null;
  }

  /** Any flushed tile, for proofs. */
  readonly readTile = (tile: Tile): Uint8Array => this.#log.tree.tile(tile);

  /** Shows that the tree of `size` entries begins with the one of `oldSize`. */
  growth(oldSize: number, size: number): Promise<Uint8Array[]> {
    return createProver(size, this.readTile).consistency(oldSize);
  }

  /** `.tlog-proof` files of entries, all under the one checkpoint answered with them. The entries must be published. */
  async proofs(indices: readonly number[]): Promise<{ checkpoint: string; proofs: string[] }> {
    const { size, text } = this.published;
    const prover = createProver(size, this.readTile);
    const proofs: string[] = [];
    for (const index of indices)
      proofs.push(encodeProof({ index, hashes: await prover.inclusion(index), checkpoint: text }));
    return { checkpoint: text, proofs };
  }
}
