/** What expressions are compiled to: closures over one request. */
import { EvaluationFault, wrongType } from './values.ts';
import type { CedarRecord, EntityData, EntityRef, Value } from './values.ts';

/** All that a policy may look at. */
export interface Env {
  readonly principal: EntityRef;
  readonly action: EntityRef;
  readonly resource: EntityRef;
  readonly context: CedarRecord;
  /** Asked for entities that are only named; null where a request brings no others. */
  readonly find: ((type: string, id: string) => EntityData | null) | null;
}

export type Run = (env: Env) => Value;
export type Test = (env: Env) => boolean;

export interface Node {
  readonly run: Run;
  /** There when the value does not depend on the request. */
  readonly constant?: Value;
  /** `run` gives a boolean or faults; nobody needs to check again. */
  readonly boolean?: true;
  /** The whole of a variable, so that access to its attributes can be direct. */
  readonly variable?: 'principal' | 'action' | 'resource' | 'context';
}

/** Why a policy's JSON cannot be compiled: refuses the bundle at load. */
export class CompileFault extends Error {
  override readonly name = 'CompileFault';
}

export const constantNode = (value: Value): Node =>
  typeof value === 'boolean'
    ? { run: () => value, constant: value, boolean: true }
    : { run: () => value, constant: value };
export const testNode = (run: Test): Node => ({ run, boolean: true });

/** The node as a test: faults when its value is no boolean. */
export function asTest(node: Node): Test {
  const { run } = node;
  if (node.boolean) return run as Test;
  return (env) => {
    const value = run(env);
    return typeof value === 'boolean' ? value : wrongType('bool', value);
  };
}

/** Evaluates what needs no request once, at load; an operation that always faults keeps faulting at each request. */
export function fold(node: Node, operands: readonly Node[]): Node {
  if (!operands.every((operand) => operand.constant !== undefined)) return node;
  try {
    return constantNode(node.run(NO_REQUEST));
  } catch (fault) {
    if (fault instanceof EvaluationFault) return node;
    throw fault;
  }
}

/** Constant operations never look at it. */
const NO_REQUEST = Object.freeze({}) as Env;

export const dataOf = (ref: EntityRef, env: Env): EntityData | null =>
  ref.data ?? (env.find === null ? null : env.find(ref.type, ref.id));
