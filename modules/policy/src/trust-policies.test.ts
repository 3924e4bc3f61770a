/** What trust narrows, as a table; and that no clause of those policies could be left out or turned round without the table noticing. */
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { describe, expect, it } from 'vitest';
import { ACTIONS, ROLES, TOPIC_LEAVES, topicOf, TRUST_LEVELS } from '@cityward/contracts';
import type { ActionName, EntityAttributes, Principal, Resource, TrustLevel } from '@cityward/contracts';
import { silentLog } from '@cityward/log';
import { createEngine, type Engine } from './domain/engine.ts';
import { principalRef, resourceRef } from './domain/facts.ts';
import type { Env } from './domain/node.ts';
import { compilePolicies, type PolicySource } from './domain/policy-set.ts';
import { entityRef } from './domain/values.ts';
import { createPolicy } from './index.ts';
import { loadBundle } from './load.ts';
import { BUNDLE_FOLDER, type Asking } from './service.ts';

const PUBLIC: readonly ActionName[] = [
  'openShell',
  'signIn',
  'readHealth',
  'readSession',
  'readCaCertificates',
  'readRevocations',
  'readServiceKeys',
  'readCheckpoint',
];
/** What a person of low trust may still do, of what their roles allow. */
const LOOKING: readonly ActionName[] = ['readCity', 'readDevice', 'readIncident', 'readChanges', 'subscribeLive'];

type Decides = (...asking: Asking) => boolean;

const SWITCH = 'switch-0001';
type More = EntityAttributes & { readonly trustLevel?: TrustLevel };
const device = (more: More): Principal => ({
  type: 'Device',
  id: SWITCH,
  roles: [],
  attributes: { name: SWITCH, class: 'site-switch', site: 'site-1', standing: 'active', ...more },
});
const topic = (leaf: (typeof TOPIC_LEAVES)[number]): Resource => ({
  type: 'Topic',
  id: topicOf(SWITCH, leaf),
  attributes: {},
});
const about = (id: string): Resource => ({ type: 'Device', id, attributes: { class: 'camera', site: 'site-1' } });

/** Everything a switch does in its life; those that the policy allows. */
const ASKED: Readonly<Record<string, readonly [ActionName, Resource]>> = {
  ...Object.fromEntries(TOPIC_LEAVES.map((leaf) => [`publish ${leaf}`, ['publish', topic(leaf)]])),
  ...Object.fromEntries(TOPIC_LEAVES.map((leaf) => [`hear ${leaf}`, ['subscribe', topic(leaf)]])),
  'report itself': ['reportAbout', about(SWITCH)],
  'report a camera': ['reportAbout', about('cam-0001')],
  change: ['takeChange', about(SWITCH)],
  renew: ['reEnrol', about(SWITCH)],
  join: ['joinNetwork', about(SWITCH)],
  'carry a change': ['carryChange', { ...about('cam-0001'), attributes: { gateway: SWITCH } }],
};
const ALL = [
  ...['publish obs', 'publish flows', 'publish will', 'publish quarantine', 'publish ack', 'publish report'],
  ...['publish readings', 'publish behalf', 'hear asks', 'hear work', 'carry a change'],
  ...['hear orders', 'hear jobs', 'report itself', 'report a camera', 'change', 'renew', 'join'],
];
const without = (...gone: readonly string[]): string[] => ALL.filter((one) => !gone.includes(one));
const OTHERS = ['publish flows', 'report a camera', 'publish behalf', 'hear work', 'carry a change'];
const CHANGES = ['change', 'hear jobs'];
const QUARANTINE = ['publish quarantine', 'hear orders', 'hear asks', 'report itself'];

const DEVICES: readonly (readonly [string, More, readonly string[]])[] = [
  ['whose trust nobody judges', {}, ALL],
  ['of full trust', { trustLevel: 'full', trust: 90, conduct: 90, lifeSafety: false }, ALL],
  ['of reduced trust', { trustLevel: 'reduced', trust: 50, conduct: 50 }, ALL],
  ['of unknown trust', { trustLevel: 'unknown', trust: 60, conduct: 60 }, ALL],
  ['of low trust by its conduct', { trustLevel: 'low', trust: 49, conduct: 49 }, without(...OTHERS, ...CHANGES)],
  ['of low trust by its firmware', { trustLevel: 'low', trust: 30, conduct: 50 }, without(...OTHERS)],
  [
    'of low trust that guards lives',
    { trustLevel: 'low', trust: 30, conduct: 30, lifeSafety: true },
    without(...OTHERS, ...CHANGES),
  ],
  ['of no trust by its conduct', { trustLevel: 'none', trust: 10, conduct: 10, lifeSafety: false }, QUARANTINE],
  [
    'of no trust by its firmware',
    { trustLevel: 'none', trust: 10, conduct: 50 },
    [...QUARANTINE, ...CHANGES, 'publish report', 'publish readings'],
  ],
  ['of no trust and unknown conduct', { trustLevel: 'none' }, [...QUARANTINE, ...CHANGES]],
  [
    'of no trust that guards lives',
    { trustLevel: 'none', trust: 10, conduct: 10, lifeSafety: true },
    without(...OTHERS, ...CHANGES),
  ],
];

const ABOUT: Readonly<Record<string, Resource>> = {
  City: { type: 'City', id: 'city', attributes: {} },
  Device: about('cam-0001'),
  Person: { type: 'Person', id: 'ann', attributes: {} },
  Incident: { type: 'Incident', id: 'inc-1', attributes: {} },
  Evidence: { type: 'Evidence', id: 'ledger', attributes: {} },
  Topic: topic('obs'),
  Record: { type: 'Record', id: 'rec-1', attributes: { subject: 'ann' } },
};
const CONTEXT: EntityAttributes = { roles: ['operator'] };
const actionsOf = (decides: Decides, who: Principal): ActionName[] =>
  (Object.keys(ACTIONS) as ActionName[]).filter((action) => {
    const context = action === 'invitePerson' || action === 'setRoles' ? CONTEXT : {};
    return decides(who, action, ABOUT[ACTIONS[action]] ?? ABOUT['City']!, context);
  });
const ann = (more: More): Principal => ({ type: 'Person', id: 'ann', roles: [...ROLES], attributes: more });
const program = (more: More): Principal => ({ type: 'Service', id: 'city-cli', roles: [], attributes: more });

const devicesOf = (decides: Decides, more: More): string[] =>
  Object.entries(ASKED)
    .filter(([, [action, resource]]) => decides(device(more), action, resource))
    .map(([what]) => what);

const GATEWAY = 'gateway-0001';
const network = (more: More): Principal => ({
  type: 'Network',
  id: GATEWAY,
  roles: [],
  attributes: { name: GATEWAY, kind: 'site-gateway', standing: 'active', ...more },
});
const gatewayTopic = (leaf: (typeof TOPIC_LEAVES)[number]): Resource => ({
  ...topic(leaf),
  id: topicOf(GATEWAY, leaf),
});
const NETWORK_ASKED: typeof ASKED = {
  ...Object.fromEntries(TOPIC_LEAVES.map((leaf) => [`publish ${leaf}`, ['publish', gatewayTopic(leaf)]])),
  ...Object.fromEntries(TOPIC_LEAVES.map((leaf) => [`hear ${leaf}`, ['subscribe', gatewayTopic(leaf)]])),
  'report a camera': ['reportAbout', { ...about('cam-0001'), attributes: { spokenForBy: [GATEWAY] } }],
  'carry a change': ['carryChange', { ...about('cam-0001'), attributes: { gateway: GATEWAY } }],
  renew: ['enrolNetwork', { type: 'City', id: 'city', attributes: {} }],
};
const networksOf = (decides: Decides, more: More): string[] =>
  Object.entries(NETWORK_ASKED)
    .filter(([, [action, resource]]) => decides(network(more), action, resource))
    .map(([what]) => what);

const LEVELS: readonly More[] = [{}, ...TRUST_LEVELS.map((trustLevel) => ({ trustLevel }))];

/** Everything the table says, of one bundle. */
function tableOf(decides: Decides): unknown {
  return [
    DEVICES.map(([, more]) => devicesOf(decides, more).sort()),
    LEVELS.map((more) => networksOf(decides, more)),
    LEVELS.map((more) => actionsOf(decides, ann(more))),
    LEVELS.map((more) => actionsOf(decides, program(more))),
  ];
}

const policy = createPolicy({ log: silentLog, onFault: (alarm) => expect(alarm).toBeNull() });
const decides: Decides = (...asking) => policy.decide(...asking).allow;

describe('a device', () => {
  it.each(DEVICES)('%s may', (_who, more, wanted) => {
    expect(devicesOf(decides, more).sort()).toEqual([...wanted].sort());
  });
});

describe('a network', () => {
  const everything = networksOf(decides, {});
  it.each(['full', 'reduced', 'unknown'] as const)('of %s trust may what a network may', (trustLevel) => {
    expect(everything).toEqual(
      expect.arrayContaining(['report a camera', 'renew', 'hear jobs', 'publish flows', 'hear work', 'carry a change']),
    );
    expect(networksOf(decides, { trustLevel })).toEqual(everything);
  });
  it('of low trust speaks for nobody; of no trust not at all', () => {
    const FOR_OTHERS = ['report a camera', 'hear jobs', 'hear work', 'publish behalf', 'carry a change'];
    const low = everything.filter((one) => !FOR_OTHERS.includes(one));
    expect(networksOf(decides, { trustLevel: 'low' })).toEqual(low);
    expect(networksOf(decides, { trustLevel: 'none' })).toEqual(['publish quarantine', 'hear orders']);
  });
});

describe('a person and a program', () => {
  const everything = actionsOf(decides, ann({}));
  it.each(['full', 'reduced', 'unknown'] as const)('of %s trust may what their roles allow', (trustLevel) => {
    expect(actionsOf(decides, ann({ trustLevel }))).toEqual(everything);
    expect(actionsOf(decides, program({ trustLevel }))).toEqual(actionsOf(decides, program({})));
  });
  it('of low trust look, or get nothing', () => {
    expect(actionsOf(decides, ann({ trustLevel: 'low' })).sort()).toEqual(
      [...PUBLIC, ...LOOKING, 'manageSelf', 'takeBackConsent'].sort(),
    );
    expect(actionsOf(decides, program({ trustLevel: 'low' })).sort()).toEqual([...PUBLIC].sort());
  });
  it('of no trust see nothing, but can still mend their own ways of signing in', () => {
    expect(actionsOf(decides, ann({ trustLevel: 'none' })).sort()).toEqual(
      [...PUBLIC, 'manageSelf', 'takeBackConsent'].sort(),
    );
    expect(actionsOf(decides, program({ trustLevel: 'none' })).sort()).toEqual([...PUBLIC].sort());
  });
});

describe('every clause', () => {
  const { bundle, engine } = loadBundle(BUNDLE_FOLDER);
  const sources = bundle.policies.map(({ id, text }) => ({ id, json: jsonOf(text) }));
  const wanted = JSON.stringify(tableOf(decider(engine)));

  /** One that does not compile, or faults, was noticed too. */
  function isNoticed(changed: readonly PolicySource[]): boolean {
    try {
      return JSON.stringify(tableOf(decider(createEngine(engine.schema, compilePolicies(changed))))) !== wanted;
    } catch {
      return true;
    }
  }

  it('would be noticed the way this test looks, and the bundle as it is passes', () => {
    expect(wanted).toBe(JSON.stringify(tableOf(decides)));
    expect(isNoticed(sources)).toBe(false);
  });
  it.each(bundle.policies.filter(({ file }) => file === 'trust.cedar').map(({ id }) => id))('of %s matters', (id) => {
    const { json } = sources.find((one) => one.id === id)!;
    expect(isNoticed(sources.filter((one) => one.id !== id))).toBe(true);
    const mutants = [...changes(json)];
    expect(mutants.length).toBeGreaterThan(3);
    for (const mutant of mutants) {
      const changed = sources.map((one) => (one.id === id ? { id, json: mutant as cedar.PolicyJson } : one));
      expect([mutant, isNoticed(changed)]).toEqual([mutant, true]);
    }
  });
});

/** As the service decides; a fault, which denies and alarms there, throws. */
const decider =
  (engine: Engine): Decides =>
  (...[principal, action, resource, context = {}]) => {
    const [who, about] = [principalRef(principal), resourceRef(resource)!];
    const asked = { principal: who, action: entityRef('Action', action), resource: about, context, find: null };
    const answer = engine.decide(asked as Env, engine.plan(action));
    if (answer.decision !== 'invalid' && answer.faults.length > 0) throw new Error(answer.faults[0]!.message);
    return answer.decision === 'allow';
  };

function jsonOf(text: string): cedar.PolicyJson {
  const parsed = cedar.policyToJson(text);
  if (parsed.type !== 'success') throw new Error('a policy could not be read');
  return parsed.json;
}

type Node = { readonly [key: string]: unknown };

/** One clause left out, turned round, or one action less, in every way there is. */
function* changes(node: unknown): Generator<unknown> {
  if (Array.isArray(node)) {
    for (const [at, item] of node.entries()) {
      yield [...(node as unknown[]).slice(0, at), ...(node as unknown[]).slice(at + 1)];
      for (const changed of changes(item)) yield (node as unknown[]).with(at, changed);
    }
  } else if (typeof node === 'object' && node !== null) {
    yield* turned(node as Node);
    for (const [key, value] of Object.entries(node))
      for (const changed of changes(value)) yield { ...node, [key]: changed };
  }
}

function* turned(node: Node): Generator<unknown> {
  for (const word of ['&&', '||']) {
    const both = node[word] as { left: unknown; right: unknown } | undefined;
    if (!both) continue;
    yield both.left;
    yield both.right;
    yield { [word === '&&' ? '||' : '&&']: both };
  }
  for (const [word, other] of [
    ['==', '!='],
    ['<', '<='],
    ['>=', '>'],
    ['!=', '=='],
  ] as const)
    if (node[word] && typeof node[word] === 'object') yield { [other]: node[word] };
  const not = node['!'] as { arg: unknown } | undefined;
  if (not) yield not.arg;
}
