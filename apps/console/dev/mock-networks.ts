/** The mock's networks: gateways, partner networks, who is on which port, and a RADIUS server whose certificate ends soon. */
import type { NetworkDraft, NetworkIdentity, PortMove, PortSession, SpeaksFor, VlanPlan } from '@cityward/contracts';
import type { Answer } from '../src/live/client.ts';
import { HOUR, MockRefusal, type Asked, type MockState } from './mock-state.ts';

type Access = Answer<'getNetworkAccess'>;
const DAY = 24 * HOUR;
const EAST = '192.0.2.10';

const network = (id: string, some: Partial<NetworkIdentity>): NetworkIdentity => ({
  id,
  kind: 'lorawan-network',
  name: 'Relay east',
  party: 'argus',
  speaksFor: { devices: ['park-0001', 'park-0002'], sites: [] },
  state: 'active',
  registered: Date.now() - 40 * DAY,
  by: 'prs-0001',
  serial: '4A'.repeat(16),
  notAfter: Date.now() + 60 * DAY,
  reason: null,
  ...some,
});
const noCertificate = { serial: null, notAfter: null } as const;
const move = (i: number, some: Partial<PortMove>): PortMove => ({
  device: `cam-${String(i).padStart(4, '0')}`,
  nas: EAST,
  port: `1/0/${i}`,
  station: `02-00-00-00-00-${String(i).padStart(2, '0')}`,
  from: 104,
  to: 999,
  outcome: 'moved',
  why: null,
  at: Date.now() - i * 240_000,
  ...some,
});
const session = (i: number, some: Partial<PortSession>): PortSession => {
  const { device, nas, port, station } = move(i, {});
  return {
    ...{ device, nas, port, station, class: 'camera', vlan: 104, quarantined: false, moving: null, lastMove: null },
    ...{ began: Date.now() - i * 9 * HOUR, last: Date.now() - i * 60_000 },
    ...some,
  };
};
const silent = 'move session at "192.0.2.11": no answer in 3 tries, wanted CoA-ACK';
const sessions = (): PortSession[] => [
  session(1, { vlan: 999, quarantined: true, lastMove: move(1, {}) }),
  session(2, {
    nas: '192.0.2.11',
    moving: 999,
    lastMove: move(2, { nas: '192.0.2.11', outcome: 'trying', why: silent }),
  }),
  session(3, { lastMove: move(3, { from: 999, to: 104 }) }),
  session(4, {}),
  session(5, { device: 'lamp-0005', class: 'street-light', vlan: 101, port: null }),
  session(6, { device: 'gateway-docks', class: 'site-gateway', vlan: 100 }),
];

interface Kept {
  networks: NetworkIdentity[];
  access: Access;
}
const kept = new WeakMap<MockState, Kept>();
const made = (calm: boolean): Kept => ({
  networks: calm
    ? []
    : [
        network('gateway-docks', {
          ...{ kind: 'site-gateway', name: 'Gateway of the docks', state: 'registered', ...noCertificate },
          speaksFor: { devices: [], sites: ['site-0004'] },
        }),
        network('lora-east', {}),
        network('radius-server', {
          ...{ kind: 'radius-server', name: 'RADIUS server', notAfter: Date.now() + 11.4 * DAY },
          speaksFor: { devices: [], sites: [] },
        }),
        network('trams-apn', {
          ...{ kind: 'mobile-apn', name: 'Access point of the trams', state: 'ended', reason: 'Contract over' },
          speaksFor: { devices: ['sign-0001'], sites: [] },
        }),
      ],
  access: {
    plan: {
      quarantine: 999,
      classes: [
        { class: 'street-light', vlan: 101 },
        { class: 'signal', vlan: 102 },
        { class: 'camera', vlan: 104 },
        { class: 'site-gateway', vlan: 100 },
      ],
    },
    switches: calm
      ? []
      : [
          { name: 'east', address: EAST, coaPort: 3_799 },
          { name: 'west', address: '192.0.2.11', coaPort: 3_799 },
        ],
    sessions: calm ? [] : sessions(),
    count: calm ? 0 : sessions().length,
    moves: calm
      ? []
      : [
          move(7, { to: null, outcome: 'ended' }),
          move(8, {
            nas: '192.0.2.99',
            outcome: 'failed',
            why: 'move session at "192.0.2.99": no switch with this address is set up',
          }),
        ],
    certificates: calm
      ? []
      : [
          { kind: 'server', notAfter: Date.now() + 318 * DAY, state: 'good' },
          { kind: 'client', notAfter: Date.now() + 11.4 * DAY, state: 'ends-soon' },
        ],
  },
});
const keptOf = (state: MockState): Kept => {
  const found = kept.get(state) ?? made(state.calm);
  kept.set(state, found);
  return found;
};
/** What the mock's server says in its health; the same as the page shows. */
export const mockReminders = (state: MockState): string[] =>
  keptOf(state).access.certificates.some(({ state: one }) => one !== 'good')
    ? ['The certificate by which the RADIUS server asks the city ends in 12 days']
    : [];

function change(state: MockState, asked: Asked, to: Partial<NetworkIdentity>): NetworkIdentity {
  const all = keptOf(state);
  const id = asked.params['id']!;
  all.networks = all.networks.map((one) => (one.id === id ? { ...one, ...to } : one));
  const found = all.networks.find((one) => one.id === id);
  if (!found) throw new MockRefusal(404, 'NETWORK_UNKNOWN', `change network "${id}": no such network is registered`);
  return found;
}

export const networkHandlers: Readonly<Record<string, (state: MockState, asked: Asked) => unknown>> = {
  listNetworks: (state) => ({ networks: keptOf(state).networks }),
  getNetworkAccess: (state) => keptOf(state).access,
  setVlans: (state, { body }) => {
    const all = keptOf(state);
    all.access = { ...all.access, plan: body as VlanPlan };
    return all.access.plan;
  },
  registerNetwork: (state, { body }) => {
    const draft = body as NetworkDraft;
    const all = keptOf(state);
    if (all.networks.some(({ id }) => id === draft.id))
      throw new MockRefusal(409, 'NETWORK_KNOWN', `register network "${draft.id}": it is registered already`);
    const one = network(draft.id, { ...draft, state: 'registered', ...noCertificate, registered: Date.now() });
    all.networks = [...all.networks, one];
    return one;
  },
  setSpeaksFor: (state, asked) => change(state, asked, { speaksFor: asked.body as SpeaksFor }),
  issueNetworkCode: (_, { params }) => ({
    network: params['id'],
    code: 'quay-4410-lamp-9271',
    expires: Date.now() + HOUR,
    url: 'https://localhost:8443/.well-known/est',
  }),
  endNetwork: (state, asked) =>
    change(state, asked, { state: 'ended', reason: (asked.body as { reason: string }).reason }),
};
