/** Decisions a second: our compiled policies, and cedar-wasm's stateful call on the same requests, by turns in one run. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import type { ActionName, EntityAttributes, Principal, Resource } from '@cityward/contracts';
import { seeded } from '@cityward/kernel';
import type { Random } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { createPolicy } from '@cityward/policy';
import type { Policy } from '@cityward/policy';
import type { Report, RunOptions } from './report.ts';

/** Seven kinds of entities, as in the city's own schema, with more attributes. */
const SCHEMA = `
entity Role;
entity Person in [Role] { department: String, clearance: Long, wards: Set<String>, onCallUntil?: Long };
entity Device { class: String, site: String, standing: String, criticality: Long };
entity Service { purpose: String };
entity City { mode: String };
entity Topic { owner: Device, leaf: String };
entity Incident { ward: String, severity: Long, openedBy: String, labels: Set<String> };
type Circumstances = { hour: Long, strong: Bool, reason?: String };
action readCity, readMetrics, readJobs, importInventory appliesTo
  { principal: [Person, Service], resource: City, context: Circumstances };
action readDevice, issueEnrolmentCode, revokeDevice, releaseDevice, reportAbout appliesTo
  { principal: [Person, Device, Service], resource: Device, context: Circumstances };
action readIncident, annotateIncident, closeIncident, previewContainment, applyContainment, undoContainment appliesTo
  { principal: [Person, Service], resource: Incident, context: Circumstances };
action publish, subscribe appliesTo { principal: [Device], resource: Topic, context: Circumstances };
`;

/** Scope, conditions, effect: twenty of them. */
const POLICIES: readonly (readonly [head: string, condition: string, effect?: 'forbid'])[] = [
  [
    'principal is Person, action in [Action::"readCity", Action::"readDevice", Action::"readIncident"], resource',
    'principal.clearance >= 1',
  ],
  [
    'principal in Role::"administrator", action in [Action::"readJobs", Action::"readMetrics"], resource',
    'context.strong',
  ],
  [
    'principal in Role::"operator", action == Action::"importInventory", resource',
    'context.strong && context has reason && context.reason like "*change*"',
  ],
  [
    'principal in Role::"operator", action in [Action::"issueEnrolmentCode", Action::"releaseDevice"], resource is Device',
    'resource.criticality <= principal.clearance + 1',
  ],
  [
    'principal in Role::"operator", action == Action::"revokeDevice", resource is Device',
    'context has reason && resource.standing != "revoked"',
  ],
  [
    'principal in Role::"analyst", action in [Action::"annotateIncident", Action::"closeIncident"], resource is Incident',
    'principal.wards.contains(resource.ward)',
  ],
  [
    'principal is Person, action in [Action::"previewContainment", Action::"applyContainment", Action::"undoContainment"], resource is Incident',
    '(principal in Role::"operator" || principal in Role::"analyst") && resource.severity <= principal.clearance * 2',
  ],
  [
    'principal is Person, action == Action::"applyContainment", resource is Incident',
    'principal has onCallUntil && principal.onCallUntil > context.hour && context.strong',
  ],
  [
    'principal in Role::"auditor", action in [Action::"readJobs", Action::"readMetrics", Action::"readIncident"], resource',
    'context.hour >= 6 && context.hour < 22',
  ],
  [
    'principal is Service, action in [Action::"readMetrics", Action::"readCity"], resource is City',
    'principal.purpose == "metrics" || principal.purpose == "command-line"',
  ],
  [
    'principal is Service, action in [Action::"readDevice", Action::"readIncident"], resource',
    'principal.purpose like "command-*"',
  ],
  [
    'principal is Device, action == Action::"publish", resource is Topic',
    'principal == resource.owner && principal.standing == "active" && ["obs", "will", "ack", "quarantine"].contains(resource.leaf)',
  ],
  [
    'principal is Device, action == Action::"publish", resource is Topic',
    'principal == resource.owner && principal.standing == "active" && resource.leaf == "flows" && principal.class == "site-switch"',
  ],
  [
    'principal is Device, action == Action::"publish", resource is Topic',
    'principal == resource.owner && principal.standing == "held" && resource.leaf == "quarantine"',
  ],
  [
    'principal is Device, action == Action::"subscribe", resource is Topic',
    'principal == resource.owner && ["active", "held"].contains(principal.standing) && resource.leaf == "orders"',
  ],
  [
    'principal is Device, action == Action::"reportAbout", resource is Device',
    'principal == resource && principal.standing == "active"',
  ],
  [
    'principal is Device, action == Action::"reportAbout", resource is Device',
    'principal.standing == "active" && principal.class == "site-switch" && principal.site == resource.site && principal.site != ""',
  ],
  [
    'principal is Person, action in [Action::"applyContainment", Action::"closeIncident"], resource is Incident',
    'resource.labels.containsAny(["exercise", "sealed"]) && !(principal in Role::"administrator")',
    'forbid',
  ],
  [
    'principal, action in [Action::"importInventory", Action::"readJobs"], resource is City',
    'resource.mode == "frozen"',
    'forbid',
  ],
  [
    'principal is Person, action == Action::"closeIncident", resource is Incident',
    'resource.openedBy == principal.department',
    'forbid',
  ],
];

interface Asked {
  readonly principal: Principal;
  readonly action: ActionName;
  readonly resource: Resource;
  readonly context: EntityAttributes;
}

const ROLES = ['administrator', 'operator', 'analyst', 'officer', 'auditor'];
const WARDS = ['harbour', 'old-town', 'hill', 'mill', 'quay'];
const PERSON_ACTIONS: Readonly<Record<'City' | 'Device' | 'Incident', readonly ActionName[]>> = {
  City: ['readCity', 'readMetrics', 'readJobs', 'importInventory'],
  Device: ['readDevice', 'issueEnrolmentCode', 'revokeDevice', 'releaseDevice'],
  Incident: [
    'readIncident',
    'annotateIncident',
    'closeIncident',
    'previewContainment',
    'applyContainment',
    'undoContainment',
  ],
};

const some = (random: Random, items: readonly string[]): string[] => items.filter(() => random.next() < 0.4);

function person(random: Random, i: number): Principal {
  const onCall = random.next() < 0.5 ? { onCallUntil: random.int(24) } : {};
  const attributes = {
    department: `department-${random.int(6)}`,
    clearance: random.int(4),
    wards: some(random, WARDS),
    ...onCall,
  };
  return { type: 'Person', id: `person-${i}`, roles: some(random, ROLES), attributes };
}

const deviceAttributes = (random: Random): EntityAttributes => ({
  class: random.pick(['site-switch', 'camera', 'street-light', 'water-pump']),
  site: `site-${random.int(40)}`,
  standing: random.pick(['active', 'active', 'active', 'held', 'revoked']),
  criticality: random.int(5),
});
const deviceId = (random: Random): string => `device-${random.int(5_000)}`;

function resource(random: Random, type: 'City' | 'Device' | 'Incident'): Resource {
  if (type === 'City') return { type, id: 'city', attributes: { mode: random.pick(['open', 'open', 'frozen']) } };
  if (type === 'Device') return { type, id: deviceId(random), attributes: deviceAttributes(random) };
  const attributes = {
    ward: random.pick(WARDS),
    severity: random.int(8),
    openedBy: `department-${random.int(6)}`,
    labels: some(random, ['botnet', 'exercise', 'water', 'sealed', 'night']),
  };
  return { type, id: `incident-${random.int(900)}`, attributes };
}

/** Half by people, a tenth by services, the rest by devices; each differs from every other. */
function ask(random: Random, i: number): Asked {
  const context: EntityAttributes = {
    hour: random.int(24),
    strong: random.next() < 0.7,
    ...(random.next() < 0.5 ? { reason: `change ${i} asked for` } : {}),
  };
  const who = random.next();
  if (who < 0.6) {
    const type = random.pick(['City', 'Device', 'Incident'] as const);
    const principal: Principal =
      who < 0.5
        ? person(random, i)
        : {
            type: 'Service',
            id: `service-${i}`,
            roles: [],
            attributes: { purpose: random.pick(['metrics', 'command-line', 'other']) },
          };
    return { principal, action: random.pick(PERSON_ACTIONS[type]), resource: resource(random, type), context };
  }
  const principal: Principal = { type: 'Device', id: `device-${i}`, roles: [], attributes: deviceAttributes(random) };
  const own = random.next() < 0.8 ? principal.id : deviceId(random);
  if (who < 0.75) {
    const about: Resource =
      own === principal.id ? { type: 'Device', id: own, attributes: principal.attributes } : resource(random, 'Device');
    return { principal, action: 'reportAbout', resource: about, context };
  }
  const action = random.pick(['publish', 'publish', 'subscribe'] as const);
  const leaf = action === 'subscribe' ? 'orders' : random.pick(['obs', 'obs', 'flows', 'quarantine', 'ack']);
  return { principal, action, resource: { type: 'Topic', id: `cw/v1/${own}/${leaf}`, attributes: {} }, context };
}

/** The same question as Cedar takes it. */
function callOf({ principal, action, resource: about, context }: Asked): cedar.StatefulAuthorizationCall {
  const uid = ({ type, id }: { readonly type: string; readonly id: string }) => ({ type, id });
  const [, , owner, leaf] = about.id.split('/');
  const aboutAttributes =
    about.type === 'Topic' ? { owner: { __entity: { type: 'Device', id: owner! } }, leaf: leaf! } : about.attributes;
  const entities = [
    { uid: uid(principal), attrs: principal.attributes, parents: principal.roles.map((id) => ({ type: 'Role', id })) },
    ...principal.roles.map((id) => ({ uid: { type: 'Role', id }, attrs: {}, parents: [] })),
    ...(about.type === principal.type && about.id === principal.id
      ? []
      : [{ uid: uid(about), attrs: aboutAttributes, parents: [] }]),
  ];
  return {
    principal: uid(principal),
    action: { type: 'Action', id: action },
    resource: uid(about),
    context: context as cedar.Context,
    entities: entities as cedar.Entities,
    preparsedSchemaName: 'bench',
    preparsedPolicySetId: 'bench',
    validateRequest: true,
  };
}

const policyText = (i: number): string => {
  const [head, condition, effect = 'permit'] = POLICIES[i]!;
  return `@id("policy-${i}")\n@why("Measures decisions")\n${effect} (${head})\nwhen { ${condition} };\n`;
};

function prepareOurs(): Policy {
  const folder = mkdtempSync(join(tmpdir(), 'cityward-bench-decide-'));
  const files = { 'schema.cedarschema': SCHEMA, 'all.cedar': POLICIES.map((_, i) => policyText(i)).join('\n') };
  const sums = Object.entries(files).map(
    ([name, text]) => `${createHash('sha256').update(text).digest('hex')}  ${name}\n`,
  );
  for (const [name, text] of Object.entries({ ...files, SHA256SUMS: sums.join('') }))
    writeFileSync(join(folder, name), text);
  const onFault = (alarm: object): never => {
    throw new Error(`decide: ${JSON.stringify(alarm)}`);
  };
  const policy = createPolicy({ log: silentLog, onFault, folder });
  rmSync(folder, { recursive: true });
  return policy;
}

function prepareCedar(): void {
  cedar.preparseSchema('bench', SCHEMA);
  const staticPolicies = Object.fromEntries(POLICIES.map((_, i) => [`policy-${i}`, policyText(i)]));
  cedar.preparsePolicySet('bench', { staticPolicies });
}

function cedarAllows(call: cedar.StatefulAuthorizationCall): boolean {
  const answer = cedar.statefulIsAuthorized(call);
  if (answer.type === 'failure') throw new Error(`decide by Cedar: ${JSON.stringify(answer.errors)}`);
  if (answer.response.diagnostics.errors.length > 0) throw new Error('decide by Cedar: a policy failed');
  return answer.response.decision === 'allow';
}

/** Runs `work` over all items again and again for so long; items a second. */
function rate<T>(items: readonly T[], ms: number, work: (item: T) => boolean): { perSecond: number; allowed: number } {
  let [done, allowed, i] = [0, 0, 0];
  const start = performance.now();
  let now = start;
  while (now - start < ms) {
    for (let n = 0; n < CHECK_CLOCK_EVERY && n < items.length; n++) {
      if (work(items[i]!)) allowed++;
      i = i + 1 === items.length ? 0 : i + 1;
      done++;
    }
    now = performance.now();
  }
  return { perSecond: (done / (now - start)) * 1_000, allowed };
}
const CHECK_CLOCK_EVERY = 100;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

export async function run({ quick }: RunOptions): Promise<Report> {
  const requests = quick ? 500 : 10_000;
  const rounds = quick ? 2 : 10;
  const roundMs = quick ? 50 : 1_000;
  const random = seeded('decide');
  const asked = Array.from({ length: requests }, (_, i) => ask(random, i));
  const calls = asked.map(callOf);
  const policy = prepareOurs();
  prepareCedar();
  const decide = ({ principal, action, resource: about, context }: Asked): boolean =>
    policy.decide(principal, action, about, context).allow;
  const ours = asked.map(decide);
  const different = calls.filter((call, i) => cedarAllows(call) !== ours[i]).length;
  if (different > 0) throw new Error(`decide: Cedar disagrees on ${different} of ${requests} requests`);
  rate(asked, roundMs, decide);
  const turns = Array.from({ length: rounds }, (_, turn) => {
    const part = calls.slice((turn * requests) / rounds, ((turn + 1) * requests) / rounds);
    return { ours: rate(asked, roundMs, decide).perSecond, cedar: rate(part, roundMs, cedarAllows).perSecond };
  });
  const decisions = median(turns.map((turn) => turn.ours));
  const theirs = median(turns.map((turn) => turn.cedar));
  return {
    name: 'decide',
    figures: { decisions_per_s: Math.round(decisions), times_cedar_wasm: Math.round((decisions / theirs) * 10) / 10 },
    against: { cedar_wasm_stateful_decisions_per_s: Math.round(theirs) },
    workload: {
      policies: POLICIES.length,
      entity_kinds: 7,
      distinct_requests: requests,
      allowed_share: ours.filter(Boolean).length / requests,
      disagreements: different,
      decision_cache: false,
      request_validation: 'both sides',
      rounds,
      cedar_wasm: cedar.getCedarVersion(),
    },
  };
}
