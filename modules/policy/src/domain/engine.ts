/** A schema and its policies as one: each request is checked, then meets only the policies that can apply to its types. */
import { compileConformance } from './conform.ts';
import type { Conformance, EntityRule } from './conform.ts';
import type { Env } from './node.ts';
import type { Evaluation, PolicySet } from './policy-set.ts';
import { actionName } from './schema.ts';
import type { ActionType, Schema } from './schema.ts';
import type { CedarRecord, EntityRef } from './values.ts';

/** What is known at load about one action asked by one type about another. */
interface Way {
  readonly principal: EntityRule;
  readonly resource: EntityRule;
  readonly evaluate: (env: Env) => Evaluation;
}
export interface ActionPlan {
  /** With the groups that it is in. */
  readonly ref: EntityRef;
  readonly contextFits: (record: CedarRecord) => boolean;
  /** By principal type, then by resource type. */
  readonly ways: ReadonlyMap<string, ReadonlyMap<string, Way>>;
}

/** An evaluation, or why the request is not one that the schema knows. */
export type Answer = Evaluation | { readonly decision: 'invalid'; readonly reason: string };

export interface Engine {
  readonly schema: Schema;
  readonly policySet: PolicySet;
  readonly conformance: Conformance;
  /** By `actionName`; undefined for one that the schema does not have. */
  plan(name: string): ActionPlan | undefined;
  /** @param plan that of the request's action, where it is at hand */
  decide(env: Env, plan?: ActionPlan): Answer;
}

export function createEngine(schema: Schema, policySet: PolicySet): Engine {
  const conformance = compileConformance(schema);
  const plans = new Map<string, ActionPlan>();
  for (const [name, action] of schema.actions)
    plans.set(name, {
      ref: action.ref,
      contextFits: conformance.context(action.context),
      ways: waysOf(action, conformance, policySet),
    });
  return {
    schema,
    policySet,
    conformance,
    plan: (name) => plans.get(name),
    decide(env, plan = plans.get(actionName(env.action.type, env.action.id))) {
      const way = plan?.ways.get(env.principal.type)?.get(env.resource.type);
      const known =
        way !== undefined &&
        plan!.contextFits(env.context) &&
        way.principal.fits(env.principal) &&
        way.resource.fits(env.resource);
      if (known) return way.evaluate(env);
      return { decision: 'invalid', reason: conformance.explain(env) ?? 'the request does not fit the schema' };
    },
  };
}

function waysOf(action: ActionType, { entities }: Conformance, policySet: PolicySet): ActionPlan['ways'] {
  const wayOf = (principal: string, resource: string): Way => ({
    principal: entities.get(principal)!,
    resource: entities.get(resource)!,
    evaluate: policySet.narrow(action.ref, { principal, resource }),
  });
  return new Map(
    [...action.principals].map((principal) => [
      principal,
      new Map([...action.resources].map((resource) => [resource, wayOf(principal, resource)])),
    ]),
  );
}
