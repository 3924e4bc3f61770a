/** Documents that mend: what is in them, who shares one, and that what can lock the city out takes two steps. */
import { describe, expect, it } from 'vitest';
import type { BaselineSource, SourceReading } from '@cityward/contracts';
import { shippedCatalogue } from '../../baseline-catalogue.ts';
import { loadCatalogue } from './catalogue.ts';
import { judge, type Value } from './judge.ts';
import { planMending, type MendDevice, type Members } from './mend.ts';

const { sets } = shippedCatalogue();
const camera = sets.find(({ id }) => id === 'axis-camera')!;
const agent = sets.find(({ id }) => id === 'cityward-agent')!;

type Sources = Partial<Record<BaselineSource, Record<string, Value>>>;
interface Shape {
  readonly sources: Sources;
  readonly excepted?: readonly string[];
  readonly base?: Members;
}
function device(id: string, { sources, excepted = [], base }: Shape): MendDevice {
  const readings = new Map<BaselineSource, SourceReading>(
    Object.entries(sources).map(([source, values]) => [source as BaselineSource, { state: 'read', values }]),
  );
  return {
    id,
    readings,
    stateOf: (control) => judge(control, readings).state,
    excepted: (control) => excepted.includes(control.id),
    base: base ?? null,
  };
}
const only = (set: typeof camera, ...ids: string[]) => set.controls.filter(({ id }) => ids.includes(id));
const POLICY = (value: string): Record<string, string> => ({
  'System.BoaGroupPolicy.admin': value,
  'System.BoaGroupPolicy.operator': value,
  'System.BoaGroupPolicy.viewer': value,
});

describe('a plan that mends', () => {
  const controls = only(camera, 'axis-ssh-off', 'axis-bonjour-off', 'axis-upnp-off');
  it('gives devices that fail in different things one document, and each its own difference', () => {
    const plan = planMending(
      controls,
      [
        device('cam-1', {
          sources: {
            param: { 'Network.SSH.Enabled': 'yes', 'Network.Bonjour.Enabled': 'no', 'Network.UPnP.Enabled': 'no' },
          },
        }),
        device('cam-2', {
          sources: {
            param: { 'Network.SSH.Enabled': 'no', 'Network.Bonjour.Enabled': 'yes', 'Network.UPnP.Enabled': 'no' },
          },
        }),
        device('cam-3', {
          sources: {
            param: { 'Network.SSH.Enabled': 'no', 'Network.Bonjour.Enabled': 'no', 'Network.UPnP.Enabled': 'no' },
          },
        }),
      ],
      {},
    );
    expect(plan.groups).toHaveLength(1);
    expect(
      plan.groups[0]!.devices.map(({ id, differences }) => [
        id,
        differences.map(({ name, is, wanted }) => [name, is, wanted]),
      ]),
    ).toEqual([
      ['cam-1', [['param.Network.SSH.Enabled', 'yes', 'no']]],
      ['cam-2', [['param.Network.Bonjour.Enabled', 'yes', 'no']]],
    ]);
    expect(JSON.parse(plan.groups[0]!.text)).toEqual({
      param: { 'Network.SSH.Enabled': 'no', 'Network.Bonjour.Enabled': 'no', 'Network.UPnP.Enabled': 'no' },
    });
  });
  it('leaves what is excepted, and what the model has not', () => {
    const [first] = planMending(
      controls,
      [
        device('cam-1', {
          sources: { param: { 'Network.SSH.Enabled': 'yes', 'Network.Bonjour.Enabled': 'yes' } },
          excepted: ['axis-bonjour-off'],
        }),
      ],
      {},
    ).groups;
    expect(JSON.parse(first!.text)).toEqual({ param: { 'Network.SSH.Enabled': 'no' } });
  });
  it('lays the fixes over what the device runs, and goes back to that', () => {
    const [group] = planMending(
      only(agent, 'agent-remote-shell-off'),
      [device('lamp-1', { sources: { settings: {} }, base: { light: { level: 70 }, ssh: { port: 2222 } } })],
      {},
    ).groups;
    expect(JSON.parse(group!.text)).toEqual({ light: { level: 70 }, ssh: { port: 2222, enabled: false } });
    expect(group!.baseHash).toMatch(/^[0-9a-f]{64}$/);
  });
  it('says what it leaves and why: what a person must do, and what the city has not said', () => {
    const sources: Sources = { accounts: { withoutAdmin: 0 }, ntp: { enabled: true, servers: ['one'] } };
    const plan = planMending(
      only(camera, 'axis-dedicated-accounts', 'axis-time-servers'),
      [device('cam-1', { sources })],
      {},
    );
    expect(plan.groups).toEqual([]);
    expect(plan.unmended.map(({ control, devices }) => [control, devices])).toEqual([
      ['axis-dedicated-accounts', 1],
      ['axis-time-servers', 1],
    ]);
    const said = planMending(only(camera, 'axis-time-servers'), [device('cam-1', { sources })], {
      'time-servers': ['a', 'b'],
    });
    expect(JSON.parse(said.groups[0]!.text)).toEqual({ ntp: { enabled: true, servers: ['a', 'b'] } });
  });
  it('never loosens what is stricter than asked', () => {
    const values = {
      'System.PreventDoSAttack.ActivatePasswordThrottling': 'on',
      'System.PreventDoSAttack.DoSBlockingPeriod': '60',
      'Network.SSH.Enabled': 'yes',
    };
    const [group] = planMending(
      only(camera, 'axis-password-throttling', 'axis-ssh-off'),
      [device('cam-1', { sources: { param: values } })],
      {},
    ).groups;
    expect(group!.text).not.toContain('DoSBlockingPeriod');
  });
});

describe('HTTPS only', () => {
  const controls = only(camera, 'axis-https-only', 'axis-ssh-off');
  const good = { 'Network.SSH.Enabled': 'no' };
  const tls = { reached: true, chained: true };
  const planOf = (sources: Sources) => planMending(controls, [device('cam-1', { sources })], {});
  it('is first allowed beside HTTP', () => {
    const [group] = planOf({ param: { ...good, ...POLICY('http') }, tls }).groups;
    expect(group).toMatchObject({ isSecondStep: false });
    expect(JSON.parse(group!.text)).toMatchObject({ param: POLICY('both') });
  });
  it('is demanded only after a reading came over a TLS that the city can check', () => {
    const second = planOf({ param: { ...good, ...POLICY('both') }, tls });
    expect(second.groups[0]).toMatchObject({ isSecondStep: true });
    expect(JSON.parse(second.groups[0]!.text)).toEqual({ param: POLICY('https') });
    for (const proof of [{ reached: false, chained: true }, { reached: true, chained: false }, {}]) {
      const waiting = planOf({ param: { ...good, ...POLICY('both') }, tls: proof });
      expect(waiting.groups).toEqual([]);
      expect(waiting.unmended[0]!.why).toContain('a reading must show first');
    }
    expect(planOf({ param: { ...good, ...POLICY('both') } }).groups).toEqual([]);
  });
  it('is never changed together with anything else', () => {
    const plan = planOf({ param: { 'Network.SSH.Enabled': 'yes', ...POLICY('both') }, tls });
    expect(plan.groups).toHaveLength(1);
    expect(plan.groups[0]).toMatchObject({ isSecondStep: false, controls: ['axis-ssh-off'] });
    expect(plan.groups[0]!.text).not.toContain('https');
  });
});

describe('the data', () => {
  const [data] = [
    JSON.parse(JSON.stringify({ ...camera, digest: undefined, reads: undefined })) as Record<string, unknown>,
  ];
  const first = (data['controls'] as Record<string, unknown>[])[0]!;
  const with1 = (changes: object): unknown => ({ ...data, controls: [{ ...first, ...changes }] });
  it('that comes with Cityward is understood, for more than one kind of device', () => {
    expect(loadCatalogue([data]).ok).toBe(true);
    expect(sets.flatMap(({ classes }) => classes)).toEqual(
      expect.arrayContaining(['camera', 'street-light', 'signal']),
    );
    for (const tier of ['default', 'basic', 'extended'])
      for (const set of sets) expect(set.controls.some((one) => one.tier === tier)).toBe(true);
  });
  it.each([
    ['an unknown field', with1({ severity: 'high' }), 'CONTROLS_MALFORMED'],
    ['an unknown expectation', with1({ checks: [{ at: 'a', want: { matches: '.*' } }] }), 'CONTROLS_MALFORMED'],
    [
      'two expectations at once',
      with1({ checks: [{ at: 'a', want: { equals: 1, atLeast: 1 } }] }),
      'CONTROLS_MALFORMED',
    ],
    ['a rated control without checks', with1({ checks: [] }), 'CONTROLS_MALFORMED'],
    ['an unknown source', with1({ read: 'telnet' }), 'CONTROLS_MALFORMED'],
    ['a fix by a command', with1({ fix: { by: 'run', command: 'rm' } }), 'CONTROLS_MALFORMED'],
    ['no plain data', with1({ title: () => 'x' }), 'CONTROLS_MALFORMED'],
    ['the same control twice', { ...data, controls: [first, first] }, 'CONTROL_TWICE'],
    [
      'fixes that undo each other',
      {
        ...data,
        controls: [
          first,
          {
            ...first,
            id: 'other',
            fix: { by: 'configure', source: 'param', values: { 'System.PreventDoSAttack.DoSPageCount': '5' } },
          },
        ],
      },
      'FIXES_DISAGREE',
    ],
  ])('with %s is refused as a whole', (_, value, code) => {
    const loaded = loadCatalogue([value]);
    expect(loaded.ok ? 'taken' : loaded.error.code).toBe(code);
  });
  it('for a class that has controls already is refused', () => {
    const other = { ...data, id: 'other', controls: [{ ...first, id: 'another' }] };
    const loaded = loadCatalogue([data, other]);
    expect(loaded.ok ? 'taken' : loaded.error.code).toBe('CLASS_TWICE');
  });
});
