/** Asks Cedar and our engine the same random questions and counts what they answer. */
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { seeded } from '@cityward/kernel';
import { createEngine } from '../domain/engine.ts';
import { compilePolicies } from '../domain/policy-set.ts';
import { readSchema } from '../domain/schema.ts';
import type { Schema } from '../domain/schema.ts';
import { requestOf } from './cedar-json.ts';
import { randomPolicies } from './random-policies.ts';
import { randomRequest } from './random-requests.ts';
import type { RequestJson } from './random-requests.ts';
import { randomWorld } from './random-schema.ts';
import type { World } from './random-schema.ts';

export interface Tally {
  requests: number;
  allowed: number;
  denied: number;
  withFaults: number;
  refused: number;
  /** What was asked and what each said, for every disagreement. */
  disagreements: string[];
}

export interface Comparison {
  readonly seed: string;
  readonly requests: number;
  readonly perPolicySet: number;
  /** With a schema: requests are validated on both sides. Without: types are wrong on purpose. */
  readonly schema: boolean;
}

const NAME = 'oracle';
const DISAGREEMENTS_KEPT = 20;

/** Runs the comparison; the same seed asks the same questions. */
export function compareWithCedar({ seed, requests, perPolicySet, schema }: Comparison): Tally {
  const tally: Tally = { requests: 0, allowed: 0, denied: 0, withFaults: 0, refused: 0, disagreements: [] };
  for (let round = 0; tally.requests < requests; round++) {
    const random = seeded(`${seed}/${round}`);
    const world = randomWorld(random);
    const forbids = random.next() < 0.5 ? 0 : 0.25;
    const policies = randomPolicies(random, world, { whole: 4, probes: 8, forbids, chaos: schema ? 0.01 : 0.06 });
    const sides = prepare(world, policies, schema);
    for (let i = 0; i < perPolicySet && tally.requests < requests; i++)
      ask(sides, randomRequest(random, world, schema ? 0.05 : 0), tally);
  }
  return tally;
}

interface Sides {
  readonly text: string;
  readonly schema: Schema | null;
  readonly cedarAnswer: (request: RequestJson) => string;
  readonly ourAnswer: (request: RequestJson) => string;
}

function prepare(world: World, policies: ReadonlyMap<string, string>, withSchema: boolean): Sides {
  const schema = withSchema ? readSchema(success(cedar.schemaToJsonWithResolvedTypes(world.text)).json) : null;
  if (withSchema) success(cedar.preparseSchema(NAME, world.text));
  success(cedar.preparsePolicySet(NAME, { staticPolicies: Object.fromEntries(policies) }));
  const sources = [...policies].map(([id, text]) => ({ id, json: success(cedar.policyToJson(text)).json }));
  const set = compilePolicies(sources);
  const engine = schema ? createEngine(schema, set) : null;
  return {
    text: [...policies.values()].join('\n'),
    schema,
    cedarAnswer: (request) => cedarAnswer(request, withSchema),
    ourAnswer(request) {
      const { env, entities } = requestOf(request, schema?.actions.get(request.action.id));
      if (engine && entities.some((entity) => engine.conformance.explainEntity(entity) !== null)) return 'refused';
      const answer = engine ? engine.decide(env) : set.evaluate(env);
      if (answer.decision === 'invalid') return 'refused';
      const { decision, reasons, faults } = answer;
      return answerText(
        decision,
        reasons,
        faults.map(({ policy }) => policy),
      );
    },
  };
}

function ask(sides: Sides, request: RequestJson, tally: Tally): void {
  const [theirs, ours] = [sides.cedarAnswer(request), sides.ourAnswer(request)];
  tally.requests++;
  if (theirs === 'refused') tally.refused++;
  else if (theirs.startsWith('allow')) tally.allowed++;
  else tally.denied++;
  if (!theirs.endsWith('faults []')) tally.withFaults++;
  if (theirs !== ours && tally.disagreements.length < DISAGREEMENTS_KEPT)
    tally.disagreements.push(`Cedar: ${theirs}\nours: ${ours}\n${JSON.stringify(request)}\n${sides.text}`);
}

function cedarAnswer(request: RequestJson, withSchema: boolean): string {
  const answer = cedar.statefulIsAuthorized({
    ...(request as unknown as cedar.StatefulAuthorizationCall),
    preparsedPolicySetId: NAME,
    ...(withSchema ? { preparsedSchemaName: NAME, validateRequest: true } : {}),
  });
  if (answer.type === 'failure') return 'refused';
  const { decision, diagnostics } = answer.response;
  return answerText(
    decision,
    diagnostics.reason,
    diagnostics.errors.map(({ policyId }) => policyId),
  );
}

const answerText = (decision: string, reasons: readonly string[], faults: readonly string[]): string =>
  `${decision} because [${[...reasons].sort().join(' ')}] faults [${[...faults].sort().join(' ')}]`;

function success<T extends { readonly type: string }>(answer: T): Extract<T, { type: 'success' }> {
  if (answer.type !== 'success') throw new Error(`prepare the comparison: ${JSON.stringify(answer)}`);
  return answer as Extract<T, { type: 'success' }>;
}
