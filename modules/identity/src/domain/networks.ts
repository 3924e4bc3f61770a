/** Networks that speak for devices: what may be registered, and whom each speaks for. */
import type { NetworkDraft, NetworkKind, SpeaksFor } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';

export const NETWORKS_MAX = 1_000;

export interface Network extends NetworkDraft {
  readonly registered: number;
  readonly by: string;
}

/** What a registration is held against. */
export interface Surroundings {
  isDevice(id: string): boolean;
  isSite(id: string): boolean;
  isParty(id: string): boolean;
}

export type NetworkRefusal = Refusal<
  | 'NETWORK_UNKNOWN'
  | 'NETWORK_KNOWN'
  | 'NETWORKS_TOO_MANY'
  | 'NETWORK_IS_DEVICE'
  | 'PARTY_UNKNOWN'
  | 'DEVICE_UNKNOWN'
  | 'SITE_UNKNOWN'
  | 'NETWORK_SPEAKS_FOR_NOBODY'
>;

/** Networks whose devices' own traffic passes through them; a LoRaWAN network server only relays readings. */
const CARRIERS: ReadonlySet<NetworkKind> = new Set<NetworkKind>(['site-gateway', 'mobile-apn']);
export const carriesTraffic = (kind: NetworkKind): boolean => CARRIERS.has(kind);

/** Only devices and sites that are there: whoever appears later under a name is not spoken for unseen. */
export function checkSpeaksFor(
  around: Surroundings,
  id: string,
  { devices, sites }: SpeaksFor,
): Result<void, NetworkRefusal> {
  const device = devices.find((one) => !around.isDevice(one));
  if (device !== undefined)
    return refuse('invalid', 'DEVICE_UNKNOWN', `let "${id}" speak for "${device}": the city has no such device`);
  const site = sites.find((one) => !around.isSite(one));
  return site === undefined
    ? ok(undefined)
    : refuse('invalid', 'SITE_UNKNOWN', `let "${id}" speak for site "${site}": the city has no such site`);
}

/** A network is never called as a device is: standings, codes and certificates are kept by these names. */
export function checkNetwork(around: Surroundings, draft: NetworkDraft): Result<void, NetworkRefusal> {
  const { id, party } = draft;
  if (around.isDevice(id))
    return refuse('conflict', 'NETWORK_IS_DEVICE', `register network "${id}": a device has this id, wanted another`);
  if (!around.isParty(party))
    return refuse('invalid', 'PARTY_UNKNOWN', `register network "${id}": the city has no party "${party}"`);
  if (draft.kind === 'radius-server') return speaksForNobody(id, draft.speaksFor);
  return checkSpeaksFor(around, id, draft.speaksFor);
}

/** A RADIUS server asks about devices and never speaks for one. */
export const speaksForNobody = (id: string, { devices, sites }: SpeaksFor): Result<void, NetworkRefusal> =>
  devices.length + sites.length === 0
    ? ok(undefined)
    : refuse('invalid', 'NETWORK_SPEAKS_FOR_NOBODY', `let "${id}" speak for devices: a RADIUS server speaks for none`);

/** Which networks speak for which device; from memory, asked for every observation that a network sends. */
export class SpeakingFor {
  readonly #byDevice = new Map<string, Set<string>>();
  readonly #bySite = new Map<string, Set<string>>();

  set(id: string, before: SpeaksFor | null, after: SpeaksFor): void {
    for (const device of before?.devices ?? []) this.#byDevice.get(device)?.delete(id);
    for (const site of before?.sites ?? []) this.#bySite.get(site)?.delete(id);
    for (const device of after.devices) add(this.#byDevice, device, id);
    for (const site of after.sites) add(this.#bySite, site, id);
  }

  /** Those that name the device come first, then those of its site; each in the order of their ids. */
  of(device: string, site: string | null): readonly string[] {
    const named = [...(this.#byDevice.get(device) ?? [])].sort();
    const near = site === null ? [] : [...(this.#bySite.get(site) ?? [])].sort();
    return [...new Set([...named, ...near])];
  }
}

function add(to: Map<string, Set<string>>, key: string, id: string): void {
  const found = to.get(key);
  if (found) found.add(id);
  else to.set(key, new Set([id]));
}
