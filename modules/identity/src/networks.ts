/** Site gateways and partner networks: registered by a person, certified like devices, each for the devices it may speak for. */
import type { NetworkDraft, NetworkIdentity, NetworkKind, SpeaksFor } from '@cityward/contracts';
import { err, ok, refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import {
  checkNetwork,
  checkSpeaksFor,
  NETWORKS_MAX,
  SpeakingFor,
  speaksForNobody,
  type Network,
  type NetworkRefusal,
} from './domain/networks.ts';
import { inForce } from './domain/standing.ts';
import type { Directory } from './needs.ts';
import type { Register } from './register.ts';

interface NetworkTables {
  'identity.network': {
    id: string;
    kind: NetworkKind;
    name: string;
    party: string;
    devices: string[];
    sites: string[];
    registered: number;
    by: string;
  };
}

export interface NetworksParts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly directory: Directory;
  readonly register: Register;
}

/** Facts name so many devices at most; the count is always said. */
const NAMED_MAX = 100;

export class Networks {
  readonly #parts: NetworksParts;
  readonly #networks = new Map<string, Network>();
  readonly #speaking = new SpeakingFor();

  private constructor(parts: NetworksParts) {
    this.#parts = parts;
  }

  static async open(parts: NetworksParts): Promise<Networks> {
    const made = new Networks(parts);
    for (const { devices, sites, ...row } of await parts.sql
      .for<NetworkTables>()
      .selectFrom('identity.network')
      .selectAll()
      .execute())
      made.#keep({ ...row, speaksFor: { devices, sites } });
    return made;
  }

  kindOf(id: string): NetworkKind | null {
    return this.#networks.get(id)?.kind ?? null;
  }

  list(): readonly NetworkIdentity[] {
    return [...this.#networks.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).map((one) => this.#view(one));
  }

  get(id: string): NetworkIdentity | null {
    const found = this.#networks.get(id);
    return found ? this.#view(found) : null;
  }

  /** Ids of the networks that may speak for the device, those that have ended or were revoked left out. */
  speakersFor(device: string): readonly string[] {
    const site = this.#parts.directory.siteOf(device);
    return this.#speaking.of(device, site).filter((id) => this.#stands(id));
  }

  speaksFor(network: string, device: string): boolean {
    return this.speakersFor(device).includes(network);
  }

  /** The gateway behind which a device stands: one that is registered for it or its site, else the switch that carries it. */
  gatewayOf(device: string): string | null {
    const { directory } = this.#parts;
    const registered = this.speakersFor(device).find((id) => this.kindOf(id) === 'site-gateway');
    if (registered !== undefined) return registered;
    return directory.switchOf?.(device) ?? null;
  }

  async add(draft: NetworkDraft, by: string): Promise<Result<NetworkIdentity, NetworkRefusal>> {
    const { id } = draft;
    if (this.#networks.has(id))
      return refuse('conflict', 'NETWORK_KNOWN', `register network "${id}": it is registered already`);
    if (this.#networks.size >= NETWORKS_MAX)
      return refuse('conflict', 'NETWORKS_TOO_MANY', `register network "${id}": wanted at most ${NETWORKS_MAX}`);
    const checked = checkNetwork(this.#around(), draft);
    if (!checked.ok) return err(checked.error);
    const network: Network = { ...draft, speaksFor: once(draft.speaksFor), registered: this.#parts.clock(), by };
    const { speaksFor, ...row } = network;
    await this.#parts.sql.transact(async (tx) => {
      const values = { ...row, devices: [...speaksFor.devices], sites: [...speaksFor.sites] };
      await tx.for<NetworkTables>().insertInto('identity.network').values(values).execute();
      const data = { title: row.name, kind: row.kind, party: row.party, ...told(speaksFor) };
      const fact = { module: 'identity', type: 'network.registered', actor: by, subject: id } as const;
      tx.record({ ...fact, at: network.registered, data });
    });
    this.#keep(network);
    return ok(this.#view(network));
  }

  async setSpeaksFor(id: string, wanted: SpeaksFor, by: string): Promise<Result<NetworkIdentity, NetworkRefusal>> {
    const before = this.#networks.get(id);
    if (!before) return unknownNetwork('change', id);
    const checked =
      before.kind === 'radius-server' ? speaksForNobody(id, wanted) : checkSpeaksFor(this.#around(), id, wanted);
    if (!checked.ok) return err(checked.error);
    const speaksFor = once(wanted);
    await this.#parts.sql.transact(async (tx) => {
      const values = { devices: [...speaksFor.devices], sites: [...speaksFor.sites] };
      await tx.for<NetworkTables>().updateTable('identity.network').set(values).where('id', '=', id).execute();
      const fact = { module: 'identity', type: 'network.changed', actor: by, subject: id } as const;
      tx.record({ ...fact, at: this.#parts.clock(), data: told(speaksFor) });
    });
    const after = { ...before, speaksFor };
    this.#keep(after);
    return ok(this.#view(after));
  }

  #keep(network: Network): void {
    this.#speaking.set(network.id, this.#networks.get(network.id)?.speaksFor ?? null, network.speaksFor);
    this.#networks.set(network.id, network);
  }

  #stands(id: string): boolean {
    const restriction = inForce(this.#parts.register.restriction(id), this.#parts.clock());
    return restriction === null || restriction.kind === 'held';
  }

  #view(network: Network): NetworkIdentity {
    const { register, clock } = this.#parts;
    const standing = register.standing(network.id, clock());
    const newest = register.latest(network.id);
    return {
      ...network,
      state: standing === 'none' ? (newest ? 'expired' : 'registered') : standing,
      serial: newest?.serial ?? null,
      notAfter: newest?.notAfter ?? null,
      reason: inForce(register.restriction(network.id), clock())?.reason ?? null,
    };
  }

  #around() {
    const { directory } = this.#parts;
    return {
      isDevice: (id: string) => directory.device(id) !== null,
      isSite: (id: string) => directory.isSite?.(id) ?? true,
      isParty: (id: string) => directory.isParty?.(id) ?? true,
    };
  }
}

const once = ({ devices, sites }: SpeaksFor): SpeaksFor => ({
  devices: [...new Set(devices)],
  sites: [...new Set(sites)],
});

const told = ({ devices, sites }: SpeaksFor) => ({
  count: devices.length,
  named: devices.slice(0, NAMED_MAX),
  sites: sites.slice(0, NAMED_MAX),
});

export const unknownNetwork = (what: string, id: string): Result<never, Refusal<'NETWORK_UNKNOWN'>> =>
  refuse('not-found', 'NETWORK_UNKNOWN', `${what} network "${id}": no such network is registered`);
