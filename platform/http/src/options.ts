/** What a listener is made of: who may connect, what it serves, whom it asks, and every limit it keeps. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Endpoint, Principal, Problem } from '@cityward/contracts';
import type { Refusal, RefusalKind, Result } from '@cityward/kernel';
import { MINUTE_MS, SECOND_MS } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Tickets } from '@cityward/tls';
import type { Registry } from 'prom-client';
import type { LiveHub } from './live.ts';
import type { RawRoute } from './raw.ts';
import type { Caller, Route } from './types.ts';

export const HEADERS_MAX_BYTES = 16_384;
export const HEADERS_MAX_COUNT = 100;
export const HEADERS_TIMEOUT_MS = 10 * SECOND_MS;
/** Time in which a whole request, body included, has to arrive. */
export const REQUEST_TIMEOUT_MS = 2 * MINUTE_MS;
export const KEEP_ALIVE_MS = 10 * SECOND_MS;
/** Where connections are kept for longer, while half of the places are taken. */
export const CROWDED_KEEP_ALIVE_MS = 10 * SECOND_MS;
/** A connection on which nothing moves for so long is closed; live streams beat more often. */
export const IDLE_CONNECTION_MS = 3 * MINUTE_MS;
export const CONNECTIONS_MAX = 2_000;
export const PARAM_MAX_CHARS = 200;
export const URL_MAX_CHARS = 8_192;
export const JSON_DEPTH_MAX = 32;
export const FAULTS_LISTED_MAX = 50;

/** The peer's certificate, as TLS verified it against the listener's own CA list. */
export interface PeerFacts {
  readonly commonName: string;
  /** Upper-case hexadecimal, as Node prints it. */
  readonly serial: string;
  readonly fingerprint256: string;
  readonly der: Buffer;
  /** False where the listener asks for certificates without insisting and this one did not verify. */
  readonly authorized: boolean;
  /** A resumed TLS session keeps `authorized` although the certificate was revoked since: check the serial. */
  readonly resumed: boolean;
}

/** Who was refused, and why. */
export interface RefusedFacts {
  readonly code: string;
  /** As authentication found; nobody where the gate was not passed. */
  readonly principal: Principal | null;
  readonly peer: PeerFacts | null;
  readonly ip: string;
}

/** All that authentication may look at. */
export interface RequestFacts {
  readonly sessionToken: string | null;
  readonly bearer: string | null;
  readonly peer: PeerFacts | null;
  readonly ip: string;
}

export interface HttpsOptions {
  readonly key: string;
  readonly cert: string;
  /** PEM certificates that a client's certificate must chain to. */
  readonly ca?: string | readonly string[];
  readonly requestCert?: boolean;
  /** Default true with `requestCert`: without a good certificate there is no connection. */
  readonly rejectUnauthorized?: boolean;
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** Of this listener alone; left out, no session outlives it. */
  readonly tickets?: Tickets;
}

/** A folder of files that anybody whom policy lets `openShell` may read. */
export interface StaticFiles {
  readonly folder: string;
  /** Where they are mounted, `/` by default. */
  readonly prefix?: string;
  /** Served for every path that is no file and no API path: the single page application finds its own way. */
  readonly fallback?: string;
  /** Files whose name contains a content hash, cached for a year; default: all below `assets/`. */
  readonly immutable?: (path: string) => boolean;
}

export interface HttpListenerOptions {
  /** `localhost` listens on 127.0.0.1 and ::1 (where the machine has it). */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly https?: HttpsOptions;
  /** `name` (any port) or `name:port`, as in the Host header; anything else is refused (DNS rebinding). */
  readonly allowedHosts: readonly string[];
  /** Origins such as `http://localhost:8080` that a browser may name. */
  readonly allowedOrigins: readonly string[];
  readonly routes: readonly Route[];
  /** Paths that are no JSON commands: EST, tiles, revocation lists. */
  readonly rawRoutes?: readonly RawRoute[];
  readonly statics?: StaticFiles;
  /** The one stream of events at `GET /api/live`. */
  readonly live?: LiveHub;
  /** Served at `GET /metrics` and given this listener's own timings. */
  readonly metrics?: Registry;
  /** Serves the OpenAPI 3.1 description at `GET /api/openapi.json`. */
  readonly describe?: { readonly title: string; readonly version: string };
  readonly authenticate: (facts: RequestFacts) => Promise<Principal> | Principal;
  /** Asked before the body is read: may this caller ever do this, whatever the resource? Saves parsing what would be refused. */
  readonly screen?: (endpoint: Asked, caller: Caller) => Result<void, Refusal>;
  readonly authorise: (
    route: Asked & Pick<Route, 'resource'>,
    input: unknown,
    caller: Caller,
  ) => Promise<Result<void, Refusal>>;
  /** The one table from refusals to HTTP statuses lives in apps/. */
  readonly statusOf: (kind: RefusalKind, code: string) => number;
  /** Headers beside a 401 or 403 that say how to show who one is (RFC 9110 11.6.1). */
  readonly challenge?: (status: 401 | 403, authorization: string | undefined) => Readonly<Record<string, string>>;
  /** Validates each answer against its schema; for tests and development. */
  readonly checkAnswers?: boolean;
  /**
   * Asked before all else for what comes very often and is answered from memory: true when it has answered. It does its own
   * checks of host, certificate and policy; what it leaves alone passes the gate as ever.
   */
  readonly shortWay?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Told of everything that is refused, at the gate or by a raw route: for evidence. */
  readonly refused?: (refused: RefusedFacts) => void;
  readonly sessionCookie?: string;
  /** The session cookie goes over TLS alone although this listener has none: something before it has. */
  readonly secureCookie?: boolean;
  /** In place of the headers that every answer carries otherwise. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A failed request as a page for people; null where a program asked, which gets JSON. */
  readonly problemPage?: (problem: Problem, failed: FailedRequest) => string | null;
  readonly connectionsMax?: number;
  /** A connection without a request is kept for so long: where clients poll, a little longer than they wait between two polls. */
  readonly keepAliveMs?: number;
  /** Instead of the limits of `in-time.ts`; for tests. */
  readonly handlerMaxMs?: number;
  readonly log: Log;
}

/** What a page about a failure may look at. */
export interface FailedRequest {
  readonly status: number;
  /** Without the query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** The part of an endpoint that policy and metrics look at. */
export type Asked = Pick<Endpoint, 'name' | 'method' | 'path' | 'action'>;
