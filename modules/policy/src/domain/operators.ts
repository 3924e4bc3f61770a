/** Cedar's operators over compiled operands: logic, comparison, arithmetic, sets. */
import { equal, includes, includesAll, includesAny } from './equality.ts';
import { comparable, compareTypes } from './extensions.ts';
import { add, multiply, negate, subtract } from './integers.ts';
import { asTest, constantNode, fold, testNode } from './node.ts';
import type { Node, Run, Test } from './node.ts';
import { isEntity, isLong, isSet, sameEntity, wrongType } from './values.ts';
import type { Long, Value } from './values.ts';

type Binary = (left: Node, right: Node) => Node;

const asLong = (value: Value): Long => (isLong(value) ? value : wrongType('long', value));
const asSet = (value: Value): readonly Value[] => (isSet(value) ? value : wrongType('set', value));

export function all(operands: readonly Node[]): Node {
  const tests = operands.map(asTest);
  const [a, b, c] = tests as [Test, Test, Test];
  if (tests.length === 2) return testNode((env) => a(env) && b(env));
  if (tests.length === 3) return testNode((env) => a(env) && b(env) && c(env));
  return testNode((env) => {
    for (const test of tests) if (!test(env)) return false;
    return true;
  });
}

export function any(operands: readonly Node[]): Node {
  const tests = operands.map(asTest);
  const [a, b] = tests as [Test, Test];
  if (tests.length === 2) return testNode((env) => a(env) || b(env));
  return testNode((env) => {
    for (const test of tests) if (test(env)) return true;
    return false;
  });
}

export function not(operand: Node): Node {
  const test = asTest(operand);
  return fold(
    testNode((env) => !test(env)),
    [operand],
  );
}

export function choose(condition: Node, branches: { readonly then: Node; readonly otherwise: Node }): Node {
  const test = asTest(condition);
  const then = branches.then.run;
  const otherwise = branches.otherwise.run;
  const run: Run = (env) => (test(env) ? then(env) : otherwise(env));
  return branches.then.boolean && branches.otherwise.boolean ? { run, boolean: true } : { run };
}

export const minus = (operand: Node): Node => fold({ run: (env) => negate(asLong(operand.run(env))) }, [operand]);

export const isEmpty = (operand: Node): Node =>
  fold(
    testNode((env) => asSet(operand.run(env)).length === 0),
    [operand],
  );

/** Equality with something known at load needs no look at types where the known side is no set, record or extension. */
function equality(left: Node, right: Node): Node {
  if (left.constant !== undefined && right.constant === undefined) return equality(right, left);
  const run = left.run;
  const known = right.constant;
  if (known !== undefined && typeof known !== 'object')
    return fold(
      testNode((env) => run(env) === known),
      [left],
    );
  if (known !== undefined && isEntity(known))
    return testNode((env) => {
      const value = run(env);
      return isEntity(value) && sameEntity(value, known);
    });
  const other = right.run;
  return fold(
    testNode((env) => equal(run(env), other(env))),
    [left, right],
  );
}

/** Longs go first: they are by far the most common, and need one type check. */
const ordering =
  (compare: (a: Long, b: Long) => boolean): Binary =>
  (left, right) =>
    fold(
      testNode((env) => {
        const a = left.run(env);
        const b = right.run(env);
        if (typeof a === 'number' && typeof b === 'number') return compare(a, b);
        compareTypes(a, b);
        return compare(comparable(a), comparable(b));
      }),
      [left, right],
    );

const arithmetic =
  (operate: (a: Long, b: Long) => Long): Binary =>
  (left, right) =>
    fold(
      {
        run: (env) => {
          const a = left.run(env);
          const b = right.run(env);
          return operate(asLong(a), asLong(b));
        },
      },
      [left, right],
    );

const onSets =
  (test: (a: readonly Value[], b: readonly Value[]) => boolean): Binary =>
  (left, right) =>
    fold(
      testNode((env) => {
        const a = left.run(env);
        const b = right.run(env);
        return test(asSet(a), asSet(b));
      }),
      [left, right],
    );

/** A set written in the policy is indexed once, at load. */
const INDEXED_FROM = 8;

function contains(left: Node, right: Node): Node {
  const known = left.constant;
  if (known !== undefined && isSet(known) && known.length >= INDEXED_FROM) {
    const index = new Set(known);
    return fold(
      testNode((env) => {
        const wanted = right.run(env);
        return typeof wanted === 'object' ? includes(known, wanted) : index.has(wanted);
      }),
      [right],
    );
  }
  return fold(
    testNode((env) => {
      const set = left.run(env);
      const wanted = right.run(env);
      return includes(asSet(set), wanted);
    }),
    [left, right],
  );
}

export const BINARY: ReadonlyMap<string, Binary> = new Map<string, Binary>([
  ['==', equality],
  ['!=', (left, right) => not(equality(left, right))],
  ['<', ordering((a, b) => a < b)],
  ['<=', ordering((a, b) => a <= b)],
  ['>', ordering((a, b) => a > b)],
  ['>=', ordering((a, b) => a >= b)],
  ['+', arithmetic(add)],
  ['-', arithmetic(subtract)],
  ['*', arithmetic(multiply)],
  ['contains', contains],
  ['containsAll', onSets(includesAll)],
  ['containsAny', onSets(includesAny)],
]);

/** A set literal; known at load when all its items are. */
export function setOf(items: readonly Node[]): Node {
  const runs = items.map((item) => item.run);
  if (items.every((item) => item.constant !== undefined)) return constantNode(items.map((item) => item.constant!));
  return { run: (env) => runs.map((run) => run(env)) };
}
