/** The mock's gate: a camera with a factory password, one that is ready, and the ways out. */
import { createHash } from 'node:crypto';
import { GATE_CHECKS, type Gate, type GateCheck, type Held, type Leaving, type Theft } from '@cityward/contracts';
import { HOUR, MockRefusal, type Asked, type MockState } from './mock-state.ts';

const green = (check: GateCheck['check']): GateCheck => ({
  check,
  state: 'passed',
  why: {
    'default-credentials': 'It refused all 12 known factory passwords',
    tls: 'Its web page speaks TLSv1.3 only',
    'firmware-track': 'It runs 11.8.2; wanted is at least 11.8',
    clock: 'Its clock is right',
    baseline: 'It is as the baseline wants it, 100 of 100',
  }[check],
  fix: null,
  at: Date.now() - 60_000,
  by: 'switch-0004',
  evidence: {},
  exception: null,
});
const BAD: readonly GateCheck[] = [
  {
    ...green('default-credentials'),
    state: 'failed',
    why: 'It lets in whoever knows the factory password "root-pass"',
    fix: 'Set a password of its own for every account, remove accounts that nobody needs, then test again.',
  },
  {
    ...green('tls'),
    state: 'failed',
    why: 'It takes passwords over plain HTTP',
    fix: 'Set its web page to HTTPS only, then test again.',
  },
  green('firmware-track'),
  green('clock'),
  {
    ...green('baseline'),
    state: 'unknown',
    why: 'Its baseline has not been read yet',
    fix: 'Read it: "cityward baseline scan".',
    at: null,
    by: null,
  },
];
type Exception = NonNullable<GateCheck['exception']>;
const exceptions = new WeakMap<MockState, Map<string, Exception>>();
const exceptionsOf = (state: MockState): Map<string, Exception> => {
  const all = exceptions.get(state) ?? new Map<string, Exception>();
  exceptions.set(state, all);
  return all;
};
const gateOf = (state: MockState, device: string): Gate => {
  const bad = device === 'cam-0042';
  const checks = (bad ? BAD : GATE_CHECKS.map(green)).map((one) => ({
    ...one,
    exception: exceptionsOf(state).get(`${device} ${one.check}`) ?? null,
  }));
  const open = checks.filter((one) => one.state !== 'passed' && one.exception === null).length;
  return {
    device,
    state: open > 0 ? 'testing' : 'ready',
    words: open > 0 ? `${open} checks are not green` : 'Every check is green or let be: it may be handed over',
    checks,
    gateway: 'switch-0004',
    looking: null,
    handover: null,
  };
};
const held: Held = {
  datasets: [{ id: 'ds-0001', name: 'Quay Street footage', purpose: 'Safety at crossings', people: 41 }],
  people: 41,
  services: ['Cameras'],
  words: [
    'A memory card with up to 24 hours of pictures. They may be read unless the card is encrypted.',
    'It feeds Quay Street footage (Safety at crossings), about 41 people.',
  ],
};
const leavings = new WeakMap<MockState, Map<string, Partial<Leaving>>>();
const leavingOf = (state: MockState, device: string): Leaving => ({
  device,
  hardware: { serial: 'ACCC8E000042', mac: null, model: 'P3265-LVE', firmware: '11.8.2' },
  held,
  wipe: {
    possible: true,
    why: 'Its gateway gw-0001 takes signed changes for it, and reaches it now',
    gateway: 'gw-0001',
  },
  replacements: [],
  retirement: null,
  theft: null,
  ...leavings.get(state)?.get(device),
});
function keep(state: MockState, device: string, change: Partial<Leaving>): void {
  const all = leavings.get(state) ?? new Map<string, Partial<Leaving>>();
  leavings.set(state, all.set(device, { ...all.get(device), ...change }));
}
const idOf = ({ params }: Asked): string => params['id']!;
const reasonOf = ({ body }: Asked): string => (body as { reason: string }).reason;
const act = { by: 'prs-0001' } as const;

export const gateHandlers: Readonly<Record<string, (state: MockState, asked: Asked) => unknown>> = {
  listGates: (state) => ({ gates: state.calm ? [] : [gateOf(state, 'cam-0042'), gateOf(state, 'cam-0043')] }),
  getGate: (state, asked) => gateOf(state, idOf(asked)),
  testGate: (state, asked) => gateOf(state, idOf(asked)),
  exceptGateCheck: (state, asked) => {
    const body = asked.body as Pick<Exception, 'owner' | 'until' | 'reason'>;
    exceptionsOf(state).set(`${idOf(asked)} ${asked.params['check']}`, { ...body, ...act, at: Date.now() });
    return gateOf(state, idOf(asked));
  },
  withdrawGateException: (state, asked) => {
    exceptionsOf(state).delete(`${idOf(asked)} ${asked.params['check']}`);
    return gateOf(state, idOf(asked));
  },
  draftHandover: (_, asked) => {
    throw new MockRefusal(409, 'GATE_NOT_GREEN', `hand over "${idOf(asked)}": the mock signs nothing`);
  },
  handOver: (_, asked) => {
    throw new MockRefusal(409, 'DRAFT_OTHER', `hand over "${idOf(asked)}": the mock signs nothing`);
  },
  listHandovers: () => ({ handovers: [] }),
  listTracks: () => ({ tracks: [] }),
  getLeaving: (state, asked) => leavingOf(state, idOf(asked)),
  reportStolen: (state, asked): Theft => {
    const theft: Theft = {
      device: idOf(asked),
      at: Date.now(),
      ...act,
      reason: reasonOf(asked),
      seen: 0,
      last: null,
      held,
    };
    keep(state, theft.device, { theft });
    return theft;
  },
  retireDevice: (state, asked) => {
    const { wipe } = asked.body as { wipe: boolean };
    const retirement: NonNullable<Leaving['retirement']> = {
      device: idOf(asked),
      state: 'closed',
      change: null,
      wiped: 'unproven',
      erased: wipe
        ? [
            { item: 'card', state: 'failed', reason: 'the camera does not erase it: The disk is locked' },
            { item: 'recordings', state: 'done', reason: '12 removed one by one' },
            { item: 'settings', state: 'done', reason: null },
          ]
        : [],
      reportedBy: wipe ? 'gw-0001' : null,
      why: wipe
        ? 'Its gateway gw-0001 reported that it is not erased: its memory card is locked'
        : 'Nobody asked it to erase itself',
      reason: reasonOf(asked),
      ...act,
      at: Date.now(),
      closed: Date.now(),
      hash: createHash('sha256').update(idOf(asked)).digest('hex'),
    };
    keep(state, retirement.device, { retirement });
    return retirement;
  },
  replaceDevice: (state, asked) => {
    const before = leavingOf(state, idOf(asked)).hardware;
    const { hardware: after, reason } = asked.body as { hardware: Leaving['hardware']; reason: string };
    const one: Leaving['replacements'][number] = {
      id: 'rpl-7k2m9c0q4x1ab3d5',
      device: idOf(asked),
      state: 'waiting',
      before,
      after,
      certificate: null,
      reason,
      ...act,
      at: Date.now() - HOUR,
      ended: null,
    };
    keep(state, one.device, { replacements: [one] });
    return one;
  },
};
