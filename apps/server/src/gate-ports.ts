/** The city and its identities as the commissioning gate sees them. */
import type { City } from '@cityward/city';
import type { GatePorts, LeavingPorts } from '@cityward/fleet';
import type { Identity } from '@cityward/identity';
import type { MqttGateway } from './gateway-mqtt.ts';

export interface GatePortsParts {
  readonly city: City;
  readonly identity: Identity;
  /** Null until the listener is there. */
  readonly mqtt: () => MqttGateway | null;
  readonly baseline: GatePorts['baseline'];
}

export function gatePorts({ city, identity, mqtt, baseline }: GatePortsParts): GatePorts {
  return {
    device: (id) => {
      const device = city.record(id);
      if (!device) return null;
      const { name, class: kind, model, serial, mac, site, street, ward, lon, lat } = device;
      return { id, name, class: kind, model, serial, mac, place: { site, street, ward, lon, lat } };
    },
    identity: (device) => {
      const { state, spiffe, serial } = identity.identityOf(device);
      return state === 'enrolled' && spiffe !== null && serial !== null ? { spiffe, certificate: serial } : null;
    },
    gatewayOf: (device) => identity.gatewayOf(device),
    ask: (gateway, order) =>
      mqtt()?.look(gateway, order) ?? Promise.reject(new Error(`ask "${gateway}" to look: the listener is not open`)),
    sign: (bytes) => identity.signDocument(bytes),
    passkey: (person, credential) => identity.passkeyOf(person, credential),
    handedOver: (device, installer, left) => endAccess({ city, identity }, { device, installer, left }),
    baseline,
  };
}

interface HandedOver {
  readonly device: string;
  readonly installer: string;
  readonly left: Parameters<GatePorts['handedOver']>[2];
}

/** The installer's access that covers the device ends, once every device that it names is handed over and none of its sites is worked on. */
async function endAccess(
  { city, identity }: Pick<GatePortsParts, 'city' | 'identity'>,
  { device, installer, left }: HandedOver,
): Promise<void> {
  const siteOf = (id: string): string => city.record(id)?.site ?? '';
  const running = identity.access
    .list(installer)
    .filter(({ role, state }) => role === 'installer' && (state === 'running' || state === 'approved'));
  for (const { id, sites, devices } of running) {
    if (!devices.includes(device) && !sites.includes(siteOf(device))) continue;
    if (left.commissioning.some((other) => sites.includes(siteOf(other)) || devices.includes(other))) continue;
    const done = await Promise.all(devices.map((other) => left.handedOver(other)));
    if (!done.every(Boolean)) continue;
    const ended = await identity.access.end(id, { reason: `Handed over: ${device}`, by: 'system', why: 'done' });
    if (!ended.ok && ended.error.kind !== 'conflict') throw new Error(ended.error.message);
  }
}

export interface LeavingPortsParts extends Omit<GatePortsParts, 'baseline'> {
  readonly alarm: (device: string, words: string) => void;
}

export function leavingPorts({ city, identity, mqtt, alarm }: LeavingPortsParts): LeavingPorts {
  const gatewayOfCamera = (device: string): string | null =>
    city.record(device)?.class === 'camera' ? identity.gatewayOf(device) : null;
  const isCarried = (device: string): boolean => gatewayOfCamera(device) !== null && (mqtt()?.carries(device) ?? false);
  return {
    standing: (device) => identity.standing(device),
    end: (device, ending) => identity.end(device, ending),
    revoke: (device, because) => identity.revoke(device, because),
    onActive: (listener) =>
      void identity.onStanding((device, standing) => {
        if (standing === 'active') listener(device);
      }),
    hardware: (id) => {
      const device = city.record(id);
      if (!device) return null;
      const { serial, mac, model, firmware, hardwareRevision } = device;
      return { serial, mac, model, firmware, ...(hardwareRevision === null ? {} : { hardwareRevision }) };
    },
    setHardware: (device, hardware, because) => city.setHardware(device, { ...hardware, ...because }),
    deviceBySerial: (serial) => city.deviceBySerial(serial),
    held: (device) => ({
      class: city.record(device)?.class ?? 'other',
      certificate: identity.identityOf(device).serial,
      datasets: city.datasetsOf([device]).map(({ id, name, purpose, people }) => ({ id, name, purpose, people })),
      people: city.peopleBehind([device]),
      services: city
        .services()
        .filter(({ id }) => city.devicesOf(id).includes(device))
        .map(({ name }) => name),
    }),
    cannotWipe: (device) => {
      const standing = identity.standing(device);
      // A camera behind its gateway needs no certificate of its own; its gateway has one.
      if (standing !== 'active' && !(standing === 'none' && isCarried(device))) return 'it has no identity in force';
      if (isCarried(device)) return mqtt()?.reaches(device) ? null : 'its gateway does not reach it';
      return mqtt()?.isConnected(device) ? null : 'it is not connected';
    },
    gatewayOfCamera,
    isCarried,
    sign: (bytes) => identity.signDocument(bytes),
    alarm,
  };
}
