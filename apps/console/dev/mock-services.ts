/** The mock's cloud services: one with a secret, one with a certificate, one that has ended. */
import { createHash } from 'node:crypto';
import type { Reach, ServiceDraft, ServiceIdentity } from '@cityward/contracts';
import { HOUR, MockRefusal, type Asked, type MockState } from './mock-state.ts';

const DAY = 24 * HOUR;
const ISSUER = 'https://localhost:8445';

const service = (draft: ServiceDraft, some: Partial<ServiceIdentity> = {}): ServiceIdentity => ({
  ...draft,
  state: 'active',
  registered: Date.now() - 60 * DAY,
  by: 'prs-0001',
  secret: null,
  publicKey: null,
  spiffe: `spiffe://port-merrow.test/service/${draft.id}`,
  certificate: null,
  lastUsed: null,
  ended: null,
  ...some,
});
const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const all = new WeakMap<MockState, ServiceIdentity[]>();
const made = (calm: boolean): ServiceIdentity[] =>
  calm
    ? []
    : [
        service(
          {
            id: 'flood-model',
            name: 'Flood model of the harbour',
            owner: 'argus',
            reach: { data: ['devices'], sites: ['site-0004', 'site-0009'] },
          },
          {
            certificate: { serial: '4A'.repeat(16), notAfter: Date.now() + 7 * HOUR },
            publicKey: sha('flood'),
            lastUsed: Date.now() - 90_000,
          },
        ),
        service(
          {
            id: 'open-data',
            name: 'Open data portal',
            owner: 'prs-0001',
            reach: { data: ['city', 'devices'], sites: [] },
          },
          { secret: Date.now() - 31 * DAY, lastUsed: Date.now() - 52 * DAY },
        ),
        service(
          { id: 'parking-app', name: 'Parking app', owner: 'argus', reach: { data: ['devices'], sites: [] } },
          { state: 'ended', ended: { at: Date.now() - 3 * DAY, by: 'prs-0001', reason: 'Contract over' } },
        ),
      ];
const listOf = (state: MockState): ServiceIdentity[] => {
  const found = all.get(state) ?? made(state.calm);
  all.set(state, found);
  return found;
};
function change(state: MockState, { params }: Asked, to: Partial<ServiceIdentity>): ServiceIdentity {
  const id = params['id']!;
  all.set(
    state,
    listOf(state).map((one) => (one.id === id ? { ...one, ...to } : one)),
  );
  const found = listOf(state).find((one) => one.id === id);
  if (!found) throw new MockRefusal(404, 'SERVICE_UNKNOWN', `find service "${id}": there is none with this id`);
  return found;
}

export const serviceHandlers: Readonly<Record<string, (state: MockState, asked: Asked) => unknown>> = {
  listServices: (state) => ({ services: listOf(state), issuer: ISSUER }),
  registerService: (state, { body }) => {
    const draft = body as ServiceDraft;
    if (listOf(state).some(({ id }) => id === draft.id))
      throw new MockRefusal(409, 'SERVICE_KNOWN', `register "${draft.id}": there is or was a service with this id`);
    const one = service(draft, { registered: Date.now() });
    all.set(state, [...listOf(state), one]);
    return one;
  },
  setServiceReach: (state, asked) => change(state, asked, { reach: asked.body as Reach }),
  setServiceKey: (state, asked) => {
    const { publicKey } = asked.body as { publicKey: string };
    if (!publicKey.includes('BEGIN PUBLIC KEY'))
      throw new MockRefusal(400, 'KEY_NOT_ACCEPTED', `set key of "${asked.params['id']}": wanted a public key in PEM`);
    return change(state, asked, { publicKey: sha(publicKey) });
  },
  issueServiceSecret: (state, asked) => {
    const { id } = change(state, asked, { secret: Date.now() });
    return { service: id, secret: 'k2m9c0q4x1ab3d5k2m9c0q4x1ab3d5k2m9c0q4x1abc', tokenUrl: `${ISSUER}/oauth/token` };
  },
  issueServiceCode: (_, { params }) => ({
    service: params['id'],
    code: 'KM9C0-Q4X1A-B3D5K-2M9C0',
    expires: Date.now() + HOUR,
    url: `${ISSUER}/service/certificate`,
  }),
  endService: (state, asked) => {
    const { reason } = asked.body as { reason: string };
    const ended = { at: Date.now(), by: 'prs-0001', reason };
    return change(state, asked, { state: 'ended', secret: null, certificate: null, ended });
  },
};
