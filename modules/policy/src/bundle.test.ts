/** What the city's own bundle says: every role by every action, as a table to read, and the rules that a table cannot show. */
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { describe, expect, it } from 'vitest';
import { ACTIONS, ANONYMOUS, ROLES, STANDING_ROLES, TOPIC_LEAVES, topicOf } from '@cityward/contracts';
import type { ActionName, EntityAttributes, Principal, Resource } from '@cityward/contracts';
import { silentLog } from '@cityward/log';
import { readBundleFiles } from './bundle-files.ts';
import { contextFor, createPolicy, type PolicyAlarm } from './index.ts';
import { BUNDLE_FOLDER } from './service.ts';
import { loadBundle } from './load.ts';
import { EXPECTED } from './testing-table.ts';

const alarms: PolicyAlarm[] = [];
const policy = createPolicy({ log: silentLog, onFault: (alarm) => void alarms.push(alarm) });
const BY_PASSKEY = { signedInBy: 'passkey' };
const person = (...roles: string[]): Principal => ({ type: 'Person', id: 'ann', roles, attributes: BY_PASSKEY });
const service = (id: string): Principal => ({ type: 'Service', id, roles: [], attributes: {} });
const device = (id: string, attributes: EntityAttributes): Principal => ({ type: 'Device', id, roles: [], attributes });
const LAMP = device('lamp-0001', { class: 'street-light', site: 'site-1', standing: 'active' });

const WHO: Readonly<Record<string, Principal>> = {
  nobody: ANONYMOUS,
  ...Object.fromEntries(STANDING_ROLES.map((role) => [role, person(role)])),
  roleless: person(),
  lamp: LAMP,
  metrics: service('prometheus'),
  cli: service('city-cli'),
  stranger: service('stranger'),
};
const ABOUT: Readonly<Record<string, Resource>> = {
  City: { type: 'City', id: 'city', attributes: {} },
  Device: { type: 'Device', id: 'lamp-0001', attributes: { class: 'street-light', site: 'site-1' } },
  Person: { type: 'Person', id: 'ann', attributes: {} },
  Incident: { type: 'Incident', id: 'inc-1', attributes: {} },
  Evidence: { type: 'Evidence', id: 'ledger', attributes: {} },
  Record: { type: 'Record', id: 'rec-1', attributes: { subject: 'ann' } },
};
const aboutFor = (action: ActionName): Resource =>
  ACTIONS[action] === 'Topic'
    ? { type: 'Topic', id: topicOf('lamp-0001', action === 'publish' ? 'obs' : 'orders'), attributes: {} }
    : ABOUT[ACTIONS[action]]!;
const INPUT = { body: { roles: ['operator'] } };

describe('every role by every action', () => {
  const [head, ...rows] = EXPECTED.trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  it('names every action, and no other', () => {
    expect(rows.map(([action]) => action).sort()).toEqual(Object.keys(ACTIONS).sort());
    expect(head).toEqual(Object.keys(WHO));
  });
  it.each(rows.map((row) => [row[0] as ActionName, row.slice(1)] as const))('%s', (action, verdicts) => {
    const context = contextFor(action, INPUT);
    const found = head!.map((who) => (policy.decide(WHO[who]!, action, aboutFor(action), context).allow ? 'yes' : '-'));
    expect(Object.fromEntries(head!.map((who, i) => [who, found[i]]))).toEqual(
      Object.fromEntries(head!.map((who, i) => [who, verdicts[i]])),
    );
    expect(alarms).toEqual([]);
  });
  it('screens exactly those who can never', () => {
    for (const [action, ...verdicts] of rows)
      head!.forEach((who, i) => {
        if (verdicts[i] === 'yes')
          expect([who, action, policy.mayEver(WHO[who]!, action as ActionName)]).toEqual([who, action, true]);
      });
    expect(policy.mayEver(ANONYMOUS, 'importInventory')).toBe(false);
    expect(policy.mayEver(person('auditor'), 'importInventory')).toBe(false);
    expect(policy.mayEver(person('operator'), 'importInventory')).toBe(true);
  });
});

describe('the bundle', () => {
  const { bundle, engine } = loadBundle(BUNDLE_FOLDER);
  const { schema, policySet } = engine;
  it('knows every action with its one resource type, and no other action', () => {
    expect([...schema.actions.keys()].sort()).toEqual(Object.keys(ACTIONS).sort());
    for (const [action, type] of Object.entries(ACTIONS))
      expect([action, ...schema.actions.get(action)!.resources]).toEqual([action, type]);
  });
  it('has a permit for every action: a new one without a policy fails here', () => {
    const named = bundle.policies
      .filter(({ effect }) => effect === 'permit')
      .map(({ text }) => text)
      .join('\n');
    for (const action of Object.keys(ACTIONS)) expect(named).toContain(`Action::"${action}"`);
    expect(policySet.count).toBe(bundle.policies.length);
  });
  it('is written as the formatter writes it', () => {
    for (const { file, text } of readBundleFiles(BUNDLE_FOLDER).policies) {
      const formatted = cedar.formatPolicies({ policyText: text, lineWidth: 100, indentWidth: 2 });
      expect([file, formatted.type === 'success' && formatted.formatted_policy]).toEqual([file, text]);
    }
  });
  it('says why in words, and has a hash that layout does not change', () => {
    for (const { id, why } of bundle.policies) expect([id, why.split(' ').length > 4]).toEqual([id, true]);
    expect(bundle.hash).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('people', () => {
  const roles = (...names: string[]): EntityAttributes => ({ roles: names });
  it('never lets anybody make an officer', () => {
    const admin = person('administrator', 'operator', 'analyst', 'officer', 'auditor');
    const about = ABOUT['Person']!;
    expect(policy.decide(admin, 'setRoles', about, roles('operator')).allow).toBe(true);
    expect(policy.decide(admin, 'setRoles', about, roles()).allow).toBe(true);
    expect(policy.decide(admin, 'setRoles', about, roles('operator', 'officer'))).toMatchObject({
      allow: false,
      reasons: ['nobody-makes-officers'],
    });
    expect(policy.decide(admin, 'invitePerson', ABOUT['City']!, roles('officer')).allow).toBe(false);
    expect(policy.decide(service('city-cli'), 'invitePerson', ABOUT['City']!, roles('officer')).allow).toBe(false);
  });
  it('lets nobody manage somebody else', () => {
    const other: Resource = { type: 'Person', id: 'bob', attributes: {} };
    expect(policy.decide(person(...ROLES), 'manageSelf', other).allow).toBe(false);
  });
  it('knows no role by another spelling', () => {
    for (const role of ['Administrator', 'administrator ', '__proto__', 'constructor', ''])
      expect(policy.decide(person(role), 'readCity', ABOUT['City']!).allow).toBe(false);
  });
});

describe('a recorder of cameras', () => {
  const recorder = (...reach: string[]): Principal => ({ ...service('recorder'), attributes: { reach } });
  const about = (clip: boolean): Resource => ({ type: 'Person', id: 'cam-0003', attributes: { clip } });
  it('stores clips where it is registered for them, and nothing else', () => {
    const may = (who: Principal, clip: boolean) => policy.decide(who, 'putRecord', about(clip)).allow;
    expect([may(recorder('clips'), true), may(recorder('clips'), false)]).toEqual([true, false]);
    expect([may(recorder('devices', 'care'), true), may(service('recorder'), true)]).toEqual([false, false]);
    expect(policy.decide(recorder('clips'), 'readHoldings', about(true)).allow).toBe(false);
  });
});

describe('devices', () => {
  const SWITCH = { class: 'site-switch', site: 'site-1', standing: 'active' };
  const topic = (id: string, leaf: (typeof TOPIC_LEAVES)[number]): Resource => ({
    type: 'Topic',
    id: topicOf(id, leaf),
    attributes: {},
  });
  const leaves = (who: Principal, action: 'publish' | 'subscribe', owner = who.id): string[] =>
    TOPIC_LEAVES.filter((leaf) => policy.decide(who, action, topic(owner, leaf)).allow);

  it('publish and subscribe on their own topics, by standing and class', () => {
    expect(leaves(LAMP, 'publish')).toEqual(['obs', 'will', 'quarantine', 'ack', 'report', 'readings']);
    expect(leaves(device('switch-0001', SWITCH), 'publish')).toEqual([
      'obs',
      'flows',
      'will',
      'quarantine',
      'ack',
      'report',
      'behalf',
      'readings',
    ]);
    expect(leaves(device('switch-0001', SWITCH), 'subscribe')).toEqual(['orders', 'jobs', 'work', 'asks']);
    expect(leaves(LAMP, 'subscribe')).toEqual(['orders', 'jobs', 'asks']);
    const held = device('lamp-0001', { ...LAMP.attributes, standing: 'held' });
    expect([leaves(held, 'publish'), leaves(held, 'subscribe')]).toEqual([['quarantine'], ['orders']]);
    for (const standing of ['revoked', 'none', 'Active', '']) {
      const gone = device('lamp-0001', { ...LAMP.attributes, standing });
      expect([leaves(gone, 'publish'), leaves(gone, 'subscribe')]).toEqual([[], []]);
    }
    expect(leaves(device('lamp-0001', {}), 'publish')).toEqual([]);
  });
  it('carry the changes of those behind them, and of nobody else', () => {
    const carries = (who: Principal, gateway: string): boolean =>
      policy.decide(who, 'carryChange', { type: 'Device', id: 'cam-0001', attributes: { gateway } }).allow;
    const named = device('switch-0001', { ...SWITCH, name: 'switch-0001' });
    expect([carries(named, 'switch-0001'), carries(named, 'switch-0002'), carries(named, '')]).toEqual([
      true,
      false,
      false,
    ]);
    const held = device('switch-0001', { ...named.attributes, standing: 'held' });
    const low = device('switch-0001', { ...named.attributes, trustLevel: 'low' });
    const lamp = device('lamp-0001', { ...LAMP.attributes, name: 'lamp-0001' });
    expect([carries(held, 'switch-0001'), carries(low, 'switch-0001'), carries(lamp, 'lamp-0001')]).toEqual([
      false,
      false,
      false,
    ]);
  });
  it('never on the topics of another, nor on wildcards', () => {
    expect(leaves(LAMP, 'publish', 'lamp-0002')).toEqual([]);
    expect(leaves(LAMP, 'subscribe', 'lamp-0002')).toEqual([]);
    for (const id of ['#', 'cw/v1/+/orders', 'cw/v1/lamp-0001/#', 'cw/v1/lamp-0001/orders/', '$SYS/x', ''])
      expect(policy.decide(LAMP, 'subscribe', { type: 'Topic', id, attributes: {} }).allow).toBe(false);
    expect(
      policy.decide(LAMP, 'publish', { ...topic('lamp-0002', 'obs'), attributes: { owner: 'lamp-0001' } }).allow,
    ).toBe(false);
  });
  it('report about themselves; switches about their site', () => {
    const about = (id: string, attributes: EntityAttributes): Resource => ({ type: 'Device', id, attributes });
    const may = (who: Principal, what: Resource): boolean => policy.decide(who, 'reportAbout', what).allow;
    const near = about('cam-0001', { site: 'site-1' });
    const far = about('cam-0002', { site: 'site-2' });
    expect([may(LAMP, about('lamp-0001', {})), may(LAMP, near)]).toEqual([true, false]);
    const one = device('switch-0001', SWITCH);
    expect([may(one, near), may(one, far), may(one, about('cam-0003', {}))]).toEqual([true, false, false]);
    expect(may(device('plant-0001', { ...SWITCH, class: 'plant-controller' }), near)).toBe(true);
    expect(may(device('switch-0001', { ...SWITCH, standing: 'held' }), near)).toBe(false);
    expect(may(device('switch-0001', { ...SWITCH, site: '' }), about('cam-0004', { site: '' }))).toBe(false);
    expect(may(service('plain-syslog'), near)).toBe(true);
  });
  it('renew their own certificate unless distrusted', () => {
    const self: Resource = { type: 'Device', id: 'lamp-0001', attributes: {} };
    const renew = (standing: string): boolean =>
      policy.decide(device('lamp-0001', { standing }), 'reEnrol', self).allow;
    expect(['active', 'none', 'held', 'revoked'].map(renew)).toEqual([true, true, false, false]);
    expect(policy.decide(LAMP, 'reEnrol', { ...self, id: 'lamp-0002' }).allow).toBe(false);
    expect(policy.decide(LAMP, 'enrol', { ...self, id: 'lamp-0002' }).allow).toBe(false);
  });
});

describe('networks', () => {
  const network = (standing: string, kind = 'lorawan-network'): Principal => ({
    type: 'Network',
    id: 'lora-east',
    roles: [],
    attributes: { name: 'lora-east', kind, standing },
  });
  const leaves = (who: Principal, action: 'publish' | 'subscribe', owner = who.id): string[] =>
    TOPIC_LEAVES.filter(
      (leaf) => policy.decide(who, action, { type: 'Topic', id: topicOf(owner, leaf), attributes: {} }).allow,
    );
  const about = (...spokenForBy: readonly string[]): Resource => ({
    type: 'Device',
    id: 'air-0001',
    attributes: { spokenForBy },
  });

  it('report about devices that they may speak for, in good standing only', () => {
    const may = (who: Principal, what: Resource): boolean => policy.decide(who, 'reportAbout', what).allow;
    expect([may(network('active'), about('lora-east')), may(network('active'), about('lora-west'))]).toEqual([
      true,
      false,
    ]);
    expect(may(network('active'), { ...about(), attributes: {} })).toBe(false);
    expect(may(device('air-0002', LAMP.attributes), about('air-0002'))).toBe(false);
    for (const standing of ['held', 'revoked', 'ended', 'none', ''])
      expect(may(network(standing), about('lora-east'))).toBe(false);
  });
  it('publish and subscribe on their own topics, by standing and kind', () => {
    const own = ['obs', 'will', 'quarantine', 'ack', 'report'];
    expect([leaves(network('active'), 'publish'), leaves(network('active'), 'subscribe')]).toEqual([own, ['orders']]);
    for (const kind of ['site-gateway', 'mobile-apn'])
      expect(leaves(network('active', kind), 'publish')).toContain('flows');
    expect(leaves(network('active', 'site-gateway'), 'subscribe')).toEqual(['orders', 'jobs', 'work']);
    expect([leaves(network('held'), 'publish'), leaves(network('held'), 'subscribe')]).toEqual([['quarantine'], []]);
    expect([leaves(network('revoked'), 'publish'), leaves(network('active'), 'publish', 'air-0001')]).toEqual([[], []]);
  });
  it('get a certificate unless they are distrusted, and never as a device', () => {
    const may = (standing: string): boolean => policy.decide(network(standing), 'enrolNetwork', ABOUT['City']!).allow;
    expect(['none', 'active', 'held', 'revoked', 'ended'].map(may)).toEqual([true, true, false, false, false]);
    const asDevice = { type: 'Device' as const, id: 'lora-east', attributes: {} };
    expect(policy.decide(network('active'), 'reEnrol', asDevice).allow).toBe(false);
  });
});

describe('requests that do not fit the schema', () => {
  it.each([
    [
      'an attribute that nobody declared',
      device('lamp-0001', { ...LAMP.attributes, admin: true }),
      'readCity',
      ABOUT['City']!,
    ],
    ['an attribute of another type', device('lamp-0001', { standing: true }), 'readCity', ABOUT['City']!],
    ['a device with roles', { ...LAMP, roles: ['administrator'] }, 'readCity', ABOUT['City']!],
    ['an action nobody declared', person('operator'), 'sudo', ABOUT['City']!],
    ['an action by a prototype name', person('operator'), 'constructor', ABOUT['City']!],
    ['another kind of resource', person('operator'), 'readCity', ABOUT['Device']!],
    ['another nobody', { ...ANONYMOUS, id: 'somebody' }, 'openShell', ABOUT['City']!],
    ['missing roles to be given', person('administrator'), 'invitePerson', ABOUT['City']!],
    ['a principal of no type', { ...LAMP, type: '__proto__' }, 'readCity', ABOUT['City']!],
  ])('deny and alarm: %s', (...[, who, action, about]) => {
    alarms.length = 0;
    const decision = policy.decide(who as Principal, action as ActionName, about);
    expect([decision.allow, decision.reasons, decision.faults.length, alarms.length]).toEqual([false, [], 1, 1]);
    expect(alarms[0]?.faults).toEqual(decision.faults);
    alarms.length = 0;
  });
  it('deny and alarm even when the engine itself breaks', () => {
    const broken = new Proxy(LAMP, {
      get() {
        throw new Error('broken');
      },
    });
    const { allow, faults } = policy.decide(broken, 'readCity', ABOUT['City']!);
    expect([allow, faults, alarms[0]?.principal]).toEqual([false, ['engine: broken'], 'unreadable']);
  });
});
