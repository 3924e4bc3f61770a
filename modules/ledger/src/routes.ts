/** The ledger over HTTP: status, entries, proofs, packs, statements; checkpoint and tiles as static files. */
import { api, type EvidenceStatus, type LedgerEntry, type Resource } from '@cityward/contracts';
import { isoTime, millis, ok, refuse } from '@cityward/kernel';
import { RawAnswer, route, type RawReply, type RawRoute, type Route } from '@cityward/http';
import { parseTilePath, TILE_WIDTH, type Tile } from '@cityward/tlog-tiles/tile';
import type { EntryQuery } from './entries.ts';
import type { PackChoice } from './pack.ts';

export interface Statement {
  readonly subject: string;
  readonly text: string;
}

export interface RouteNeeds {
  status(): EvidenceStatus;
  listEntries(query: EntryQuery): Promise<{ size: number; entries: LedgerEntry[] }>;
  size(): number;
  now(): number;
  proof(index: number): Promise<string>;
  pack(choice: PackChoice, actor: string): Promise<Uint8Array | null>;
  record(statements: readonly Statement[], actor: string): Promise<{ first: number; count: number }>;
  checkpoint(): string;
  /** The newest that a witness cosigned; `null` for none. */
  witnessed(): string | null;
  tile(tile: Tile): Buffer | null;
}

const LEDGER: Resource = { type: 'Evidence', id: 'ledger', attributes: {} };
const evidence = (): Resource => LEDGER;
/** Where checkpoint and tiles are served, so that the log's URL is the server's with this behind it. */
export const LOG_PREFIX = '/ledger';
const TEXT = 'text/plain; charset=utf-8';
const BYTES = 'application/octet-stream';
const IMMUTABLE = 'public, max-age=31536000, immutable';
/** Partial tiles never change either, but nobody needs them for long. */
const PARTIAL = 'public, max-age=3600, immutable';
const FRESH = 'no-cache';

export function createRoutes(needs: RouteNeeds): readonly Route[] {
  return [
    route(api.evidenceStatus, () => Promise.resolve(ok(needs.status())), evidence),
    route(api.listEntries, async ({ query }) => ok(await needs.listEntries(query)), evidence),
    route(
      api.entryProof,
      async ({ params: { index } }) => {
        if (index >= needs.size())
          return refuse(
            'not-found',
            'ENTRY_UNKNOWN',
            `prove entry ${index}: the ledger has ${needs.size()} entries, numbered from 0`,
          );
        return ok(new RawAnswer(TEXT, await needs.proof(index), `${index}.tlog-proof`));
      },
      evidence,
    ),
    route(
      api.evidencePack,
      async ({ query: { incident } }, { principal }) => {
        const pack = await needs.pack(
          incident === undefined ? { of: 'newest' } : { of: 'incident', incident },
          principal.id,
        );
        if (!pack)
          return refuse(
            'not-found',
            'INCIDENT_UNKNOWN',
            `make a pack: the ledger holds nothing about incident "${incident}"`,
          );
        const day = isoTime(millis(needs.now())).slice(0, 10);
        return ok(new RawAnswer('application/zip', pack, `evidence-${incident ?? 'newest'}-${day}.zip`));
      },
      evidence,
    ),
    route(
      api.recordEvidence,
      async ({ body: { statements } }, { principal }) => ok(await needs.record(statements, principal.id)),
      evidence,
    ),
  ];
}

type LogFiles = Pick<RouteNeeds, 'checkpoint' | 'witnessed' | 'tile'>;
/** The newest checkpoint may wait for its witnesses: this one has them, and may be a second older. */
const WITNESSED = '/witnessed';

export interface StaticFile {
  readonly contentType: string;
  readonly cacheControl: string;
  readonly body: Uint8Array | string;
}

/** @param path `/checkpoint`, `/witnessed` or `/tile/...` below the log's prefix; `null` for whatever the log does not serve */
export function staticFile(needs: LogFiles, path: string): StaticFile | null {
  if (path === '/checkpoint') return { contentType: TEXT, cacheControl: FRESH, body: needs.checkpoint() };
  const witnessed = path === WITNESSED ? needs.witnessed() : null;
  if (witnessed !== null) return { contentType: TEXT, cacheControl: FRESH, body: witnessed };
  const tile = path.startsWith('/') ? parseTilePath(path.slice(1)) : null;
  const body = tile?.ok ? needs.tile(tile.value) : null;
  if (!tile?.ok || !body) return null;
  return { contentType: BYTES, cacheControl: tile.value.width === TILE_WIDTH ? IMMUTABLE : PARTIAL, body };
}

/** Anybody may read these (C2SP clients send no cookie); they hold commitments only. */
export function createLogRoutes(needs: LogFiles): readonly RawRoute[] {
  const serve = (path: string): RawReply => {
    const file = staticFile(needs, path.slice(LOG_PREFIX.length));
    if (!file)
      return {
        status: 404,
        headers: { 'content-type': TEXT, 'cache-control': 'no-store' },
        body: `no such file in the log: ${JSON.stringify(path)}\n`,
      };
    return {
      status: 200,
      headers: { 'content-type': file.contentType, 'cache-control': file.cacheControl },
      body: file.body,
    };
  };
  const shared = { method: 'GET', action: 'readCheckpoint', resource: evidence } as const;
  return [
    { ...shared, name: 'readLogCheckpoint', path: `${LOG_PREFIX}/checkpoint`, handle: ({ path }) => serve(path) },
    { ...shared, name: 'readLogWitnessed', path: `${LOG_PREFIX}${WITNESSED}`, handle: ({ path }) => serve(path) },
    { ...shared, name: 'readLogTile', path: `${LOG_PREFIX}/tile/*`, handle: ({ path }) => serve(path) },
  ];
}
