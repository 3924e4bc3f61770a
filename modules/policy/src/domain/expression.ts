/** Compiles Cedar's expression JSON (EST) to closures. The set of nodes is closed: one that is not known here refuses the bundle. */
import { attribute, getTag, has, hasTag, is, like, recordOf, within } from './access.ts';
import { EXTENSIONS } from './extensions.ts';
import type { PatternElement } from './like.ts';
import { CompileFault, constantNode, fold } from './node.ts';
import type { Node, Run } from './node.ts';
import { all, any, BINARY, choose, isEmpty, minus, not, setOf } from './operators.ts';
import { entityRef } from './values.ts';

/** Deeper nesting refuses the bundle; chains of `&&` and `||` count once. */
export const DEPTH_MAX = 100;

type Body = { readonly [name: string]: unknown };
type Compile = (json: unknown) => Node;

const VARIABLES: Readonly<Record<string, Node>> = {
  principal: { run: (env) => env.principal, variable: 'principal' },
  action: { run: (env) => env.action, variable: 'action' },
  resource: { run: (env) => env.resource, variable: 'resource' },
  context: { run: (env) => env.context, variable: 'context' },
};

/** Compiles one expression; throws a `CompileFault` that names what it does not know. */
export const compileExpression = (json: unknown): Node => compileAt(json, 0);

function compileAt(json: unknown, depth: number): Node {
  if (depth > DEPTH_MAX) throw new CompileFault(`nests deeper than ${DEPTH_MAX}`);
  const [name, body] = onlyEntry(json);
  const next: Compile = (inner) => compileAt(inner, depth + 1);
  const special = Object.hasOwn(SPECIAL, name) ? SPECIAL[name] : undefined;
  if (special) return special(body, next);
  const binary = BINARY.get(name);
  if (binary) return binary(next(field(body, 'left')), next(field(body, 'right')));
  const extension = EXTENSIONS.get(name);
  if (extension) return extensionCall(name, listOf(body).map(next));
  throw new CompileFault(`unknown expression node ${JSON.stringify(name)}`);
}

const SPECIAL: Readonly<Record<string, (body: unknown, next: Compile) => Node>> = {
  Value: (body) => literal(body),
  Var: (body) => {
    const variable = typeof body === 'string' && Object.hasOwn(VARIABLES, body) ? VARIABLES[body] : undefined;
    if (!variable) throw new CompileFault(`unknown variable ${JSON.stringify(body)}`);
    return variable;
  },
  '&&': (body, next) => all(chain('&&', body).map(next)),
  '||': (body, next) => any(chain('||', body).map(next)),
  '!': (body, next) => not(next(field(body, 'arg'))),
  neg: (body, next) => minus(next(field(body, 'arg'))),
  isEmpty: (body, next) => isEmpty(next(field(body, 'arg'))),
  'if-then-else': (body, next) =>
    choose(next(field(body, 'if')), { then: next(field(body, 'then')), otherwise: next(field(body, 'else')) }),
  in: (body, next) => within(next(field(body, 'left')), next(field(body, 'right'))),
  '.': (body, next) => attribute(next(field(body, 'left')), textOf(field(body, 'attr'))),
  has: (body, next) => has(next(field(body, 'left')), namesOf(field(body, 'attr'))),
  hasTag: (body, next) => hasTag(next(field(body, 'left')), next(field(body, 'right'))),
  getTag: (body, next) => getTag(next(field(body, 'left')), next(field(body, 'right'))),
  like: (body, next) => like(next(field(body, 'left')), listOf(field(body, 'pattern')).map(patternElement)),
  is: (body, next) => {
    const right = Object.hasOwn(objectOf(body), 'in') ? next(field(body, 'in')) : null;
    return is(next(field(body, 'left')), textOf(field(body, 'entity_type')), right);
  },
  Set: (body, next) => setOf(listOf(body).map(next)),
  Record: (body, next) => recordOf(Object.entries(objectOf(body)).map(([name, value]) => [name, next(value)] as const)),
};

/** `a && b && c` comes nested to the left; flattened, a long list is neither deep nor slow. */
function chain(name: '&&' | '||', body: unknown): unknown[] {
  const operands: unknown[] = [];
  let at: unknown = body;
  for (;;) {
    operands.push(field(at, 'right'));
    const left = field(at, 'left');
    if (!Object.hasOwn(objectOf(left), name)) return [left, ...operands.reverse()];
    at = field(left, name);
  }
}

function extensionCall(name: string, given: readonly Node[]): Node {
  const extension = EXTENSIONS.get(name)!;
  if (given.length !== extension.arguments)
    throw new CompileFault(`function "${name}" takes ${extension.arguments} arguments, not ${given.length}`);
  const { call } = extension;
  const [a, b] = given.map((node) => node.run) as [Run, Run];
  return fold(given.length === 1 ? { run: (env) => call(a(env)) } : { run: (env) => call(a(env), b(env)) }, given);
}

function literal(body: unknown): Node {
  if (typeof body === 'boolean' || typeof body === 'string') return constantNode(body);
  if (typeof body === 'number') {
    // The parser hands over doubles: an integer beyond 2^53 may already be another one than was written.
    if (!Number.isSafeInteger(body))
      throw new CompileFault(`integer literal ${body} is beyond 2^53 and was not read exactly`);
    return constantNode(body);
  }
  const [name, uid] = onlyEntry(body);
  if (name !== '__entity') throw new CompileFault(`unknown literal ${JSON.stringify(name)}`);
  return constantNode(entityRef(textOf(field(uid, 'type')), textOf(field(uid, 'id'))));
}

function patternElement(json: unknown): PatternElement {
  if (json === 'Wildcard') return json;
  const [name, text] = onlyEntry(json);
  if (name !== 'Literal') throw new CompileFault(`unknown pattern element ${JSON.stringify(name)}`);
  return { Literal: textOf(text) };
}

export function objectOf(json: unknown): Body {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Body;
  throw new CompileFault(`wanted an object, got ${JSON.stringify(json)}`);
}

export function listOf(json: unknown): readonly unknown[] {
  if (Array.isArray(json)) return json as readonly unknown[];
  throw new CompileFault(`wanted a list, got ${JSON.stringify(json)}`);
}

export function textOf(json: unknown): string {
  if (typeof json === 'string') return json;
  throw new CompileFault(`wanted a text, got ${JSON.stringify(json)}`);
}

const namesOf = (json: unknown): readonly string[] => (Array.isArray(json) ? json.map(textOf) : [textOf(json)]);

export function field(json: unknown, name: string): unknown {
  const body = objectOf(json);
  if (!Object.hasOwn(body, name)) throw new CompileFault(`wanted a field ${JSON.stringify(name)}`);
  return body[name];
}

function onlyEntry(json: unknown): readonly [string, unknown] {
  const entries = Object.entries(objectOf(json));
  if (entries.length !== 1)
    throw new CompileFault(
      `wanted one node, got ${entries.map(([name]) => JSON.stringify(name)).join(', ') || 'none'}`,
    );
  return entries[0]!;
}
