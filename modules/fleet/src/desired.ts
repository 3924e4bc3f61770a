/** How devices are wanted to be configured, what they show instead, and the change that would mend it. */
import { CompiledQuery } from 'kysely';
import {
  DEVICE_CLASSES,
  DOCUMENT_MAX_BYTES,
  type DesiredPart,
  type DeviceDesired,
  type Drift,
} from '@cityward/contracts';
import { canonicalJson, DAY_MS, ok, refuse, type Clock, type Json, type Refusal, type Result } from '@cityward/kernel';
import type { Sql, Tx } from '@cityward/sql';
import { wordAt, type Columns } from './domain/rollout/columns.ts';
import { DEPTH_MAX, depthOf, difference, merge, type Merged, type ScopedDocument } from './domain/rollout/desired.ts';

export interface DesiredState {
  start(): Promise<void>;
  parts(): readonly DesiredPart[];
  /** An empty document takes the part away. */
  set(part: Omit<DesiredPart, 'at'> & { readonly reason: string }): Promise<Result<DesiredPart, Refusal>>;
  of(device: string): Promise<Result<DeviceDesired, Refusal>>;
  drift(): Promise<Drift>;
  document(hash: string): Promise<string | null>;
  /** Keeps a document by the SHA-256 of its canonical JSON, so that a change may name it. */
  keep(hash: string, text: string): Promise<void>;
  /** Devices that are wanted to run this document and show another. */
  drifted(hash: string): ReadonlySet<string>;
}

const SAMPLE_MAX = 20;

export interface DesiredNeeds {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly columns: () => Columns;
  /** The document that a device shows that it runs. */
  readonly shows: (device: string) => string | null;
  /** It runs our agent, which names the document that it runs: when it names none, it runs none. */
  readonly namesDocuments: (device: string) => boolean;
}
const run = async <Row>(
  db: Pick<Sql, 'for'> | Pick<Tx, 'for'>,
  text: string,
  parameters: readonly unknown[],
): Promise<readonly Row[]> =>
  (await db.for<unknown>().executeQuery<Row>(CompiledQuery.raw(text, [...parameters]))).rows;

interface Memory extends DesiredNeeds {
  readonly parts: Map<string, DesiredPart>;
}

export function createDesired(needs: DesiredNeeds): DesiredState {
  const memory: Memory = { ...needs, parts: new Map() };
  const { sql, clock, parts } = memory;
  return {
    start: async () => {
      const text = 'select scope, key, document, by_whom as by, at from fleet.desired_part';
      for (const part of await run<DesiredPart>(sql, text, [])) parts.set(keyOf(part), part);
    },
    parts: () => [...parts.values()],
    set: async (draft) => {
      const checked = checkPart(draft);
      if (!checked.ok) return checked;
      const { reason, ...given } = draft;
      const part: DesiredPart = { ...given, at: clock() };
      await savePart(sql, part, reason);
      if (Object.keys(part.document).length === 0) parts.delete(keyOf(part));
      else parts.set(keyOf(part), part);
      return ok(part);
    },
    of: (device) => desiredOf(memory, device),
    drift: () => driftOf(memory),
    document: (hash) => documentOf(sql, hash),
    keep: (hash, text) => keepDocuments(sql, [[hash, text]]),
    drifted: (hash) => {
      const devices = new Set<string>();
      for (const { device, wanted } of drifting(memory)) if (wanted.hash === hash) devices.add(device);
      return devices;
    },
  };
}

const keyOf = ({ scope, key }: Pick<DesiredPart, 'scope' | 'key'>): string => `${scope}/${key}`;
const documentOf = async (sql: Sql, hash: string): Promise<string | null> =>
  (await run<{ body: string }>(sql, 'select body from fleet.document where hash = $1', [hash]))[0]?.body ?? null;

/** What is wanted of a row: devices of one class and site that have no part of their own want the same, merged once. */
function wantedIn({ parts }: Memory, city: Columns): (row: number) => Merged | null {
  const merged = new Map<string, Merged | null>();
  return (row) => {
    const keys = [
      `class/${DEVICE_CLASSES[city.class[row]!]}`,
      `site/${wordAt(city.site, row)}`,
      `device/${city.ids[row]}`,
    ].filter((key) => parts.has(key));
    const name = keys.join(' ');
    let wanted = merged.get(name);
    if (wanted === undefined) {
      wanted = merge(keys.map((key) => parts.get(key) as ScopedDocument));
      merged.set(name, wanted);
    }
    return wanted;
  };
}

/** Devices that show another document than is wanted of them. */
function* drifting(memory: Memory): Generator<{ readonly device: string; readonly wanted: Merged }, void> {
  const city = memory.columns();
  const wantedOf = wantedIn(memory, city);
  for (let row = 0; row < city.ids.length && memory.parts.size > 0; row++) {
    const device = city.ids[row]!;
    const running = memory.shows(device);
    const wanted = running === null && !memory.namesDocuments(device) ? null : wantedOf(row);
    if (wanted && wanted.hash !== running) yield { device, wanted };
  }
}

async function desiredOf(memory: Memory, device: string): Promise<Result<DeviceDesired, Refusal>> {
  const city = memory.columns();
  const row = city.ids.indexOf(device);
  if (row === -1) return refuse('not-found', 'DEVICE_UNKNOWN', `find device "${device}": there is none`);
  const running = memory.shows(device);
  const body = running === null ? null : await documentOf(memory.sql, running);
  const wanted = wantedIn(memory, city)(row);
  if (wanted) await keepDocuments(memory.sql, [[wanted.hash, wanted.text]]);
  const isNone = running === null && memory.namesDocuments(device);
  return ok(viewOf(device, wanted, { running, body: isNone ? '{}' : body }));
}

async function driftOf(memory: Memory): Promise<Drift> {
  const groups = new Map<string, { text: string; devices: string[] }>();
  for (const { device, wanted } of drifting(memory)) {
    const group = groups.get(wanted.hash) ?? { text: wanted.text, devices: [] };
    group.devices.push(device);
    groups.set(wanted.hash, group);
  }
  const documents = [...groups].map(([hash, { text }]) => [hash, text] as const);
  await keepDocuments(memory.sql, documents);
  const largest = [...groups].sort(([, a], [, b]) => b.devices.length - a.devices.length);
  return { groups: largest.map(([hash, { devices }]) => mend(hash, devices, memory.clock())) };
}

function checkPart({ scope, key, document }: Omit<DesiredPart, 'at'>): Result<void, Refusal> {
  const what = `configure ${scope} "${key}"`;
  if (scope === 'class' && !(DEVICE_CLASSES as readonly string[]).includes(key))
    return refuse('invalid', 'CLASS_UNKNOWN', `${what}: there is no such class`);
  if (depthOf(document as Json) > DEPTH_MAX)
    return refuse('too-large', 'DOCUMENT_DEEP', `${what}: it is nested deeper than ${DEPTH_MAX}`);
  if (Buffer.byteLength(canonicalJson(document as Json)) > DOCUMENT_MAX_BYTES)
    return refuse('too-large', 'DOCUMENT_LARGE', `${what}: it is larger than ${DOCUMENT_MAX_BYTES} bytes`);
  return ok(undefined);
}

async function savePart(sql: Sql, part: DesiredPart, reason: string): Promise<void> {
  const { scope, key, document, by, at } = part;
  await sql.transact(async (tx) => {
    if (Object.keys(document).length === 0)
      await run(tx, 'delete from fleet.desired_part where scope = $1 and key = $2', [scope, key]);
    else
      await run(
        tx,
        `insert into fleet.desired_part values ($1, $2, $3, $4, $5)
         on conflict (scope, key) do update set document = excluded.document, by_whom = excluded.by_whom, at = excluded.at`,
        [scope, key, JSON.stringify(document), by, at],
      );
    const data = { title: `configuration of ${scope} ${key}`, reason };
    tx.record({ module: 'fleet', type: 'configuration.wanted', actor: by, subject: `${scope}-${key}`, at, data });
  });
}

function viewOf(
  device: string,
  wanted: Merged | null,
  { running, body }: { running: string | null; body: string | null },
): DeviceDesired {
  const said = running !== null || body !== null;
  const drift = !wanted ? 'not-wanted' : !said ? 'not-said' : running === wanted.hash ? 'none' : 'drifted';
  const is = body === null ? null : (JSON.parse(body) as { readonly [name: string]: Json });
  const differs = wanted && is && drift === 'drifted' ? difference(is, wanted.document) : [];
  return {
    device,
    hash: wanted?.hash ?? null,
    document: wanted?.document ?? null,
    origins: [...(wanted?.origins ?? [])],
    running,
    drift,
    difference: differs.map(({ path, is: now, wanted: then }) => ({ path, is: now ?? null, wanted: then ?? null })),
  };
}

/** A change that would mend the group; planned, signed and started like any other. */
function mend(document: string, devices: readonly string[], now: number): Drift['groups'][number] {
  const count = devices.length;
  return {
    document,
    devices: count,
    sample: devices.slice(0, SAMPLE_MAX),
    draft: {
      title: `Mend the configuration of ${count} ${count === 1 ? 'device' : 'devices'}`,
      action: { do: 'configure', document },
      revert: null,
      selection: { classes: [], models: [], wards: [], sites: [], running: [], devices: [], drift: document },
      options: {},
      tracks: [],
      notBefore: now,
      notAfter: now + 7 * DAY_MS,
    },
  };
}

async function keepDocuments(sql: Sql, documents: readonly (readonly [hash: string, text: string])[]): Promise<void> {
  for (const [hash, text] of documents)
    await run(sql, 'insert into fleet.document values ($1, $2) on conflict (hash) do nothing', [hash, text]);
}
