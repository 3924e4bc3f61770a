/** The mock's changes of devices: one running, one to be signed, one rolled back; and what people do with them. */
import { createHash } from 'node:crypto';
import {
  CHANGE_DEVICE_STATES,
  JOB_DOMAIN,
  type ArtifactCard,
  type Change,
  type ChangeAttempt,
  type ChangeDetail,
  type ChangeDraft,
  type ChangePlan,
  type ChangeToSign,
  type LiveEvent,
} from '@cityward/contracts';
import { canonicalJson, type Json } from '@cityward/kernel';
import { desiredHandlers, driftingIn } from './mock-desired.ts';
import { HOUR, MockRefusal, type Asked, type MockState } from './mock-state.ts';

const DAY = 24 * HOUR;
type Counts = Change['waves'][number]['counts'];
const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const countsOf = (some: Partial<Counts>): Counts => ({
  ...(Object.fromEntries(CHANGE_DEVICE_STATES.map((state) => [state, 0])) as Counts),
  ...some,
});

export const artifacts = (): ArtifactCard[] =>
  (
    [
      ['lumen-lx2', '2.4.0', ['street-light'], ['Lumen LX2']],
      ['lumen-lx2', '2.3.1', ['street-light'], ['Lumen LX2']],
      ['argus-c40', '4.8.2', ['camera'], ['Argus C40']],
      ['argus-c40', '4.7.0', ['camera'], ['Argus C40']],
    ] as const
  ).map(([name, version, classes, models], i) => ({
    name,
    version,
    sha256: sha(`${name} ${version}`),
    size: 8_400_000 + i * 120_000,
    kind: 'firmware',
    classes: [...classes],
    models: [...models],
    hardware: [],
    at: Date.now() - (i + 1) * DAY,
    by: 'prs-0001',
  }));

const WAVES = ['canary', '10 %', 'all'] as const;
const sizesOf = (devices: number, canary = 10): number[] => {
  const first = Math.min(devices, canary);
  const second = Math.max(0, Math.ceil(devices / 10) - first);
  return [first, second, devices - first - second].filter((size) => size > 0);
};

export function planOf(state: MockState, draft: ChangeDraft): ChangePlan {
  const { selection, action } = draft;
  const drifted = driftingIn(state);
  const meant = state.rows.filter(
    (row) =>
      (selection.classes.length === 0 || selection.classes.includes(row.class)) &&
      (selection.wards.length === 0 || selection.wards.includes(row.ward?.id ?? '')) &&
      (selection.models.length === 0 || selection.models.includes(row.model)) &&
      (selection.drift === undefined || drifted.includes(row.id)),
  );
  const held = meant.filter((row) => row.state === 'unknown' || row.state === 'quarantined');
  const rows = meant.filter((row) => !held.includes(row));
  const to = action.do === 'install' ? action.artifact.version : null;
  const tally = (key: (row: (typeof rows)[number]) => string): [string, number][] => {
    const counts = new Map<string, number>();
    for (const row of rows) counts.set(key(row), (counts.get(key(row)) ?? 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1]);
  };
  const touch = (what: 'class' | 'ward', key: (row: (typeof rows)[number]) => string) =>
    tally(key).map(([name, devices]) => ({
      what,
      name,
      devices,
      of: state.rows.filter((row) => key(row) === name).length,
      atOnce: Math.ceil(devices / 4),
    }));
  const sizes = sizesOf(rows.length, draft.options.canary);
  return {
    title: draft.title,
    devices: rows.length,
    waves: sizes.map((devices, i) => ({ name: i === sizes.length - 1 && i > 0 ? 'all' : WAVES[i]!, devices })),
    difference: tally((row) => row.firmware!.split('.')[0]!)
      .slice(0, 3)
      .map(([from, devices]) => ({ from: `${from}.1.4`, to, devices })),
    steps: [{ to, devices: rows.length }],
    excluded: held.length
      ? [
          {
            reason: 'unknown',
            words: 'Not enrolled: nobody knows who it is',
            devices: held.length,
            sample: held.slice(0, 5).map((row) => row.id),
          },
        ]
      : [],
    touches: [...touch('class', (row) => row.class), ...touch('ward', (row) => row.ward?.id ?? '')],
    opens: draft.notBefore,
    sentence: `${rows.length} devices in ${sizes.length} waves, at most ${Math.ceil(rows.length / 4)} at one time`,
  };
}

const OPTIONS: ChangeDetail['options'] = {
  canary: 10,
  shares: [0.1, 1],
  threshold: 0.05,
  atThreshold: 'stop',
  perSite: 4,
  healthMs: HOUR / 12,
  soakMs: HOUR / 2,
  windows: [],
  zone: 'UTC',
};
interface Kept {
  change: Change;
  readonly plan: ChangePlan;
  readonly options: ChangeDetail['options'];
  decisions: ChangeDetail['decisions'];
}
const kept = new WeakMap<MockState, Kept[]>();

export function draftOf(title: string, classes: ChangeDraft['selection']['classes'], version: number): ChangeDraft {
  const [to, back] = artifacts().slice(version, version + 2) as [ArtifactCard, ArtifactCard];
  const ref = ({ name, version: v, sha256, size }: ArtifactCard) => ({ name, version: v, sha256, size });
  return {
    title,
    action: { do: 'install', artifact: ref(to) },
    revert: { to: ref(back), until: Date.now() + 14 * DAY },
    selection: { classes, models: [], wards: [], sites: [], running: [], devices: [] },
    options: {},
    tracks: [],
    notBefore: Date.now() - HOUR,
    notAfter: Date.now() + 7 * DAY,
  };
}

function make(state: MockState, draft: ChangeDraft, id: string): Kept {
  const plan = planOf(state, draft);
  return {
    plan,
    options: { ...OPTIONS, ...draft.options },
    decisions: [],
    change: {
      id,
      title: draft.title,
      state: 'planned',
      words: 'Planned; waits for signatures',
      action: draft.action,
      revert: draft.revert,
      selection: draft.selection,
      after: null,
      counter: 41,
      devices: plan.devices,
      planned: { by: 'prs-0001', at: Date.now() - 2 * HOUR },
      started: null,
      ended: null,
      notBefore: draft.notBefore,
      notAfter: draft.notAfter,
      signed: { needed: 2, officers: ['hana'], wantsOffline: true, complete: false },
      waves: plan.waves.map(({ name, devices }) => ({
        name,
        state: 'waiting',
        devices,
        opened: null,
        counts: countsOf({ waiting: devices }),
      })),
    },
  };
}

/** Two waves reached, the last open: some of every state. */
function underWay(one: Kept): Kept {
  const { change } = one;
  const last = change.waves.at(-1)!.devices;
  const share = (of: number): number => Math.floor(last * of);
  const moving = { done: share(0.4), failed: 3, installing: share(0.08), restarting: share(0.05), offline: 4 };
  const left = last - Object.values(moving).reduce((sum, n) => sum + n, 0);
  change.signed = { needed: 2, officers: ['hana', 'piet'], wantsOffline: false, complete: true };
  Object.assign(change, {
    state: 'running',
    started: Date.now() - HOUR,
    words: '8 of 8 devices of wave "10 %" are done',
  });
  change.waves = change.waves.map((wave, i) => ({
    ...wave,
    opened: Date.now() - HOUR + i * 1_200_000,
    state: i === change.waves.length - 1 ? 'open' : 'reached',
    counts: countsOf(i === change.waves.length - 1 ? { ...moving, waiting: left } : { done: wave.devices }),
  }));
  one.decisions = [
    { at: Date.now() - HOUR / 3, by: 'system', words: 'Wave "all" opens: 8 of 8 devices of wave "10 %" are done' },
    { at: Date.now() - HOUR, by: 'prs-0001', words: 'Started: the night window is open' },
  ];
  return one;
}

export const rotationOf = (what: 'credentials' | 'certificate', classes: ChangeDraft['selection']['classes']) => ({
  ...draftOf(`New ${what === 'credentials' ? 'credentials' : 'certificates'} for ${classes.join(', ')}`, classes, 0),
  action: { do: 'rotate', what } as const,
  revert: null,
});
const finished = (one: Kept): Kept => {
  const waves = one.change.waves.map((wave) => ({
    ...wave,
    state: 'reached' as const,
    opened: Date.now() - 2 * DAY,
    counts: countsOf({ done: wave.devices }),
  }));
  const when = { started: Date.now() - 2 * DAY, ended: Date.now() - DAY };
  one.change = { ...one.change, ...when, waves, state: 'finished', words: 'Every wave has reached its mark' };
  return one;
};
/** Every rotation that was planned, newest first. */
export const rotations = (state: MockState): Change[] =>
  all(state)
    .map(({ change }) => change)
    .filter(({ action }) => action.do === 'rotate');

function all(state: MockState): Kept[] {
  let mine = kept.get(state);
  if (!mine) {
    mine = state.calm
      ? []
      : [
          make(state, draftOf('Cameras to 4.8.2', ['camera'], 2), 'chg-2m9c0q4x1ab3d5k7'),
          underWay(make(state, draftOf('Street lights to 2.4.0', ['street-light'], 0), 'chg-7k2m9c0q4x1ab3d5')),
          underWay(make(state, rotationOf('certificate', ['street-light']), 'chg-5r2m9c0q4x1ab3d5')),
          finished(make(state, rotationOf('credentials', ['camera']), 'chg-3r2m9c0q4x1ab3d5')),
        ];
    kept.set(state, mine);
  }
  return mine;
}
const one = (state: MockState, id: string | undefined): Kept => {
  const found = all(state).find(({ change }) => change.id === id);
  if (!found) throw new MockRefusal(404, 'CHANGE_UNKNOWN', `read change "${id}": there is no such change`);
  return found;
};

const jobOf = ({ change }: Kept): ChangeDetail['job'] => ({
  kind: 'cityward-job',
  version: 1,
  id: change.id,
  city: 'Port Merrow',
  title: change.title,
  devices: { count: Math.max(1, change.devices), root: sha(change.id) },
  action: change.action,
  notBefore: change.notBefore,
  notAfter: change.notAfter,
  revert: change.revert,
});

const detailOf = (found: Kept): ChangeDetail => ({
  change: found.change,
  job: jobOf(found),
  plan: found.plan,
  options: found.options,
  failures: found.change.started
    ? [
        { outcome: 'silent', part: 'forward', attempts: 4 },
        { outcome: 'wrong-version', part: 'forward', attempts: 2 },
      ]
    : [],
  chart: [],
  decisions: found.decisions,
  frozen: found.change.started
    ? [{ scope: 'site-mole-2', until: Date.now() + 3 * HOUR, reason: 'An incident touches this site', devices: 3 }]
    : [],
});

const attemptsOf = (state: MockState, found: Kept): ChangeAttempt[] =>
  found.change.started === null
    ? []
    : state.rows
        .filter((row) => found.change.selection.classes.includes(row.class))
        .slice(0, 60)
        .map((row, i) => {
          const outcome = i % 20 === 3 ? 'silent' : i % 20 === 11 ? 'wrong-version' : 'done';
          return {
            device: row.id,
            part: 'forward',
            attempt: outcome === 'done' ? 1 : 2,
            wave: i < 10 ? 0 : 1,
            outcome,
            ordered: Date.now() - HOUR,
            ended: Date.now() - HOUR / 2 + i * 9_000,
            running: outcome === 'done' ? '2.4.0' : '2.3.1',
            reason: outcome === 'silent' ? 'No word for 15 minutes' : null,
          };
        });

const toSign = (found: Kept): ChangeToSign => {
  const hash = sha(JOB_DOMAIN + canonicalJson(jobOf(found) as unknown as Json));
  return {
    job: jobOf(found),
    hash,
    challenge: Buffer.from(hash, 'hex').toString('base64url'),
    passkeys: [21_601, 21_613].map((port, i) => ({
      key: `key-piet-${i}`,
      officer: 'piet',
      origin: `http://localhost:${port}`,
      rpId: 'localhost',
    })),
    signed: found.change.signed,
  };
};

const steer =
  (to: Change['state'], said: string) =>
  (state: MockState, asked: Asked): Change => {
    const found = one(state, asked.params['id']);
    const { reason } = asked.body as { reason: string };
    found.decisions = [{ at: Date.now(), by: 'prs-0001', words: `${said}: ${reason}` }, ...found.decisions];
    found.change = { ...found.change, state: to, words: reason, started: found.change.started ?? Date.now() };
    return found.change;
  };

export const changeHandlers: Readonly<Record<string, (state: MockState, asked: Asked) => unknown>> = {
  listChanges: (state) => ({ changes: all(state).map(({ change }) => change) }),
  getChange: (state, { params }) => detailOf(one(state, params['id'])),
  planChange: (state, { body }) => planOf(state, body as ChangeDraft),
  addChange: (state, { body }) => {
    const made = make(state, body as ChangeDraft, `chg-${all(state).length + 1}x9c0q4x1ab3d5k7`);
    all(state).unshift(made);
    return { changes: [made.change] };
  },
  startChange: steer('running', 'Started'),
  pauseChange: steer('paused', 'Paused'),
  resumeChange: steer('running', 'Resumed'),
  stopChange: steer('stopped', 'Stopped'),
  rollBackChange: steer('rolling-back', 'Rolled back'),
  listAttempts: (state, { params, query }) => ({
    attempts: attemptsOf(state, one(state, params['id']))
      .filter((attempt) => !query['outcome'] || attempt.outcome === query['outcome'])
      .slice(0, Number(query['limit'] ?? 100)),
    next: null,
  }),
  ...desiredHandlers,
  changeToSign: (state, { params }) => toSign(one(state, params['id'])),
  signChange: (state, { params }) => {
    const found = one(state, params['id']);
    const signed = { needed: 2, officers: ['hana', 'piet'], wantsOffline: false, complete: true };
    found.change = { ...found.change, signed, words: 'Signed; waits to be started' };
    return signed;
  },
  listArtifacts: (state) => ({ artifacts: state.calm ? [] : artifacts() }),
};

/** A device or two more are done at each tick of the live stream. */
export function* changesTick(state: MockState): Generator<LiveEvent> {
  for (const { change } of all(state)) {
    const wave = change.waves.at(-1);
    if (change.state !== 'running' || !wave || wave.counts.waiting === 0) continue;
    wave.counts.waiting--;
    wave.counts.done++;
    const sum = (key: 'done' | 'failed'): number => change.waves.reduce((n, { counts }) => n + counts[key], 0);
    const [done, failed] = [sum('done'), sum('failed')];
    yield { kind: 'change', at: Date.now(), id: change.id, state: change.state, done, failed, of: change.devices };
  }
}
