/** The mock's door: who waits, who is unknown, which makers' roots are trusted. */
import { createHash } from 'node:crypto';
import type { Discovery, MakerRoot, Waiting } from '@cityward/contracts';
import { HOUR, MockRefusal, type Asked, type MockState } from './mock-state.ts';

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
interface Door {
  waiting: Waiting[];
  discoveries: Discovery[];
  roots: MakerRoot[];
}
const doors = new WeakMap<MockState, Door>();

const waiting = (i: number, some: Partial<Waiting>): Waiting => ({
  id: `enr-${i}m9c0q4x1ab3d5k7`,
  device: `cam-${String(40 + i).padStart(4, '0')}`,
  way: 'factory',
  state: 'waiting',
  why: 'asked-for',
  serial: `ACCC8E${410_000 + i * 37}`,
  maker: 'argus',
  keyHash: sha(`key ${i}`),
  address: `10.21.4.${20 + i}`,
  asked: Date.now() - (i + 1) * 900_000,
  lastAsked: Date.now() - 40_000 * (i + 1),
  judged: null,
  by: null,
  reason: null,
  ...some,
});
const unknown = (i: number, some: Partial<Discovery>): Discovery => ({
  id: `dsc-${i}m9c0q4x1ab3d5k7`,
  state: 'quarantined',
  why: 'serial-unknown',
  way: 'factory',
  claimed: null,
  serial: `ACCC8E${990_000 + i}`,
  maker: 'argus',
  subject: `CN=ACCC8E${990_000 + i}, O=Argus Optics`,
  keyHash: sha(`unknown ${i}`),
  address: `10.23.9.${80 + i}`,
  first: Date.now() - 30 * HOUR,
  last: Date.now() - (i + 1) * 240_000,
  times: 17 * (i + 1),
  ...some,
});

function doorOf(state: MockState): Door {
  let door = doors.get(state);
  if (!door) {
    const judged = { judged: Date.now() - HOUR, by: 'prs-0001' };
    door = state.calm
      ? { waiting: [], discoveries: [], roots: [] }
      : {
          waiting: [
            waiting(1, { why: 'second-claim' }),
            waiting(2, {}),
            waiting(3, { way: 'code', serial: null, maker: null }),
            waiting(4, { ...judged, state: 'issued', reason: 'Seen on site, serial matches' }),
            waiting(5, { ...judged, state: 'refused', reason: 'Not installed by us' }),
          ],
          discoveries: [
            unknown(1, {}),
            unknown(2, { why: 'maker-differs' }),
            unknown(3, {
              why: 'id-unknown',
              way: 'code',
              claimed: 'cam-9999',
              serial: null,
              maker: null,
              subject: null,
            }),
          ],
          roots: [
            {
              fingerprint: sha('argus root'),
              maker: 'argus',
              subject: 'CN=Argus Optics Device Root CA 2, O=Argus Optics',
              notAfter: Date.now() + 9_000 * 24 * HOUR,
              approval: 'each',
              pinned: Date.now() - 300 * HOUR,
              by: 'prs-0001',
            },
          ],
        };
    doors.set(state, door);
  }
  return door;
}

const judge =
  (to: 'approved' | 'refused') =>
  (state: MockState, asked: Asked): Waiting => {
    const door = doorOf(state);
    const found = door.waiting.find(({ id }) => id === asked.params['id']);
    if (!found)
      throw new MockRefusal(404, 'ENROLMENT_UNKNOWN', `judge enrolment "${asked.params['id']}": there is none`);
    const { reason } = asked.body as { reason: string };
    const next: Waiting = { ...found, state: to, judged: Date.now(), by: 'prs-0001', reason };
    door.waiting = door.waiting.map((one) => (one === found ? next : one));
    return next;
  };

export const enrolHandlers: Readonly<Record<string, (state: MockState, asked: Asked) => unknown>> = {
  listEnrolments: (state) => ({ enrolments: doorOf(state).waiting }),
  approveEnrolment: judge('approved'),
  refuseEnrolment: judge('refused'),
  listDiscoveries: (state) => ({ discoveries: doorOf(state).discoveries }),
  dismissDiscovery: (state, { params }) => {
    const door = doorOf(state);
    door.discoveries = door.discoveries.map((one) => (one.id === params['id'] ? { ...one, state: 'dismissed' } : one));
    return door.discoveries.find((one) => one.id === params['id']);
  },
  listMakerRoots: (state) => ({ roots: doorOf(state).roots }),
  pinMakerRoot: (state, { body }) => {
    const { maker, fingerprint, approval } = body as { maker: string; fingerprint: string; approval?: 'each' };
    const root: MakerRoot = {
      fingerprint: fingerprint.replaceAll(':', '').toLowerCase(),
      maker,
      subject: `CN=${maker} root`,
      notAfter: Date.now() + 9_000 * 24 * HOUR,
      approval: approval ?? 'automatic',
      pinned: Date.now(),
      by: 'prs-0001',
    };
    doorOf(state).roots.push(root);
    return root;
  },
  removeMakerRoot: (state, { params }) => {
    const door = doorOf(state);
    door.roots = door.roots.filter(({ fingerprint }) => fingerprint !== params['fingerprint']);
    return { roots: door.roots };
  },
};
