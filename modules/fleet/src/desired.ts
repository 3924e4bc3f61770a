/** How devices are wanted to be configured, what they show instead, and the change that would mend it. */
import { CompiledQuery } from 'kysely';
import {
  DEVICE_CLASSES,
  DOCUMENT_MAX_BYTES,
  SELECTED_DEVICES_MAX,
  type DesiredPart,
  type DeviceDesired,
  type Drift,
} from '@cityward/contracts';
import { canonicalJson, DAY_MS, ok, refuse, type Clock, type Json, type Refusal, type Result } from '@cityward/kernel';
import type { Sql, Tx } from '@cityward/sql';
import { wordAt, type Columns } from './domain/rollout/columns.ts';
import { DEPTH_MAX, depthOf, difference, merge, type Merged, type ScopedDocument } from './domain/rollout/desired.ts';

export interface Shown {
  readonly firmware: string | null;
  readonly document: string | null;
}
export interface DesiredState {
  start(): Promise<void>;
  stop(): Promise<void>;
  parts(): readonly DesiredPart[];
  /** An empty document takes the part away. */
  set(part: Omit<DesiredPart, 'at'> & { readonly reason: string }): Promise<Result<DesiredPart, Refusal>>;
  of(device: string): Promise<Result<DeviceDesired, Refusal>>;
  drift(): Promise<Drift>;
  document(hash: string): Promise<string | null>;
  /** Remembers what a device shows that it runs; null changes nothing. */
  shows(device: string, running: Shown): void;
  shown(device: string): Shown | null;
}

const SAMPLE_MAX = 20;
const SAVE_EVERY_MS = 5_000;
const ROWS_PER_STATEMENT = 5_000;
const NOTHING: Shown = { firmware: null, document: null };

export interface DesiredNeeds {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly columns: () => Columns;
}
const run = async <Row>(
  db: Pick<Sql, 'for'> | Pick<Tx, 'for'>,
  text: string,
  parameters: readonly unknown[],
): Promise<readonly Row[]> =>
  (await db.for<unknown>().executeQuery<Row>(CompiledQuery.raw(text, [...parameters]))).rows;

interface Memory extends DesiredNeeds {
  readonly parts: Map<string, DesiredPart>;
  readonly shown: Map<string, Shown>;
  readonly unsaved: Set<string>;
}

export function createDesired(needs: DesiredNeeds): DesiredState {
  const memory: Memory = { ...needs, parts: new Map(), shown: new Map(), unsaved: new Set() };
  const { sql, clock, parts, shown } = memory;
  let timer: NodeJS.Timeout | undefined;
  return {
    start: async () => {
      const text = 'select scope, key, document, by_whom as by, at from fleet.desired_part';
      for (const part of await run<DesiredPart>(sql, text, [])) parts.set(keyOf(part), part);
      const rows = await run<Shown & { device: string }>(
        sql,
        'select device, firmware, document from fleet.running',
        [],
      );
      for (const { device, firmware, document } of rows) shown.set(device, { firmware, document });
      timer = setInterval(() => void saveNew(memory), SAVE_EVERY_MS);
      timer.unref();
    },
    stop: async () => {
      clearInterval(timer);
      await saveNew(memory);
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
    shows: (device, running) => show(memory, device, running),
    shown: (device) => shown.get(device) ?? null,
  };
}

const keyOf = ({ scope, key }: Pick<DesiredPart, 'scope' | 'key'>): string => `${scope}/${key}`;
const documentOf = async (sql: Sql, hash: string): Promise<string | null> =>
  (await run<{ body: string }>(sql, 'select body from fleet.document where hash = $1', [hash]))[0]?.body ?? null;

function wantedOf({ parts }: Memory, city: Columns, row: number): Merged | null {
  const keys = [
    `class/${DEVICE_CLASSES[city.class[row]!]}`,
    `site/${wordAt(city.site, row)}`,
    `device/${city.ids[row]}`,
  ];
  return merge(keys.flatMap((key) => (parts.get(key) as ScopedDocument | undefined) ?? []));
}

function show({ shown, unsaved }: Memory, device: string, { firmware, document }: Shown): void {
  const before = shown.get(device) ?? NOTHING;
  const after = { firmware: firmware ?? before.firmware, document: document ?? before.document };
  if (after.firmware === before.firmware && after.document === before.document) return;
  shown.set(device, after);
  unsaved.add(device);
}

async function saveNew({ sql, clock, shown, unsaved }: Memory): Promise<void> {
  const devices = [...unsaved];
  unsaved.clear();
  const rows = devices.map((device) => [device, shown.get(device)!] as const);
  try {
    await saveShown(sql, rows, clock());
  } catch {
    for (const device of devices) unsaved.add(device); // with the next save
  }
}

async function desiredOf(memory: Memory, device: string): Promise<Result<DeviceDesired, Refusal>> {
  const city = memory.columns();
  const row = city.ids.indexOf(device);
  if (row === -1) return refuse('not-found', 'DEVICE_UNKNOWN', `find device "${device}": there is none`);
  const running = memory.shown.get(device)?.document ?? null;
  const body = running === null ? null : await documentOf(memory.sql, running);
  const wanted = wantedOf(memory, city, row);
  if (wanted) await keepDocuments(memory.sql, [[wanted.hash, wanted.text]]);
  return ok(viewOf(device, wanted, { running, body }));
}

async function driftOf(memory: Memory): Promise<Drift> {
  const city = memory.columns();
  const groups = new Map<string, { text: string; devices: string[] }>();
  for (let row = 0; row < city.ids.length && memory.parts.size > 0; row++) {
    const device = city.ids[row]!;
    const running = memory.shown.get(device)?.document ?? null;
    const wanted = running === null ? null : wantedOf(memory, city, row);
    if (!wanted || wanted.hash === running) continue;
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
    tx.record({ module: 'fleet', type: 'artifact.added', actor: by, subject: `${scope}-${key}`, at, data });
  });
}

function viewOf(
  device: string,
  wanted: Merged | null,
  { running, body }: { running: string | null; body: string | null },
): DeviceDesired {
  const drift = !wanted ? 'not-wanted' : running === null ? 'not-said' : running === wanted.hash ? 'none' : 'drifted';
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
  const part = devices.slice(0, SELECTED_DEVICES_MAX);
  return {
    document,
    devices: devices.length,
    sample: devices.slice(0, SAMPLE_MAX),
    draft: {
      title: `Mend the configuration of ${part.length} ${part.length === 1 ? 'device' : 'devices'}`,
      action: { do: 'configure', document },
      revert: null,
      selection: { classes: [], models: [], wards: [], sites: [], running: [], devices: part },
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

async function saveShown(
  sql: Sql,
  rows: readonly (readonly [device: string, shown: Shown])[],
  at: number,
): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    const page = rows
      .slice(from, from + ROWS_PER_STATEMENT)
      .map(([device, { firmware, document }]) => ({ device, firmware, document }));
    await run(
      sql,
      `insert into fleet.running select device, firmware, document, $2::bigint from json_to_recordset($1::json)
         as row (device text, firmware text, document text)
       on conflict (device) do update set firmware = excluded.firmware, document = excluded.document, at = excluded.at`,
      [JSON.stringify(page), at],
    );
  }
}
