/** The durable stream: append-only segments; what `append` has answered survives a kill and a power cut. */
export interface StreamOptions {
  readonly folder: string;
  readonly segmentMaxBytes?: number;
  readonly retainMaxBytes?: number;
  readonly retainMaxAgeMs?: number;
  /** Bytes waiting to be written before `append` refuses with an OperationalFault (backpressure). */
  readonly pendingMaxBytes?: number;
  /** Test seam: a layer that drops unsynced writes shows that the fdatasync is real. */
  readonly files?: FileLayer;
  readonly now?: () => number;
  /** What an operator should read in the log: a repaired tail, unread records dropped, a disk that is full or works again. */
  readonly onNotice?: (notice: StreamNotice) => void;
}

/** `message` is a whole sentence without a full stop, with the file or group and the numbers in it. */
export interface StreamNotice {
  readonly kind:
    | 'tail-cut'
    | 'unread-dropped'
    | 'write-failed'
    | 'write-recovered'
    | 'offset-behind'
    | 'offset-ahead'
    | 'maintenance';
  readonly message: string;
}

export interface StreamRecord {
  /** Its number in the stream, from 1, without gaps. */
  readonly position: number;
  /** When it was appended, milliseconds since 1970. */
  readonly at: number;
  readonly payload: Uint8Array;
}

export interface Stream {
  /** Answers the position once the record is on disk (fdatasync, shared by all that wait). */
  append(payload: Uint8Array): Promise<number>;
  /** Same, callback form without a promise per record, for the PUBACK path. `done` may run before this returns when it refuses. */
  appendThen(payload: Uint8Array, done: (error: Error | null, position: number) => void): void;
  /** Durable records from `from` (inclusive, default the oldest kept) to `to`, as they stand. */
  read(from?: number, to?: number): AsyncIterable<readonly StreamRecord[]>;
  /**
   * Calls `handle` with batches in order, beginning after the group's committed offset (or after `options.after`); commits the offset durably after each
   * batch that resolves. A throw is retried with bounded back-off, then the group stops and `onFault` tells why. Stops with `signal`.
   */
  consume(
    group: string,
    handle: (batch: readonly StreamRecord[]) => Promise<void>,
    options: ConsumeOptions,
  ): Promise<void>;
  /** The group's durable offset: the last position it has done; 0 before the first. */
  offset(group: string): number;
  /** Sets the group's offset durably: for consumers with `commits: 'by-caller'`, once their own snapshot holds everything up to `position`. */
  commit(group: string, position: number): Promise<void>;
  /** Removes a group that will not come back, so that retention no longer waits for it. Refuses while it consumes. */
  forget(group: string): Promise<void>;
  /** Drops what retention no longer wants; also runs by itself, hourly and whenever a segment is full. */
  maintain(): Promise<void>;
  readonly first: number;
  readonly last: number;
  /** The files, oldest first; the last one still grows. */
  segments(): readonly SegmentInfo[];
  stats(): StreamStats;
  close(): Promise<void>;
}

export interface ConsumeOptions {
  readonly signal: AbortSignal;
  readonly batchMax?: number;
  /** Begin after this position instead of the committed offset: for consumers that keep their place in their own snapshot. */
  readonly after?: number;
  /** Default `each-batch`. `by-caller`: only `commit` moves the offset, so that retention keeps all that a snapshot still lacks. */
  readonly commits?: 'each-batch' | 'by-caller';
  /** Told once, when retries are used up; without it `consume` rejects instead. */
  readonly onFault?: (fault: Error) => void;
}

export interface SegmentInfo {
  /** Its file, without the folder. */
  readonly name: string;
  readonly bytes: number;
  readonly records: number;
  /** When its first record was appended; `null` while it has none. */
  readonly firstAt: number | null;
}

export interface StreamStats {
  readonly records: number;
  readonly bytes: number;
  readonly segments: number;
  readonly syncs: number;
  readonly pendingBytes: number;
  readonly groups: Readonly<Record<string, number>>;
  /** Records that retention dropped before a registered group had read them (hard limit); 0 in a healthy city. */
  readonly droppedUnread: number;
  /** False from a failed write until one succeeds again. */
  readonly healthy: boolean;
}

/** The few file calls that the stream makes, so that tests can lose unsynced writes, fill the disk or tear a write. */
export interface FileLayer {
  /** Makes the folder where it is missing and holds it for this process alone; answers how to let go. Throws where another holds it. */
  lock(folder: string): Promise<() => Promise<void>>;
  open(path: string, flags: 'a' | 'r' | 'r+' | 'w'): Promise<FileHandleLike>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  list(folder: string): Promise<readonly string[]>;
  /** Makes names of a folder durable. */
  syncFolder(folder: string): Promise<void>;
}
export interface FileHandleLike {
  writev(buffers: readonly Uint8Array[]): Promise<number>;
  /** Fills the buffer from `position` on; answers how many bytes there were. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  truncate(length: number): Promise<void>;
  datasync(): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}
