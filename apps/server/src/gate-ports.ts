/** The city and its identities as the commissioning gate sees them. */
import type { City } from '@cityward/city';
import type { GatePorts } from '@cityward/fleet';
import type { Identity } from '@cityward/identity';
import type { MqttGateway } from './gateway-mqtt.ts';

export interface GatePortsParts {
  readonly city: City;
  readonly identity: Identity;
  /** Null until the listener is there. */
  readonly mqtt: () => MqttGateway | null;
}

export function gatePorts({ city, identity, mqtt }: GatePortsParts): GatePorts {
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
    handedOver: () => Promise.resolve(),
    baseline: () => null,
  };
}
