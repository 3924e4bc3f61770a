/** What a file would change: each record against the city, as a verdict with its reason and the changes that would follow. */
import type { ImportRow } from '@cityward/contracts';
import { edgeKey, type Change } from './change.ts';
import { readValues, type Values } from './fields.ts';
import type { Input, InputRecord, NetworkLink } from './input.ts';
import { networkPrefix } from './input.ts';
import { CLASS_PROFILES, type Device, type Edge, type Service, type Site } from './model.ts';
import { changesOf, freshDevice, thingId, withValues, type FieldChange } from './merge.ts';
import { createNaming, type Naming } from './naming.ts';
import { SERVICE_CRITICALITY } from './words.ts';

/** The city as the difference sees it. */
export interface Known {
  bySerial(serial: string): Device | null;
  byMac(mac: string): Device | null;
  bySource(source: string, id: string): Device | null;
  device(id: string): Device | null;
  service(id: string): Service | null;
  site(id: string): Site | null;
  /** True when any node has this id. */
  taken(id: string): boolean;
  edge(edge: Pick<Edge, 'from' | 'to' | 'kind'>): Edge | null;
  edgesFrom(id: string): readonly Edge[];
  partyNamed(name: string): string | null;
  siteNamed(name: string): string | null;
  wardNamed(name: string): string | null;
  wardAt(lon: number, lat: number): string | null;
}

export interface Decided {
  readonly row: ImportRow;
  readonly changes: readonly Change[];
}
type DeviceRecord = Extract<InputRecord, { what: 'device' }>;

const row = (line: number, verdict: ImportRow['verdict'], rest: Partial<ImportRow>): ImportRow => ({
  line,
  verdict,
  device: null,
  name: '',
  reason: '',
  changes: [],
  ...rest,
});

/** What is in the file twice: the lines that claim the same serial, MAC, id or device. */
export type Claims = ReadonlyMap<string, readonly number[]>;

/** First pass over the file. */
export function claimsOf(input: Input, known: Known): Claims {
  const first = new Map<string, number>();
  const shared = new Map<string, number[]>();
  for (const record of input.records()) {
    if (record.what === 'fault') continue;
    const read = readValues(record.cells);
    if ('fault' in read) continue;
    for (const key of claimKeys(record, read.values, { input, known })) {
      const before = first.get(key);
      if (before === undefined) first.set(key, record.line);
      else shared.set(key, [...(shared.get(key) ?? [before]), record.line]);
    }
  }
  return shared;
}

interface Context {
  readonly input: Pick<Input, 'source'>;
  readonly known: Known;
}

function claimKeys(record: InputRecord, values: Values, context: Context): Set<string> {
  const keys = new Set<string>();
  if (values.sourceId !== undefined) keys.add(`id "${values.sourceId}"`);
  if (record.what !== 'device') return keys;
  if (values.serial !== undefined) keys.add(`serial "${values.serial.toLowerCase()}"`);
  if (values.mac !== undefined) keys.add(`MAC "${values.mac}"`);
  for (const [, device] of matchesOf(values, context)) keys.add(`device "${device.id}"`);
  return keys;
}

/** The devices that serial, MAC and id point at, by what pointed. */
function matchesOf(values: Values, { input, known }: Context): [by: string, device: Device][] {
  const found: [string, Device | null][] = [
    [`serial "${values.serial}"`, values.serial === undefined ? null : known.bySerial(values.serial)],
    [`MAC "${values.mac}"`, values.mac === undefined ? null : known.byMac(values.mac)],
    [`id "${values.sourceId}"`, values.sourceId === undefined ? null : known.bySource(input.source, values.sourceId)],
  ];
  return found.filter((pair): pair is [string, Device] => pair[1] !== null);
}

const CLAIM_LINES_SHOWN = 5;

/** Decides record by record; parties and sites that the file makes are made once. */
export class Difference {
  readonly #input: Input;
  readonly #known: Known;
  readonly #claims: Claims;
  readonly #naming: Naming;
  readonly #idsMade = new Set<string>();
  /** Device ids by their id in the file, for links between records. */
  readonly #bySourceId = new Map<string, string>();
  readonly #controls: { readonly device: string; readonly controller: string }[] = [];

  constructor(input: Input, known: Known, claims: Claims) {
    this.#input = input;
    this.#known = known;
    this.#claims = claims;
    this.#naming = createNaming(known);
  }

  /** Networks of the file that the city has not, before any record. */
  *opening(): Generator<Change, void> {
    for (const after of this.#input.networks)
      if (!this.#known.taken(after.id)) yield { what: 'network', before: null, after };
    yield* this.#missing(this.#input.networkEdges);
  }

  /** Links between records, after all of them. */
  *closing(): Generator<Change, void> {
    const edges: Edge[] = [];
    for (const { device, controller } of this.#controls) {
      const to = this.#bySourceId.get(controller);
      if (to !== undefined && to !== device) edges.push({ from: device, to, kind: 'control', note: '' });
    }
    yield* this.#missing(edges);
  }

  *#missing(edges: readonly Edge[]): Generator<Change, void> {
    const seen = new Set<string>();
    for (const after of edges) {
      const key = edgeKey(after);
      if (!seen.has(key) && !this.#known.edge(after)) yield { what: 'edge', before: null, after };
      seen.add(key);
    }
  }

  decide(record: InputRecord): Decided {
    if (record.what === 'fault') return { row: row(record.line, 'rejected', { reason: record.reason }), changes: [] };
    const read = readValues(record.cells);
    const name = record.cells.name?.slice(0, 80) ?? '';
    if ('fault' in read) return { row: row(record.line, 'rejected', { name, reason: read.fault }), changes: [] };
    const shared = this.#sharedWith(record, read.values);
    if (shared) return { row: row(record.line, 'conflict', { name, reason: shared }), changes: [] };
    if (record.what === 'service') return this.#decideService(record, read.values);
    if (record.what === 'site') return this.#decideSite(record, read.values);
    return this.#decideDevice(record, read.values);
  }

  #sharedWith(record: InputRecord, values: Values): string | null {
    for (const key of claimKeys(record, values, { input: this.#input, known: this.#known })) {
      const lines = this.#claims.get(key);
      if (!lines) continue;
      const shown = lines.slice(0, CLAIM_LINES_SHOWN).join(', ') + (lines.length > CLAIM_LINES_SHOWN ? ', …' : '');
      return `rows ${shown} share the ${key}, each device once wanted`;
    }
    return null;
  }

  #decideDevice(record: DeviceRecord, values: Values): Decided {
    const { line } = record;
    const name = values.name ?? '';
    if (values.serial === undefined && values.mac === undefined && values.sourceId === undefined)
      return {
        row: row(line, 'rejected', { name, reason: 'no serial, no MAC and no id: nothing to know it by next time' }),
        changes: [],
      };
    const matches = matchesOf(values, { input: this.#input, known: this.#known });
    const [first, ...others] = matches;
    const stray = first && others.find(([, device]) => device.id !== first[1].id);
    if (first && stray) {
      const reason = `${first[0]} is "${first[1].id}" but ${stray[0]} is "${stray[1].id}"`;
      return { row: row(line, 'conflict', { device: first[1].id, name, reason }), changes: [] };
    }
    return first ? this.#decideKnown(record, values, first[1]) : this.#decideNew(record, values);
  }

  #decideKnown(record: DeviceRecord, values: Values, before: Device): Decided {
    const { line } = record;
    const refused = contradiction(before, values) ?? guarded(before, values);
    if (refused)
      return { row: row(line, 'conflict', { device: before.id, name: before.name, reason: refused }), changes: [] };
    const named = this.#naming.resolve(values, before);
    const after = withValues(before, values, named);
    const fields = changesOf(before, after);
    const links = this.#linkChanges(before.id, record.links);
    this.#remember(record, values, before.id);
    const reason = [values.remark, named.remark].filter(Boolean).join('; ');
    if (fields.length === 0 && links.changes.length === 0)
      return { row: row(line, 'same', { device: before.id, name: before.name, reason }), changes: [] };
    const change: Change[] = fields.length > 0 ? [{ what: 'device', before, after }] : [];
    return {
      row: row(line, 'changed', { device: before.id, name: after.name, reason, changes: [...fields, ...links.shown] }),
      changes: [...named.changes, ...change, ...links.changes],
    };
  }

  #decideNew(record: DeviceRecord, values: Values): Decided {
    const { line } = record;
    const fresh = freshDevice(values, { source: this.#input.source, class: record.class });
    const refused = guarded(fresh, { ...values, class: fresh.class });
    const name = values.name ?? fresh.name;
    if (refused) return { row: row(line, 'conflict', { name, reason: refused }), changes: [] };
    if (this.#known.taken(fresh.id) || this.#idsMade.has(fresh.id))
      return {
        row: row(line, 'conflict', { name, reason: `its id would be "${fresh.id}", which is taken` }),
        changes: [],
      };
    this.#idsMade.add(fresh.id);
    const named = this.#naming.resolve(values, null);
    const after = withValues(fresh, values, named);
    const links = this.#linkChanges(fresh.id, record.links);
    this.#remember(record, values, fresh.id);
    const unknownClass = fresh.class === 'other' && values.class === undefined ? 'class not given' : '';
    const reason = [unknownClass, values.remark, named.remark].filter(Boolean).join('; ');
    return {
      row: row(line, 'new', { device: fresh.id, name: after.name, reason, changes: links.shown }),
      changes: [...named.changes, { what: 'device', before: null, after }, ...links.changes],
    };
  }

  #remember(record: DeviceRecord, values: Values, device: string): void {
    if (values.sourceId !== undefined) this.#bySourceId.set(values.sourceId, device);
    for (const controller of record.controllers) this.#controls.push({ device, controller });
  }

  /** Only links into networks of this source are compared: what others say of the device stays. */
  #linkChanges(device: string, links: readonly NetworkLink[]): { changes: Change[]; shown: FieldChange[] } {
    const changes: Change[] = [];
    const shown: FieldChange[] = [];
    const wanted = new Map<string, Edge>();
    for (const link of links) {
      const edge: Edge = { from: device, to: link.network, kind: link.kind, note: link.note };
      wanted.set(edgeKey(edge), edge);
    }
    const prefix = networkPrefix(this.#input.source);
    if (links.length > 0)
      for (const before of this.#known.edgesFrom(device)) {
        if (!before.to.startsWith(prefix) || wanted.has(edgeKey(before))) continue;
        changes.push({ what: 'edge', before, after: null });
        shown.push({ field: before.kind, was: `${before.to} ${before.note}`.trim(), becomes: '' });
      }
    for (const after of wanted.values()) {
      const before = this.#known.edge(after);
      if (before?.note === after.note) continue;
      changes.push({ what: 'edge', before, after });
      shown.push({
        field: after.kind,
        was: before ? `${before.to} ${before.note}`.trim() : '',
        becomes: `${after.to} ${after.note}`.trim(),
      });
    }
    return { changes, shown };
  }

  #decideService(record: Extract<InputRecord, { what: 'service' }>, values: Values): Decided {
    const { line, service: kind } = record;
    const made = this.#identified(values);
    if (made === null)
      return {
        row: row(line, 'rejected', { reason: 'no id and no name: nothing to know it by next time' }),
        changes: [],
      };
    const id = thingId(kind, `${this.#input.source}\n${made}`);
    const before = this.#known.service(id);
    const after: Service = {
      id,
      name: values.name ?? before?.name ?? `${kind} ${made}`,
      kind,
      criticality: before?.criticality ?? SERVICE_CRITICALITY[kind] ?? 'important',
      lon: values.place?.lon ?? before?.lon ?? null,
      lat: values.place?.lat ?? before?.lat ?? null,
    };
    return this.#thing(line, { what: 'service', before, after });
  }

  #decideSite(record: Extract<InputRecord, { what: 'site' }>, values: Values): Decided {
    const { line } = record;
    const made = this.#identified(values);
    if (made === null)
      return {
        row: row(line, 'rejected', { reason: 'no id and no name: nothing to know it by next time' }),
        changes: [],
      };
    const id = thingId('site', `${this.#input.source}\n${made}`);
    const before = this.#known.site(id);
    const { place } = values;
    const after: Site = {
      id,
      name: values.name ?? before?.name ?? `Site ${made}`,
      kind: 'building',
      ward: place ? this.#known.wardAt(place.lon, place.lat) : (before?.ward ?? null),
      lon: place?.lon ?? before?.lon ?? null,
      lat: place?.lat ?? before?.lat ?? null,
    };
    return this.#thing(line, { what: 'site', before, after });
  }

  #identified(values: Values): string | null {
    return values.sourceId ?? values.name ?? null;
  }

  #thing(line: number, change: Extract<Change, { what: 'service' | 'site' }>): Decided {
    const { before, after } = change;
    const { id, name } = after!;
    const fields = before ? changesOf(before, after!) : [];
    if (before && fields.length === 0) return { row: row(line, 'same', { device: id, name }), changes: [] };
    if (!before && (this.#known.taken(id) || this.#idsMade.has(id)))
      return { row: row(line, 'conflict', { name, reason: `its id would be "${id}", which is taken` }), changes: [] };
    this.#idsMade.add(id);
    const reason = `${change.what}, not a device`;
    return {
      row: row(line, before ? 'changed' : 'new', { device: id, name, reason, changes: fields }),
      changes: [change],
    };
  }
}

/** Identity is filled in by an import but never altered: another serial on the same MAC is another device. */
function contradiction(before: Device, values: Values): string | null {
  if (
    values.serial !== undefined &&
    before.serial !== null &&
    before.serial.toLowerCase() !== values.serial.toLowerCase()
  )
    return `"${before.id}" has serial "${before.serial}", the file says "${values.serial}"`;
  if (values.mac !== undefined && before.mac !== null && before.mac !== values.mac)
    return `"${before.id}" has MAC "${before.mac}", the file says "${values.mac}"`;
  return null;
}

/** Whoever writes a file must not be able to make a device untouchable, or a touchable one harmless in the city's eyes. */
function guarded(before: Device, values: Values): string | null {
  const wanted: readonly (readonly [string, string | undefined, string])[] = [
    ['class', values.class, before.class],
    ['criticality', values.criticality, before.criticality],
    ['fail-safe state', values.failSafe, before.failSafe],
    ['never-cut', values.neverCut === undefined ? undefined : String(values.neverCut), String(before.neverCut)],
  ];
  const first = wanted.find(([, asked, is]) => asked !== undefined && asked !== is);
  if (!first) return null;
  const [what, asked, is] = first;
  const usual = CLASS_PROFILES[before.class].label.toLowerCase();
  return `would set ${what} to "${asked}" where "${is}" stands for this ${usual}: an import may not, a second person is needed`;
}
