/** Paths that are no JSON commands, still declared with an action and put before policy: EST, tiles, revocation lists. */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { ActionName, Method, Resource } from '@cityward/contracts';
import type { PeerFacts } from './options.ts';
import type { Caller } from './types.ts';

export interface RawRequest {
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  readonly query: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** Empty when there is none, and on routes that stream. */
  readonly body: Buffer;
  /** The body as it arrives, only on routes that stream. Its size is the handler's to limit. */
  readonly stream?: AsyncIterable<Uint8Array>;
  readonly peer: PeerFacts | null;
  readonly ip: string;
}

export interface RawReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * A stream goes out as fast as it is taken; its length is in the headers. A function writes the answer itself, in the turn in
   * which it is called, after status and headers were set: for what must be looked at once more right before it is sent.
   */
  readonly body: Uint8Array | string | Readable | ((response: ServerResponse) => void);
  /** Codes of what was refused in this request, one for each thing: told to the listener's `refused`. */
  readonly refused?: readonly string[];
}

export interface RawRoute {
  readonly name: string;
  readonly method: Method;
  /** With `:param` places, and `*` at the end for any rest. */
  readonly path: string;
  readonly action: ActionName;
  readonly bodyMaxBytes?: number;
  /** For bodies too large to hold: handed on piece by piece, and given the time of a file. */
  readonly streams?: boolean;
  /** The city itself where left out. */
  readonly resource?: (request: RawRequest, caller: Caller) => Resource | Promise<Resource>;
  readonly handle: (request: RawRequest, caller: Caller) => Promise<RawReply> | RawReply;
}
