/** The mock's wanted configuration: documents by class, site and device, and street lights that differ. */
import { createHash } from 'node:crypto';
import type { ChangeDraft, DesiredPart, DeviceDesired } from '@cityward/contracts';
import { HOUR, MockRefusal, type Asked, type MockState } from './mock-state.ts';

const DOCUMENT = createHash('sha256').update('wanted of street lights').digest('hex');
const OTHER = createHash('sha256').update('what they run').digest('hex');
const DAY = 24 * HOUR;
const DRIFTING = 6;
const SAMPLE_MAX = 20;
const LAMPS = { dimming: { from: '23:00', level: 40 }, ntp: { servers: ['time.merrow.example'] }, telnet: false };

const kept = new WeakMap<MockState, DesiredPart[]>();
const partsOf = (state: MockState): DesiredPart[] => {
  const by = 'prs-1000';
  const first: DesiredPart[] = [
    { scope: 'class', key: 'street-light', document: LAMPS, by, at: Date.now() - 9 * DAY },
    { scope: 'class', key: 'camera', document: { ntp: LAMPS.ntp, rtsp: { tls: true } }, by, at: Date.now() - 8 * DAY },
    { scope: 'site', key: 'site-quay-2', document: { dimming: { level: 60 } }, by, at: Date.now() - 2 * DAY },
    { scope: 'device', key: 'cam-0003', document: { rtsp: { port: 8554 } }, by, at: Date.now() - 3 * HOUR },
  ];
  const parts = kept.get(state) ?? (state.calm ? [] : first);
  kept.set(state, parts);
  return parts;
};

/** Who is wanted to run the document of street lights and shows another. */
export const driftingIn = (state: MockState): string[] =>
  state.rows
    .filter((row) => row.class === 'street-light')
    .slice(0, DRIFTING)
    .map((row) => row.id);

function mending(devices: number): ChangeDraft {
  return {
    title: `Mend the configuration of ${devices} devices`,
    action: { do: 'configure', document: DOCUMENT },
    revert: null,
    selection: { classes: [], models: [], wards: [], sites: [], running: [], devices: [], drift: DOCUMENT },
    options: {},
    tracks: [],
    notBefore: Date.now(),
    notAfter: Date.now() + 7 * DAY,
  };
}

function desiredOf(state: MockState, id: string): DeviceDesired {
  const row = state.rows.find((one) => one.id === id);
  if (!row) throw new MockRefusal(404, 'DEVICE_UNKNOWN', `find device "${id}": there is none`);
  const lamp = row.class === 'street-light';
  const key = row.class;
  const drifted = driftingIn(state).includes(id);
  if (!lamp)
    return { device: id, hash: null, document: null, origins: [], running: null, drift: 'not-wanted', difference: [] };
  return {
    device: id,
    hash: DOCUMENT,
    document: LAMPS,
    origins: ['dimming.from', 'dimming.level', 'ntp.servers', 'telnet'].map((path) => ({ path, scope: 'class', key })),
    running: drifted ? OTHER : DOCUMENT,
    drift: drifted ? 'drifted' : 'none',
    difference: drifted
      ? [
          { path: 'dimming.level', is: 100, wanted: 40 },
          { path: 'ntp.servers', is: ['pool.example'], wanted: LAMPS.ntp.servers },
          { path: 'telnet', is: true, wanted: false },
        ]
      : [],
  };
}

export const desiredHandlers: Readonly<Record<string, (state: MockState, asked: Asked) => unknown>> = {
  listDesired: (state) => ({ parts: partsOf(state) }),
  setDesired: (state, { params, body }) => {
    const { document } = body as Pick<DesiredPart, 'document'>;
    const scope = params['scope'] as DesiredPart['scope'];
    const part: DesiredPart = { scope, key: params['key']!, document, by: 'prs-1000', at: Date.now() };
    const others = partsOf(state).filter((one) => one.scope !== scope || one.key !== part.key);
    kept.set(state, Object.keys(document).length === 0 ? others : [...others, part]);
    return part;
  },
  getDesired: (state, { params }) => desiredOf(state, params['id'] ?? ''),
  listDrift: (state) => {
    const devices = state.calm ? [] : driftingIn(state);
    const group = { document: DOCUMENT, devices: devices.length, draft: mending(devices.length) };
    return { groups: devices.length === 0 ? [] : [{ ...group, sample: devices.slice(0, SAMPLE_MAX) }] };
  },
};
