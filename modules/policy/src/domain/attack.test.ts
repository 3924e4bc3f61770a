/** Inputs made to break an engine: prototype names, forged entities, deep nesting, stars, overflow, huge sets. */
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '@cityward/kernel';
import type { Random } from '@cityward/kernel';
import { includesAll, includesAny, equal, keyOf } from './equality.ts';
import { DEPTH_MAX } from './expression.ts';
import { add, LONG_MAX, LONG_MIN, multiply, negate, subtract } from './integers.ts';
import { compileLike } from './like.ts';
import type { PatternElement } from './like.ts';
import { CompileFault } from './node.ts';
import { compilePolicies } from './policy-set.ts';
import type { Evaluation } from './policy-set.ts';
import { entityRef, EvaluationFault } from './values.ts';
import type { CedarRecord, EntityData, Value } from './values.ts';

const jsonOf = (text: string): unknown => {
  const answer = cedar.policyToJson(text);
  if (answer.type === 'failure') throw new Error(answer.errors[0]?.message);
  return answer.json;
};
const ask = (condition: string, context: unknown = {}, data: Partial<EntityData> = {}): Evaluation =>
  compilePolicies([{ id: 'p', json: jsonOf(`permit (principal, action, resource) when { ${condition} };`) }]).evaluate({
    principal: entityRef('User', 'ann', { attributes: {}, parents: [], tags: null, ...data }),
    action: entityRef('Action', 'read'),
    resource: entityRef('Doc', 'd'),
    context: context as CedarRecord,
    find: null,
  });
const holds = (condition: string, context?: unknown, data?: Partial<EntityData>): boolean | string => {
  const { decision, faults } = ask(condition, context, data);
  return faults[0]?.message ?? decision === 'allow';
};

describe('prototypes', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'])(
    '%s is an ordinary name',
    (name) => {
      expect(holds(`context has ${name}`)).toBe(false);
      expect(holds(`principal has ${name}`)).toBe(false);
      expect(holds(`context.${name} == 1`)).toBe(`attribute "${name}" is missing`);
      const own = JSON.parse(`{"${name}": 1}`) as CedarRecord;
      expect(holds(`context has ${name} && context.${name} == 1`, own)).toBe(true);
      expect(holds(`{"${name}": 1} == context`, own)).toBe(true);
      expect(holds(`{"${name}": 1} == {}`)).toBe(false);
      expect(holds(`principal.hasTag("${name}")`)).toBe(false);
      expect(holds(`principal.hasTag("${name}")`, {}, { tags: {} })).toBe(false);
    },
  );
  it('a polluted Object.prototype gives nobody an attribute', () => {
    const all = Object.prototype as unknown as Record<string, unknown>;
    all['admin'] = true;
    try {
      expect(holds('context has admin')).toBe(false);
      expect(holds('principal.admin')).toBe('attribute "admin" is missing');
    } finally {
      delete all['admin'];
    }
  });
  it('a record that looks like an entity stays a record', () => {
    const forged = { who: { type: 'Role', id: 'admin', kind: 'entity', __entity: { type: 'Role', id: 'admin' } } };
    expect(holds('context.who == Role::"admin"', forged)).toBe(false);
    expect(holds('context.who in Role::"admin"', forged)).toBe('type error: wanted entity, got record');
  });
});

describe('loading', () => {
  const compile = (json: unknown) => () => compilePolicies([{ id: 'p', json }]);
  const withBody = (body: unknown): unknown => ({
    effect: 'permit',
    principal: { op: 'All' },
    action: { op: 'All' },
    resource: { op: 'All' },
    conditions: [{ kind: 'when', body }],
  });
  it.each([
    [{ shiftLeft: { left: { Value: 1 }, right: { Value: 2 } } }, 'unknown expression node "shiftLeft"'],
    [{ constructor: [] }, 'unknown expression node "constructor"'],
    [JSON.parse('{"__proto__": {"left": 1}}'), 'unknown expression node "__proto__"'],
    [{ Var: 'session' }, 'unknown variable "session"'],
    [{ Var: 'constructor' }, 'unknown variable "constructor"'],
    [{ Slot: '?principal' }, 'unknown expression node "Slot"'],
    [{ Value: 1.5 }, 'integer literal 1.5 is beyond 2^53'],
    [{ Value: { __extn: { fn: 'ip', arg: '::1' } } }, 'unknown literal "__extn"'],
    [{ Value: null }, 'wanted an object, got null'],
    [{ '==': { left: { Value: 1 } } }, 'wanted a field "right"'],
    [{ '!': { arg: { Value: true } }, neg: {} }, 'wanted one node, got "!", "neg"'],
    [{ isInRange: [{ Value: 1 }] }, 'function "isInRange" takes 2 arguments, not 1'],
    [{ like: { left: { Value: 'a' }, pattern: [{ Any: 1 }] } }, 'unknown pattern element "Any"'],
    [{}, 'wanted one node, got none'],
  ])('refuses %j', (body, message) => {
    expect(compile(withBody(body))).toThrow(CompileFault);
    expect(compile(withBody(body))).toThrow(`policy "p": ${message}`);
  });
  it.each([
    [{ effect: 'allow' }, 'unknown effect "allow"'],
    [{ principal: { op: 'like' } }, 'unknown scope "like"'],
    [{ principal: { op: '==', slot: '?principal' } }, 'templates are not taken'],
    [{ action: { op: 'is', entity_type: 'X' } }, 'unknown scope "is"'],
    [{ conditions: [{ kind: 'maybe', body: { Value: true } }] }, 'unknown condition "maybe"'],
  ])('refuses a policy with %j', (change, message) => {
    expect(compile({ ...(withBody({ Value: true }) as object), ...change })).toThrow(message);
  });
  it('refuses literals that the parser could not hand over exactly', () => {
    for (const literal of ['9007199254740992', '9223372036854775807', '-9223372036854775808'])
      expect(() => ask(`context.n == ${literal}`)).toThrow('is beyond 2^53');
    expect(holds('context.n == 9007199254740991', { n: 9_007_199_254_740_991 })).toBe(true);
  });
  it('refuses deep nesting, takes long chains', () => {
    const deep = (levels: number): string => `${'!('.repeat(levels)}true${')'.repeat(levels)}`;
    expect(holds(deep(DEPTH_MAX - 2))).toBe(true);
    expect(() => ask(deep(DEPTH_MAX + 1))).toThrow(`nests deeper than ${DEPTH_MAX}`);
    const chain = Array.from({ length: 800 }, (_, i) => `context.n == ${i}`);
    expect(holds(chain.join(' || '), { n: 799 })).toBe(true);
    expect(holds(chain.map((one) => `!(${one})`).join(' && '), { n: 799 })).toBe(false);
  });
  it('never throws anything but a compile fault, whatever the JSON', () => {
    const NODES = [
      'Value',
      'Var',
      '&&',
      '||',
      '==',
      '<',
      '.',
      'has',
      'in',
      'Set',
      'Record',
      'is',
      'like',
      'ip',
      'neg',
      'if-then-else',
    ];
    const FIELDS = [
      'left',
      'right',
      'arg',
      'attr',
      'if',
      'then',
      'else',
      'entity_type',
      'pattern',
      'in',
      '__entity',
      'Literal',
    ];
    const LEAVES = [null, true, 0, -1.5, 2 ** 60, '', 'principal', 'Wildcard', '__proto__', [], {}];
    const json = (random: Random, depth: number): unknown => {
      const choice = random.int(depth > 0 ? 10 : 2);
      if (choice < 2) return random.pick(LEAVES);
      if (choice === 2) return [json(random, depth - 1), json(random, depth - 1)];
      if (choice < 6) return { [random.pick(NODES)]: json(random, depth - 1) };
      return Object.fromEntries(
        FIELDS.filter(() => random.next() < 0.3).map((name) => [name, json(random, depth - 1)]),
      );
    };
    let compiled = 0;
    for (let i = 0; i < 10_000; i++) {
      try {
        compile(withBody(json(seeded(i), 5)))();
        compiled++;
      } catch (fault) {
        expect(fault).toBeInstanceOf(CompileFault);
      }
    }
    expect(compiled).toBeGreaterThan(0);
  });
});

describe('integers', () => {
  const long = fc.oneof(
    fc.bigInt({ min: LONG_MIN, max: LONG_MAX }),
    fc.constantFrom(LONG_MIN, LONG_MAX, 0n, -1n, 2n ** 53n, 2n ** 53n - 1n, -(2n ** 53n), 2n ** 31n),
  );
  const toLong = (exact: bigint) => add(0, exact > 2n ** 53n - 1n || exact < -(2n ** 53n - 1n) ? exact : Number(exact));
  it('are exact within 64 bits and fault beyond', () => {
    const operations = [
      [add, (a: bigint, b: bigint) => a + b],
      [subtract, (a: bigint, b: bigint) => a - b],
      [multiply, (a: bigint, b: bigint) => a * b],
      [(a: number | bigint) => negate(a), (a: bigint) => -a],
    ] as const;
    fc.assert(
      fc.property(long, long, fc.constantFrom(...operations), (a, b, [ours, exact]) => {
        const wanted = exact(a, b);
        if (wanted >= LONG_MIN && wanted <= LONG_MAX) expect(BigInt(ours(toLong(a), toLong(b)))).toBe(wanted);
        else expect(() => ours(toLong(a), toLong(b))).toThrow(EvaluationFault);
      }),
      { numRuns: 10_000 },
    );
  });
  it('overflow in a policy is a fault, never a wrong number', () => {
    const big = '9007199254740991';
    expect(holds(`${big} * 1024 - ${big} * 1023 == ${big}`)).toBe(true);
    expect(holds(`${big} * 1025 > 0`)).toBe('integer overflow: the result does not fit 64 bits');
    expect(holds(`-(${big} * -1024 - 1024) == 0`)).toBe('integer overflow: the result does not fit 64 bits');
    expect(Object.is(multiply(0, -5), 0)).toBe(true);
  });
});

describe('like', () => {
  const naive = (pattern: readonly PatternElement[], text: string): boolean => {
    const source = pattern.map((one) => (one === 'Wildcard' ? '[\\s\\S]*' : one.Literal.replace(/[^\w]/gu, '\\$&')));
    return new RegExp(`^${source.join('')}$`).test(text);
  };
  it('agrees with a regular expression', () => {
    const element = fc.oneof(
      fc.constant<PatternElement>('Wildcard'),
      fc.constantFrom('a', 'b').map((Literal) => ({ Literal })),
    );
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 });
    fc.assert(
      fc.property(fc.array(element, { maxLength: 8 }), text, (pattern, given) => {
        expect(compileLike(pattern)(given)).toBe(naive(pattern, given));
      }),
      { numRuns: 10_000 },
    );
  });
  it('stays linear: many stars over a long text that nearly matches', () => {
    const text = 'a'.repeat(200_000);
    const stars = Array.from(
      { length: 200 },
      () => ['Wildcard', ...[...'aaaaaaaab'].map((Literal) => ({ Literal }))] as const,
    ).flat();
    expect(compileLike([...stars, 'Wildcard'])(text)).toBe(false);
    expect(compileLike([...stars, 'Wildcard'])('aaaaaaaab'.repeat(200))).toBe(true);
  });
});

describe('sets', () => {
  it('of a hundred thousand are compared in linear time', () => {
    const many = Array.from({ length: 100_000 }, (_, i) => `item-${i}`);
    const other = [...many].reverse();
    expect(equal(many, other)).toBe(true);
    expect(includesAll(many, other)).toBe(true);
    expect(includesAny(many, [...other.map((item) => `${item}x`)])).toBe(false);
    const nested = many.slice(0, 10_000).map((item) => [item, { item }]) as Value;
    expect(equal(nested, [...(nested as Value[])].reverse())).toBe(true);
  });
  it('have keys that are equal exactly when the values are', () => {
    const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        fc.constantFrom<Value>(
          '',
          'a',
          '1',
          1,
          0,
          true,
          false,
          2n ** 60n,
          entityRef('A', 'b'),
          entityRef('A::b', ''),
          entityRef('A', 'B'),
        ),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 's1:a'), tie('value'), { maxKeys: 2 }),
      ),
    })).value;
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(keyOf(a) === keyOf(b)).toBe(equal(a, b));
        expect(equal(a, a)).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('hierarchies', () => {
  it('with shared parents and circles end', () => {
    const store = new Map<string, EntityData>();
    const levels = 40;
    for (let i = 0; i < levels; i++)
      for (const side of ['l', 'r'])
        store.set(`${side}${i}`, {
          attributes: {},
          parents: [entityRef('G', `l${(i + 1) % levels}`), entityRef('G', `r${(i + 1) % levels}`)],
          tags: null,
        });
    const set = compilePolicies([{ id: 'p', json: jsonOf('permit (principal in G::"nowhere", action, resource);') }]);
    const { decision } = set.evaluate({
      principal: entityRef('G', 'l0'),
      action: entityRef('Action', 'read'),
      resource: entityRef('Doc', 'd'),
      context: {},
      find: (_type, id) => store.get(id) ?? null,
    });
    expect(decision).toBe('deny');
  });
});
