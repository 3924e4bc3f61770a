/** A set of compiled policies: indexed by action and types, evaluated exactly as Cedar does. */
import { compileExpression, field, listOf, textOf } from './expression.ts';
import { asTest, CompileFault } from './node.ts';
import type { Env, Test } from './node.ts';
import { compileActions, compilePart, coversAction } from './scope.ts';
import type { ActionScope, PartScope } from './scope.ts';
import { EvaluationFault } from './values.ts';
import type { EntityRef } from './values.ts';

export interface PolicySource {
  readonly id: string;
  /** The policy's JSON (EST), as Cedar's own parser gives it. */
  readonly json: unknown;
}

interface CompiledPolicy {
  readonly id: string;
  readonly permit: boolean;
  readonly principal: PartScope;
  readonly actions: ActionScope | null;
  readonly resource: PartScope;
  /** Everything that has to hold once the types and the action fit, in order. */
  readonly tests: readonly Test[];
}

export interface PolicyFault {
  readonly policy: string;
  readonly message: string;
}

/** Cedar's own answer: a policy with a fault is skipped there; whoever enforces must deny on any fault. */
export interface Evaluation {
  readonly decision: 'allow' | 'deny';
  /** Ids of the policies that made the decision; none when nothing applied. */
  readonly reasons: readonly string[];
  readonly faults: readonly PolicyFault[];
}

export interface PolicySet {
  readonly count: number;
  /** Any request, whatever its types. */
  evaluate(env: Env): Evaluation;
  /** The part that can apply to one action and two types; evaluates faster, and the same. */
  narrow(action: EntityRef, types: { readonly principal: string; readonly resource: string }): (env: Env) => Evaluation;
  /** False when no permit's scope fits this principal and action, whatever the resource and the conditions. */
  mayEver(principal: EntityRef, action: EntityRef): boolean;
}

const NONE: readonly never[] = [];

/** Compiles policies; throws a `CompileFault` that names the policy. */
export function compilePolicies(sources: readonly PolicySource[]): PolicySet {
  const policies = sources.map(compilePolicy);
  return {
    count: policies.length,
    evaluate: (env) =>
      evaluate(
        policies.filter((policy) => fits(policy, env)),
        env,
      ),
    narrow: (action, { principal, resource }) => {
      const env: Env = { principal: action, action, resource: action, context: {}, find: null };
      const able = policies.filter(
        (policy) =>
          ofType(policy.principal, principal) &&
          ofType(policy.resource, resource) &&
          coversAction(policy.actions, action, env),
      );
      return (asked) => evaluate(able, asked);
    },
    mayEver: (principal, action) => {
      const env: Env = { principal, action, resource: principal, context: {}, find: null };
      return policies.some(
        (policy) => policy.permit && coversAction(policy.actions, action, env) && knows(policy, env),
      );
    },
  };
}

function evaluate(policies: readonly CompiledPolicy[], env: Env): Evaluation {
  let permits: string[] | null = null;
  let forbids: string[] | null = null;
  let faults: PolicyFault[] | null = null;
  for (const policy of policies) {
    try {
      if (!holds(policy.tests, env)) continue;
      if (policy.permit) (permits ??= []).push(policy.id);
      else (forbids ??= []).push(policy.id);
    } catch (fault) {
      if (!(fault instanceof EvaluationFault)) throw fault;
      (faults ??= []).push({ policy: policy.id, message: fault.message });
    }
  }
  const allow = forbids === null && permits !== null;
  return { decision: allow ? 'allow' : 'deny', reasons: forbids ?? permits ?? NONE, faults: faults ?? NONE };
}

function holds(tests: readonly Test[], env: Env): boolean {
  for (let i = 0; i < tests.length; i++) if (!tests[i]!(env)) return false;
  return true;
}

function compilePolicy({ id, json }: PolicySource): CompiledPolicy {
  try {
    const effect = textOf(field(json, 'effect'));
    if (effect !== 'permit' && effect !== 'forbid') throw new CompileFault(`unknown effect ${JSON.stringify(effect)}`);
    const principal = compilePart(field(json, 'principal'));
    const resource = compilePart(field(json, 'resource'));
    const tests: Test[] = [];
    if (principal.test) tests.push(onPrincipal(principal.test));
    if (resource.test) tests.push(onResource(resource.test));
    for (const condition of listOf(field(json, 'conditions'))) tests.push(compileCondition(condition));
    const actions = compileActions(field(json, 'action'));
    return { id, permit: effect === 'permit', principal, actions, resource, tests };
  } catch (fault) {
    if (fault instanceof CompileFault) throw new CompileFault(`policy "${id}": ${fault.message}`);
    throw fault;
  }
}

const onPrincipal =
  (test: NonNullable<PartScope['test']>): Test =>
  (env) =>
    test(env.principal, env);
const onResource =
  (test: NonNullable<PartScope['test']>): Test =>
  (env) =>
    test(env.resource, env);

function compileCondition(json: unknown): Test {
  const kind = textOf(field(json, 'kind'));
  const test = asTest(compileExpression(field(json, 'body')));
  if (kind === 'when') return test;
  if (kind === 'unless') return (env) => !test(env);
  throw new CompileFault(`unknown condition ${JSON.stringify(kind)}`);
}

const ofType = (part: PartScope, type: string): boolean => part.type === null || part.type === type;

const fits = (policy: CompiledPolicy, env: Env): boolean =>
  ofType(policy.principal, env.principal.type) &&
  ofType(policy.resource, env.resource.type) &&
  coversAction(policy.actions, env.action, env);

const knows = (policy: CompiledPolicy, env: Env): boolean =>
  ofType(policy.principal, env.principal.type) &&
  (policy.principal.test === null || policy.principal.test(env.principal, env));
