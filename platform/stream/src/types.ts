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
  /** Same, callback form without a promise per record, for the PUBACK path. */
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
  offset(group: string): number;
  readonly first: number;
  readonly last: number;
  stats(): StreamStats;
  close(): Promise<void>;
}

export interface ConsumeOptions {
  readonly signal: AbortSignal;
  readonly batchMax?: number;
  /** Begin after this position instead of the committed offset: for consumers that keep their place in their own snapshot. */
  readonly after?: number;
  readonly onFault?: (fault: Error) => void;
}

export interface StreamStats {
  readonly records: number;
  readonly bytes: number;
  readonly segments: number;
  readonly syncs: number;
  readonly pendingBytes: number;
  readonly groups: Readonly<Record<string, number>>;
}

/** The few file calls that the stream makes, so that tests can lose unsynced writes, fill the disk or tear a write. */
export interface FileLayer {
  open(path: string, flags: 'a' | 'r' | 'r+' | 'w'): Promise<FileHandleLike>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  list(folder: string): Promise<readonly string[]>;
  /** Makes names of a folder durable. */
  syncFolder(folder: string): Promise<void>;
}
export interface FileHandleLike {
  writev(buffers: readonly Uint8Array[]): Promise<number>;
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<number>;
  truncate(length: number): Promise<void>;
  datasync(): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}
