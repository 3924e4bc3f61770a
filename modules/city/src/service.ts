/** The city as other modules use it: everything in memory, rebuilt from SQL at start, changed only with SQL. */
import type { Hardware, ServiceKind } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Route } from '@cityward/http';
import { WHATS, draftChanges, type Change } from './domain/change.ts';
import type { CityGraph } from './domain/graph.ts';
import type { Dataset, CityDraft, Device, NodeName, Party, Service, Site } from './domain/model.ts';
import type { Facets, Standing } from './domain/state.ts';
import { createHeardKeeper, type HeardKeeper } from './heard.ts';
import { createImports, type Imports } from './imports.ts';
import { setHardware, type HardwareRefusal } from './hardware.ts';
import { Inventory } from './inventory.ts';
import { DeviceList } from './list.ts';
import { CityMapText } from './map.ts';
import type { CityNeeds } from './needs.ts';
import { cityRoutes } from './routes.ts';
import { Runtime, type StatesListener } from './runtime.ts';
import { membership, snapshotOf, type Membership } from './snapshot.ts';
import { insertCity, loadAll, loadCity, writeChanges, type CityRow } from './store.ts';
import { datasetsOf, type CityMemory, type DatasetBehind } from './views.ts';

const MIGRATIONS = { module: 'city', folder: new URL('../migrations/', import.meta.url) };

/** A device's record with what is known of it now. */
export interface DeviceView extends Device {
  readonly state: Standing['state'];
  readonly stateReason: string;
  readonly stateSince: number | null;
  readonly lastSeen: number | null;
}
export type FoundRefusal = Refusal<'CITY_FOUNDED_ALREADY'>;

export interface City {
  /** Applies migrations and loads everything; timers run from here on. */
  start(): Promise<void>;
  stop(): Promise<void>;
  isFounded(): boolean;
  /** Writes the reference city for this seed in one transaction. */
  found(options: { readonly seed: string; readonly devices: number }): Promise<Result<void, FoundRefusal>>;
  /** The same with any draft. */
  foundFrom(draft: CityDraft, seed: string): Promise<Result<void, FoundRefusal>>;
  /** Empty before it is founded. */
  name(): string;
  device(id: string): DeviceView | null;
  /** The bare record, without a copy: for hot paths. */
  record(id: string): Device | null;
  deviceIds(): readonly string[];
  deviceByIp(ip: string): string | null;
  /** By the maker's serial, compared without case, or by a MAC with or without separators. */
  deviceBySerial(serial: string): string | null;
  site(id: string): Site | null;
  wards(): readonly Site[];
  parties(): readonly Party[];
  services(): readonly Service[];
  /** Devices that a service rests on directly. */
  devicesOf(service: string): readonly string[];
  /** Kind and name of any node; null for none. */
  node(id: string): NodeName | null;
  /** Datasets that these devices feed. */
  datasetsOf(devices: readonly string[]): readonly DatasetBehind[];
  /** All of them, with how many people each is about. */
  datasets(): readonly (Omit<Dataset, 'subjects'> & { readonly people: number })[];
  /** With the random ids of the people it is about; null for none of that id. */
  dataset(id: string): Dataset | null;
  /** How many different people those datasets are about. */
  peopleBehind(devices: readonly string[]): number;
  /** Ignored for ids that are no device. */
  setFacet(device: string, facets: Partial<Facets>): void;
  /** Cheap enough for every observation; `at` in ms. */
  observedAlive(device: string, at: number): void;
  /** Every device whose state changed, at most four times a second. */
  onStates(listener: StatesListener): () => void;
  /** Other hardware in the place of the device; nothing else of it changes. */
  setHardware(
    device: string,
    change: Hardware & { readonly by: string; readonly reason: string },
  ): Promise<Result<void, HardwareRefusal>>;
  /** The snapshot of now; one that somebody holds stays as it is. */
  graph(): CityGraph;
  readonly imports: Imports;
  readonly routes: readonly Route[];
}

/** What belongs together behind the facade. */
export interface CityParts extends CityMemory {
  readonly needs: CityNeeds;
  readonly list: DeviceList;
  readonly mapText: CityMapText;
  city: CityRow | null;
  /** Applies committed changes to memory and marks what they concern. */
  applyToMemory(changes: readonly Change[]): void;
}

export function createCity(needs: CityNeeds): City {
  const parts = createParts(needs);
  const heard = createHeardKeeper({ ...needs, runtime: parts.runtime });
  const imports = createImports(parts);
  return {
    ...lifecycle(parts, heard),
    ...readers(parts),
    setFacet: (id, facets) => {
      const slot = deviceSlot(parts.inventory, id);
      if (slot !== -1) parts.runtime.setFacet(slot, facets);
    },
    observedAlive: (id, at) => {
      const slot = deviceSlot(parts.inventory, id);
      if (slot !== -1) parts.runtime.observedAlive(slot, at);
    },
    onStates: (listener) => parts.runtime.onStates(listener),
    graph: parts.graph,
    setHardware: (device, change) => setHardware(parts, device, change),
    imports,
    routes: cityRoutes(parts, imports),
  };
}

function createParts(needs: CityNeeds): CityParts {
  const inventory = new Inventory();
  const runtime = new Runtime(inventory, needs.clock);
  let snapshot: CityGraph | null = null;
  let members: { readonly revision: number; readonly value: Membership } | null = null;
  const currentMembers = (): Membership => {
    if (members?.revision !== inventory.revision)
      members = { revision: inventory.revision, value: membership(inventory) };
    return members.value;
  };
  return {
    needs,
    inventory,
    runtime,
    list: new DeviceList(inventory, runtime),
    mapText: new CityMapText(inventory, runtime),
    city: null,
    members: currentMembers,
    graph: () => {
      if (snapshot?.version !== inventory.revision) snapshot = snapshotOf(inventory, currentMembers());
      return snapshot;
    },
    applyToMemory(changes) {
      const gone = changes.flatMap((change) =>
        change.what === 'device' && !change.after ? [inventory.slotOf(change.before!.id)] : [],
      );
      const { dangling } = inventory.apply(changes);
      if (dangling > 0) needs.log.warn('edges without both ends left out', { edges: dangling });
      // The slot waits for the same device; should it come back, nothing is known of it.
      for (const slot of gone) if (slot !== -1) runtime.forget(slot);
      for (const change of changes)
        if (change.what === 'device' && change.after) runtime.mark(inventory.slotOf(change.after.id));
    },
  };
}

const deviceSlot = (inventory: Inventory, id: string): number => {
  const slot = inventory.slotOf(id);
  return slot !== -1 && inventory.deviceAt(slot) ? slot : -1;
};

function lifecycle(parts: CityParts, heard: HeardKeeper) {
  const { needs, inventory, runtime, mapText } = parts;
  const takeUp = (city: CityRow): void => {
    parts.city = city;
    mapText.setCity(city.bounds, city.geometry);
  };
  const foundFrom = async (draft: CityDraft, seed: string): Promise<Result<void, FoundRefusal>> => {
    if (parts.city)
      return refuse(
        'conflict',
        'CITY_FOUNDED_ALREADY',
        `found "${draft.name}": "${parts.city.name}" is here already, an empty data folder wanted`,
      );
    const city: CityRow = {
      name: draft.name,
      seed,
      founded: needs.clock(),
      bounds: draft.bounds,
      geometry: draft.geometry,
      revision: 0,
    };
    const changes = [...draftChanges(draft)];
    await needs.sql.transact(async (tx) => {
      await insertCity(tx, city);
      await writeChanges(tx, changes);
      const data = { name: draft.name, seed, devices: draft.devices.length, services: draft.services.length };
      tx.record({ module: 'city', type: 'city.founded', actor: 'system', subject: 'city', at: city.founded, data });
    });
    parts.applyToMemory(changes);
    takeUp(city);
    return ok(undefined);
  };
  return {
    async start(): Promise<void> {
      await needs.sql.migrate(MIGRATIONS);
      const city = await loadCity(needs.sql);
      if (city) {
        for (const what of WHATS)
          for await (const things of loadAll(needs.sql, what))
            parts.applyToMemory(things.map((after) => ({ what, before: null, after }) as Change));
        takeUp(city);
        await heard.recall();
      }
      runtime.start();
      heard.start();
      needs.log.info('city loaded', { devices: inventory.deviceCount, revision: city?.revision ?? 0 });
    },
    async stop(): Promise<void> {
      runtime.stop();
      await heard.stop();
    },
    isFounded: () => parts.city !== null,
    foundFrom,
    async found({ seed, devices }: { readonly seed: string; readonly devices: number }) {
      const { portMerrow } = await import('./reference.ts'); // only the first start needs the generator
      return foundFrom(portMerrow({ seed, devices, at: needs.clock() }), seed);
    },
    name: () => parts.city?.name ?? '',
  };
}

function readers({ inventory, runtime, members }: CityParts) {
  const byKind = (kind: ServiceKind, other: ServiceKind): number => (kind < other ? -1 : kind > other ? 1 : 0);
  return {
    device: (id: string): DeviceView | null => {
      const slot = deviceSlot(inventory, id);
      if (slot === -1) return null;
      const { state, reason, since, lastSeen } = runtime.standing(slot);
      return { ...inventory.deviceAt(slot)!, state, stateReason: reason, stateSince: since, lastSeen };
    },
    record: (id: string) => inventory.device(id),
    deviceIds: (): string[] => {
      const ids: string[] = [];
      for (let slot = 0; slot < inventory.size; slot++) {
        const device = inventory.deviceAt(slot);
        if (device) ids.push(device.id);
      }
      return ids;
    },
    deviceByIp: (ip: string) => inventory.deviceAt(inventory.byIp(ip))?.id ?? null,
    deviceBySerial: (serial: string) => {
      const bySerial = inventory.deviceAt(inventory.bySerial(serial));
      if (bySerial) return bySerial.id;
      const digits = serial.toLowerCase().replace(/[:.-]/g, '');
      const mac = /^[0-9a-f]{12}$/.test(digits) ? digits.match(/../g)!.join(':') : null;
      return mac === null ? null : (inventory.deviceAt(inventory.byMac(mac))?.id ?? null);
    },
    site: (id: string) => inventory.sites.get(id) ?? null,
    wards: () => inventory.wards(),
    parties: () => [...inventory.parties.values()],
    services: () => [...inventory.services.values()].sort((a, b) => byKind(a.kind, b.kind)),
    devicesOf: (service: string) =>
      (members().devicesOf.get(service) ?? []).flatMap((slot) => inventory.deviceAt(slot)?.id ?? []),
    node: (id: string): NodeName | null => {
      const slot = inventory.slotOf(id);
      const node = inventory.node(slot);
      return node ? { kind: inventory.kindOf(slot), id, name: node.name } : null;
    },
    datasetsOf: (devices: readonly string[]) => datasetsOf({ inventory }, devices),
    datasets: () =>
      [...inventory.datasets.values()].map(({ subjects, ...one }) => ({ ...one, people: subjects.length })),
    dataset: (id: string) => inventory.datasets.get(id) ?? null,
    peopleBehind: (devices: readonly string[]): number => {
      const people = new Set<string>();
      for (const { id } of datasetsOf({ inventory }, devices))
        for (const subject of inventory.datasets.get(id)!.subjects) people.add(subject);
      return people.size;
    },
  };
}
