/** Temporary access for the mock: one that waits, one that runs, and some that have ended. */
import type { TemporaryAccess, VisitedDevice } from '@cityward/contracts';
import { HOUR, MockRefusal, type Asked, type MockState } from './mock-state.ts';

export const VENDOR = 'prs-0004';
const OPERATOR = 'prs-0002';

export function mockAccess(now: number): TemporaryAccess[] {
  const one: Omit<TemporaryAccess, 'id' | 'state'> = {
    person: VENDOR,
    role: 'vendor',
    sites: [],
    devices: ['cam-0003', 'cam-0007'],
    from: now - HOUR,
    until: now + 2 * HOUR,
    reason: 'Replace the lens of both cameras',
    asked: now - 2 * HOUR,
    by: VENDOR,
    judged: { at: now - HOUR, by: OPERATOR, reason: 'Work order 4411' },
    ended: null,
  };
  const waits = { ...one, judged: null, from: now - HOUR / 4, asked: now - HOUR / 4 };
  return [
    { ...waits, id: 'acc-1m9c0q4x1ab3d5k7', state: 'asked', sites: ['site-0012'], devices: [] },
    { ...waits, id: 'acc-2m9c0q4x1ab3d5k7', state: 'asked', by: 'prs-0001', role: 'installer', reason: 'New lamps' },
    { ...one, id: 'acc-3m9c0q4x1ab3d5k7', state: 'running' },
    {
      ...one,
      id: 'acc-4m9c0q4x1ab3d5k7',
      state: 'ended',
      until: now - 20 * HOUR,
      from: now - 24 * HOUR,
      asked: now - 25 * HOUR,
      ended: { at: now - 22 * HOUR, by: OPERATOR, why: 'taken-back', reason: 'Wrong devices' },
    },
    {
      ...one,
      id: 'acc-5m9c0q4x1ab3d5k7',
      state: 'refused',
      asked: now - 50 * HOUR,
      judged: { at: now - 49 * HOUR, by: OPERATOR, reason: 'No work order' },
    },
  ];
}

const find = (state: MockState, { params }: Asked): TemporaryAccess => {
  const one = state.access.find(({ id }) => id === params['id']);
  if (!one) throw new MockRefusal(404, 'ACCESS_UNKNOWN', `find access "${params['id']}": there is none with this id`);
  return one;
};
const keep = (state: MockState, one: TemporaryAccess): TemporaryAccess => {
  state.access = state.access.map((before) => (before.id === one.id ? one : before));
  return one;
};
const me = (state: MockState): string => (state.visitor ? VENDOR : 'prs-0001');

export const accessHandlers = {
  listAccess: (state: MockState) => ({
    access: state.access,
    people: state.people.map(({ id, handle }) => ({ id, handle })),
  }),
  myAccess: (state: MockState) => ({ access: state.access.filter(({ person }) => person === me(state)) }),
  myDevices: (state: MockState) => {
    const ids = new Set(state.access.filter((one) => one.state === 'running').flatMap(({ devices }) => devices));
    const devices = state.rows
      .filter(({ id }) => ids.has(id))
      .map(({ id, name, class: kind, site, state: now }): VisitedDevice => ({
        id,
        name,
        class: kind,
        site,
        state: now,
      }));
    return { total: devices.length, devices };
  },
  askAccess: (state: MockState, { body }: Asked) => {
    const draft = body as Pick<TemporaryAccess, 'role' | 'sites' | 'devices' | 'until' | 'reason'> & {
      person?: string;
    };
    const asked = Date.now();
    const id = `acc-${1000 + state.access.length}`;
    const fixed = { id, state: 'asked', asked, by: me(state), judged: null, ended: null } as const;
    const one: TemporaryAccess = { from: asked, ...draft, ...fixed, person: draft.person ?? me(state) };
    state.access = [one, ...state.access];
    return one;
  },
  judgeAccess: (state: MockState, asked: Asked) => {
    const { approve, reason } = asked.body as { approve: boolean; reason: string };
    const judged = { at: Date.now(), by: me(state), reason };
    return keep(state, { ...find(state, asked), state: approve ? 'running' : 'refused', judged });
  },
  endAccess: (state: MockState, asked: Asked) => {
    const { reason } = asked.body as { reason: string };
    const why = state.visitor ? 'given-back' : 'taken-back';
    return keep(state, {
      ...find(state, asked),
      state: 'ended',
      ended: { at: Date.now(), by: me(state), why, reason },
    });
  },
};
