/** The city's own networks at the plug: 802.1X through a RADIUS server, a VLAN for each class, and who is on which port. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { Closed, Id, OneOf, Time } from '../schema.ts';
import { DEVICE_CLASSES } from '../words.ts';

export const SWITCHES_MAX = 1_000;
export const PORTS_SHOWN_MAX = 1_000;
export const MOVES_SHOWN_MAX = 200;
/** RFC 5176 section 3. */
export const COA_PORT = 3_799;

const Vlan = Type.Integer({ minimum: 1, maximum: 4_094 });
/** An address, not a name: nothing is looked up while something is being cut off. */
const Address = Type.String({ pattern: '^[0-9A-Fa-f.:]{2,45}$' });

/** What may have a VLAN of its own: classes of devices, and gateways. */
export const VLAN_CLASSES = [...DEVICE_CLASSES, 'site-gateway'] as const;
/** Whoever has no VLAN here, is unknown, held or not trusted, gets the quarantine VLAN, which is nobody's own. */
export const VlanPlan = Closed({
  quarantine: Vlan,
  classes: Type.Array(Closed({ class: OneOf(VLAN_CLASSES), vlan: Vlan }), { maxItems: VLAN_CLASSES.length }),
});
export type VlanPlan = Static<typeof VlanPlan>;

export const AccessSwitch = Closed({
  name: Id,
  address: Address,
  /** Where it takes requests to move or end a session. */
  coaPort: Type.Integer({ minimum: 1, maximum: 65_535 }),
});
export type AccessSwitch = Static<typeof AccessSwitch>;

/** `trying`: the switch did not do it yet and is asked again; `ended`: without its session it has to join anew. */
export const PORT_MOVE_OUTCOMES = ['moved', 'ended', 'trying', 'failed'] as const;
/** The last attempt to move what is on a port. */
export const PortMove = Closed({
  device: Id,
  nas: Type.String({ maxLength: 45 }),
  port: Type.Union([Type.String({ maxLength: 64 }), Type.Null()]),
  station: Type.String({ maxLength: 64 }),
  from: Vlan,
  /** Null: its session was to end. */
  to: Type.Union([Vlan, Type.Null()]),
  outcome: OneOf(PORT_MOVE_OUTCOMES),
  /** Why it failed; null where it did not. */
  why: Type.Union([Type.String({ maxLength: 500 }), Type.Null()]),
  at: Time,
});
export type PortMove = Static<typeof PortMove>;

export const RADIUS_CERTIFICATE_STATES = ['good', 'ends-soon', 'ended'] as const;
/** Made for the RADIUS server last: `server` is shown to devices, `client` to the city. A person renews them. */
export const RadiusCertificate = Closed({
  kind: OneOf(['server', 'client']),
  notAfter: Time,
  state: OneOf(RADIUS_CERTIFICATE_STATES),
});
export type RadiusCertificate = Static<typeof RadiusCertificate>;

export const PortSession = Closed({
  device: Id,
  /** The switch's address and port, and the station as it names it. */
  nas: Type.String({ maxLength: 45 }),
  port: Type.Union([Type.String({ maxLength: 64 }), Type.Null()]),
  station: Type.String({ maxLength: 64 }),
  vlan: Vlan,
  quarantined: Type.Boolean(),
  began: Time,
  last: Time,
  /** The VLAN that it should be in and is not yet; null where it is, 0 where its session is to end. */
  moving: Type.Union([Type.Integer({ minimum: 0, maximum: 4_094 }), Type.Null()]),
  /** Which VLAN is meant for it goes by this; null where the city no longer has it. */
  class: Type.Union([Type.String({ maxLength: 40 }), Type.Null()]),
  /** Null: nobody ever moved it. */
  lastMove: Type.Union([PortMove, Type.Null()]),
});
export type PortSession = Static<typeof PortSession>;

const Pem = Type.String({ maxLength: 16_384 });
const KeyPair = Closed({ key: Pem, certificates: Pem, notAfter: Time });
/** All that a RADIUS server's configuration is written from. Keys are made for this answer and kept by nobody here. */
export const RadiusSetUp = Closed({
  id: Id,
  /** Shown to devices: the server's side of EAP-TLS. */
  server: KeyPair,
  /** Shown to the city: who asks whether a device may join. */
  client: KeyPair,
  ca: Pem,
  url: Type.String(),
  switches: Type.Array(Closed({ ...AccessSwitch.properties, secret: Type.String() })),
  plan: VlanPlan,
});
export type RadiusSetUp = Static<typeof RadiusSetUp>;

export const networkAccess = {
  getNetworkAccess: endpoint({
    name: 'getNetworkAccess',
    method: 'GET',
    path: '/api/network-access',
    action: 'readCity',
    summary: 'VLANs by class, switches, who is on which port, moves, and until when the RADIUS server is certified',
    answer: Closed({
      plan: VlanPlan,
      switches: Type.Array(AccessSwitch),
      sessions: Type.Array(PortSession, { maxItems: PORTS_SHOWN_MAX }),
      /** Of all sessions, also those that are not listed. */
      count: Type.Integer({ minimum: 0 }),
      /** Newest first; of sessions that have ended too. */
      moves: Type.Array(PortMove, { maxItems: MOVES_SHOWN_MAX }),
      /** Empty until a RADIUS server is set up. */
      certificates: Type.Array(RadiusCertificate, { maxItems: 2 }),
    }),
  }),
  setVlans: endpoint({
    name: 'setVlans',
    method: 'PUT',
    path: '/api/network-access/vlans',
    action: 'manageNetworks',
    summary: 'Say which class of devices belongs in which VLAN; sessions are moved at once',
    body: VlanPlan,
    answer: VlanPlan,
  }),
  setUpRadius: endpoint({
    name: 'setUpRadius',
    method: 'POST',
    path: '/api/network-access/radius',
    action: 'configureRadius',
    summary: 'Keys, certificates and shared secrets for a RADIUS server; only for the command on this machine',
    body: Closed({
      party: Id,
      names: Type.Array(Type.String({ pattern: '^[A-Za-z0-9.:-]{1,253}$' }), { minItems: 1, maxItems: 8 }),
      switches: Type.Array(AccessSwitch, { minItems: 1, maxItems: SWITCHES_MAX }),
      /** New shared secrets for all; else a switch that is known keeps its own. */
      rotate: Type.Optional(Type.Boolean()),
    }),
    answer: RadiusSetUp,
  }),
} as const;
