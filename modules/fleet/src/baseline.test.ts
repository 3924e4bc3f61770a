/** The baseline through the service and SQL: who may say what, what is kept over a restart, exceptions that end, and changes that mend. */
import { beforeEach, describe, expect, it } from 'vitest';
import { BASELINE_REPORT_MAX_BYTES } from '@cityward/contracts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@cityward/kernel';
import { hashOf } from './domain/rollout/desired.ts';
import { TEST_NOW } from './testing.ts';
import {
  asks,
  signals,
  drafts,
  documents,
  running,
  open,
  must,
  codeOf,
  bytes,
  GOOD_LAMP,
  report,
  lamp,
  outcomeOf,
  rows,
  facts,
  order,
  GATEWAY,
  world,
} from './testing-baseline.ts';

describe('a reading', () => {
  it('is judged, kept over a restart, and told to trust and to the evidence', async () => {
    must(await lamp({ 'ssh.enabled': true }));
    const before = world.baseline.standing('lamp-0001')!;
    expect(before).toMatchObject({ state: 'not-met', failed: 1, failing: ['agent-remote-shell-off'], read: world.now });
    expect(signals).toEqual([
      {
        device: 'lamp-0001',
        signal: {
          value: before.score,
          reason: expect.stringContaining('1 failed') as string,
          expires: world.now + 7 * DAY_MS,
        },
      },
    ]);
    expect(await facts('baseline.judged')).toMatchObject([
      { subject: 'lamp-0001', actor: 'lamp-0001', data: { failed: 1 } },
    ]);
    await open();
    expect(world.baseline.standing('lamp-0001')).toEqual(before);
    expect(await outcomeOf('lamp-0001', 'agent-remote-shell-off')).toMatchObject({
      state: 'failed',
      words: 'ssh.enabled is "true"',
      wanted: '"false"',
    });
  });
  it('that says the same again is no news', async () => {
    must(await lamp());
    world.now += HOUR_MS;
    must(await lamp());
    expect(await facts('baseline.judged')).toHaveLength(1);
    expect(must(await world.baseline.device('lamp-0001')).history).toHaveLength(1);
    expect(world.baseline.standing('lamp-0001')!.read).toBe(world.now);
  });
  it('that comes late is not taken back over a newer one', async () => {
    must(await lamp({ 'ssh.enabled': true }));
    must(await world.baseline.take('lamp-0001', bytes(report('lamp-0001', GOOD_LAMP, { at: world.now - HOUR_MS }))));
    expect(world.baseline.standing('lamp-0001')!.failed).toBe(1);
  });
  it('is unknown, not green, once it is a week old, and before anything was read', async () => {
    expect(world.baseline.standing('lamp-0001')).toMatchObject({ state: 'unknown', read: null, passed: 0 });
    must(await lamp());
    world.now += 7 * DAY_MS;
    expect(world.baseline.standing('lamp-0001')).toMatchObject({ state: 'unknown', read: null, passed: 0 });
    expect(await outcomeOf('lamp-0001', 'agent-remote-shell-off')).toMatchObject({
      state: 'unknown',
      words: 'What was read is older than a week',
    });
  });
  it('keeps at most a hundred scores of a device', async () => {
    for (let at = 0; at < 103; at++) {
      world.now += MINUTE_MS;
      must(await lamp({ 'ssh.enabled': at % 2 === 0 }));
    }
    expect(must(await world.baseline.device('lamp-0001')).history).toHaveLength(100);
    expect(await rows('select 1 from fleet.baseline_reading')).toHaveLength(1);
  });
  it.each([
    ['of another device', 'lamp-0002', () => report('lamp-0001', GOOD_LAMP), 'NOT_ITS_READER'],
    ['of a camera by itself', 'cam-0001', () => report('cam-0001', { ntp: {} }), 'NOT_ITS_READER'],
    ['of a camera by a lamp', 'lamp-0001', () => report('cam-0001', { ntp: {} }), 'NOT_OF_SITE'],
    ['of a camera of another site', GATEWAY, () => report('cam-0003', { ntp: {} }), 'NOT_OF_SITE'],
    ['of a device that is not there', GATEWAY, () => report('cam-9999', { ntp: {} }), 'SUBJECT_UNKNOWN'],
    [
      'in the name of the city',
      'lamp-0001',
      () => report('lamp-0001', { city: { 'firmware.behind': false } }),
      'SOURCE_NOT_ITS',
    ],
    [
      'of another day',
      'lamp-0001',
      () => report('lamp-0001', GOOD_LAMP, { at: world.now + 2 * DAY_MS }),
      'READING_TIME',
    ],
    ['with a field more', 'lamp-0001', () => report('lamp-0001', GOOD_LAMP, { score: 100 }), 'READING_MALFORMED'],
    [
      'with a nested value',
      'lamp-0001',
      () => report('lamp-0001', { settings: { ssh: { enabled: false } } }),
      'READING_MALFORMED',
    ],
    [
      'with a name that is none',
      'lamp-0001',
      () => report('lamp-0001', { settings: Object.fromEntries([['__proto__', 'x']]) }),
      'READING_MALFORMED',
    ],
    [
      'that says a source twice',
      'lamp-0001',
      () => ({
        ...report('lamp-0001', {}),
        sources: [1, 2].map(() => ({ source: 'agent', reading: { state: 'absent', why: '' } })),
      }),
      'READING_MALFORMED',
    ],
    ['that is too large', 'lamp-0001', () => ' '.repeat(BASELINE_REPORT_MAX_BYTES), 'READING_LARGE'],
  ] as const)('%s is refused, is in the evidence, and changes nothing', async (...[, reporter, made, code]) => {
    expect(codeOf(await world.baseline.take(reporter, bytes(made())))).toBe(code);
    expect(await facts('baseline.reading-refused')).toMatchObject([{ actor: reporter, data: { code } }]);
    expect(await rows('select 1 from fleet.baseline_reading')).toEqual([]);
  });
  it('refused in a flood does not flood the evidence', async () => {
    for (let at = 0; at < 100; at++) await world.baseline.take('lamp-0001', Buffer.from('no JSON'));
    expect(await facts('baseline.reading-refused')).toHaveLength(60);
  });
  it('knows what only the city knows: newer firmware in its own artifacts', async () => {
    must(await lamp());
    expect((await outcomeOf('lamp-0001', 'agent-newest-firmware')).state).toBe('unknown');
    world.artifacts = [{ kind: 'firmware', version: '1.0.0', classes: ['street-light'], models: [] }];
    expect((await outcomeOf('lamp-0001', 'agent-newest-firmware')).state).toBe('passed');
    expect(world.baseline.standing('lamp-0001')).toMatchObject({ state: 'met', score: 100 });
    world.artifacts = [
      ...world.artifacts,
      { kind: 'firmware', version: '1.1.0', classes: ['street-light'], models: ['m1'] },
    ];
    expect((await outcomeOf('lamp-0001', 'agent-newest-firmware')).state).toBe('failed');
  });
});

describe('a scan', () => {
  it('asks devices themselves and cameras through their gateway, and counts who answers', async () => {
    const scan = must(await world.baseline.scans.start({ classes: [], sites: [], devices: [] }, 'ann'));
    expect(scan).toMatchObject({ devices: 6, unreachable: 1, answered: 0, ended: null });
    expect(asks.map(({ reader, ask }) => [reader, ask.devices]).sort()).toEqual([
      ['lamp-0001', ['lamp-0001']],
      ['lamp-0002', ['lamp-0002']],
      [GATEWAY, ['cam-0001', 'cam-0002']],
    ]);
    for (const id of ['lamp-0001', 'lamp-0002'])
      must(await world.baseline.take(id, bytes(report(id, GOOD_LAMP, { scan: scan.id }))));
    must(await world.baseline.take(GATEWAY, bytes(report('cam-0001', { ntp: { enabled: true } }, { scan: scan.id }))));
    expect(must(world.baseline.scans.get(scan.id))).toMatchObject({ answered: 3, silent: 0, ended: null });
    world.now += 2 * MINUTE_MS;
    world.baseline.scans.tick();
    await new Promise((resolve) => setImmediate(resolve));
    world.now += 2 * MINUTE_MS;
    world.baseline.scans.tick();
    expect(must(world.baseline.scans.get(scan.id))).toMatchObject({
      answered: 3,
      silent: 2,
      unreachable: 1,
      ended: world.now,
    });
    expect(await facts('baseline.scanned')).toMatchObject([{ actor: 'ann', data: { devices: 6 } }]);
  });
  it('comes by itself once a day, when somebody is there to read', async () => {
    world.connected = false;
    world.baseline.scans.tick();
    expect(asks).toEqual([]);
    world.connected = true;
    world.baseline.scans.tick();
    const first = asks.length;
    expect(first).toBeGreaterThan(0);
    world.baseline.scans.tick();
    expect(asks).toHaveLength(first);
  });
  it('of nobody is refused', async () => {
    expect(codeOf(await world.baseline.scans.start({ classes: ['other'], sites: [], devices: [] }, 'ann'))).toBe(
      'NOBODY_TO_READ',
    );
  });
});

describe('an exception', () => {
  const except = (changes: object = {}) =>
    world.baseline.exceptions.add({
      control: 'agent-remote-shell-off',
      scope: 'device',
      key: 'lamp-0001',
      owner: 'Lighting department',
      reason: 'Maker looks for a fault',
      by: 'ann',
      until: world.now + 10 * DAY_MS,
      ...changes,
    });
  beforeEach(async () => {
    world.artifacts = [{ kind: 'firmware', version: '1.0.0', classes: [], models: [] }];
    must(await lamp({ 'ssh.enabled': true }));
  });
  it('is shown apart, never as passed, ends by itself, and is kept over a restart', async () => {
    const failing = world.baseline.standing('lamp-0001')!;
    must(await except());
    await open();
    expect(world.baseline.standing('lamp-0001')).toMatchObject({
      state: 'met-but-excepted',
      excepted: 1,
      passed: failing.passed,
      failing: [],
    });
    expect(world.baseline.exceptions.list()).toMatchObject([{ owner: 'Lighting department', devices: 1 }]);
    expect(await outcomeOf('lamp-0001', 'agent-remote-shell-off')).toMatchObject({
      state: 'failed',
      exception: { owner: 'Lighting department' },
    });
    world.now += 10 * DAY_MS;
    must(await lamp({ 'ssh.enabled': true }));
    expect(world.baseline.standing('lamp-0001')).toMatchObject({ state: 'not-met', excepted: 0 });
    await world.baseline.exceptions.tick();
    expect(await facts('baseline.exception-ended')).toMatchObject([
      { actor: 'system', data: { owner: 'Lighting department' } },
    ]);
    await open();
    expect(world.baseline.exceptions.list()).toEqual([]);
  });
  it('is for its scope only', async () => {
    must(await lamp({ 'ssh.enabled': true }, 'lamp-0002'));
    must(await except({ scope: 'class', key: 'street-light' }));
    expect(world.baseline.standing('lamp-0002')!.excepted).toBe(1);
    must(await except({ scope: 'site', key: 'site-0002' }));
    expect(
      world.baseline.exceptions
        .list()
        .map(({ devices }) => devices)
        .sort(),
    ).toEqual([0, 2]);
  });
  it('ends before its time when somebody says so', async () => {
    const { id } = must(await except());
    must(await world.baseline.exceptions.end(id, 'bea', 'The fault is found'));
    expect(world.baseline.standing('lamp-0001')!.failed).toBe(1);
    expect(codeOf(await world.baseline.exceptions.end(id, 'bea', 'again'))).toBe('EXCEPTION_UNKNOWN');
  });
  it.each([
    ['without an end in sight', { until: TEST_NOW + 400 * DAY_MS }, 'EXCEPTION_END'],
    ['that has ended', { until: TEST_NOW }, 'EXCEPTION_END'],
    ['from a control that is none', { control: 'no-such' }, 'CONTROL_UNKNOWN'],
    ['for a class of another set', { scope: 'class', key: 'camera' }, 'EXCEPTION_SCOPE'],
    ['for a device that is not there', { key: 'lamp-9999' }, 'DEVICE_UNKNOWN'],
    ['that nobody answers for', { owner: ' ' }, 'EXCEPTION_OWNER'],
  ])('%s is refused', async (_, changes, code) => {
    expect(codeOf(await except(changes))).toBe(code);
    expect(await facts('baseline.excepted')).toEqual([]);
  });
});

describe('mending', () => {
  it('shows what it would change, then plans one change for those that need the same document', async () => {
    must(await lamp({ 'ssh.enabled': true }));
    must(await lamp({ 'web.enabled': true, 'ntp.servers': [] }, 'lamp-0002'));
    const shown = must(await world.baseline.previewFix(order()));
    expect(drafts).toEqual([]);
    expect(shown.groups).toHaveLength(1);
    expect(shown.groups[0]).toMatchObject({
      devices: 2,
      controls: ['agent-local-page-off', 'agent-remote-shell-off', 'agent-time-servers'],
    });
    expect(
      shown.groups[0]!.sample.map(({ device, differences }) => [device, differences.map(({ name }) => name)]),
    ).toEqual([
      ['lamp-0001', ['settings.ssh.enabled']],
      ['lamp-0002', ['settings.ntp.servers', 'settings.web.enabled']],
    ]);
    must(await world.baseline.addFix(order(), 'ann'));
    expect(drafts).toMatchObject([
      {
        title: 'Baseline: mend 3 controls on 2 devices',
        selection: { devices: ['lamp-0001', 'lamp-0002'] },
        revert: null,
      },
    ]);
    const { action } = drafts[0]!;
    expect(action.do === 'configure' && documents.get(action.document)).toContain('"ntp-a"');
  });
  it('goes back to what the device ran, and leaves what is excepted or not asked for', async () => {
    const before = JSON.stringify({ light: 70 });
    documents.set(hashOf(before), before);
    running.set('lamp-0001', hashOf(before));
    must(await lamp({ 'ssh.enabled': true, 'web.enabled': true }));
    must(await world.baseline.addFix(order({ controls: ['agent-local-page-off'] }), 'ann'));
    expect(drafts[0]).toMatchObject({ revert: { to: { document: hashOf(before) } } });
    const { action } = drafts[0]!;
    expect(JSON.parse((action.do === 'configure' && documents.get(action.document)) || '')).toEqual({
      light: 70,
      web: { enabled: false },
    });
  });
  it('of nothing is refused', async () => {
    expect(codeOf(await world.baseline.addFix(order(), 'ann'))).toBe('NOTHING_TO_MEND');
    expect(codeOf(await world.baseline.previewFix(order({ controls: ['no-such'] })))).toBe('CONTROL_UNKNOWN');
  });
});

describe('what people see', () => {
  it('names the worst control first, and the devices behind each number', async () => {
    must(await lamp({ 'ssh.enabled': true }));
    must(await lamp({ 'ssh.enabled': true, 'web.enabled': true }, 'lamp-0002'));
    const set = world.baseline.summary().sets.find(({ id }) => id === 'cityward-agent')!;
    expect(set).toMatchObject({ devices: 3, unread: 1 });
    expect(set.controls[0]).toMatchObject({ id: 'agent-remote-shell-off', failed: 2, unknown: 1 });
    const wanted = { classes: [], sites: [], devices: [] };
    const behind = (control: string, state: string) =>
      world.baseline.devices({ wanted, control, state, limit: 10 }).devices.map(({ device }) => device);
    expect(behind('agent-remote-shell-off', 'failed')).toEqual(['lamp-0001', 'lamp-0002']);
    expect(behind('agent-local-page-off', 'failed')).toEqual(['lamp-0002']);
    expect(behind('agent-local-page-off', 'passed')).toEqual(['lamp-0001']);
    expect(world.baseline.devices({ wanted, limit: 2 })).toMatchObject({ next: 'cam-0002' });
    expect(
      world.baseline.devices({ wanted, limit: 10, after: 'lamp-0001' }).devices.map(({ device }) => device),
    ).toEqual(['lamp-0002', GATEWAY]);
    expect(must(world.baseline.control('agent-remote-shell-off'))).toMatchObject({
      control: { failed: 2 },
      fix: { by: 'configure' },
    });
    expect(codeOf(await world.baseline.device('lamp-9999'))).toBe('DEVICE_UNKNOWN');
  });
});
