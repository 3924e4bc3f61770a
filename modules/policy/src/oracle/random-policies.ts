/** Random policies as Cedar text: typed for one kind of request, with a share of deliberate type errors. */
import type { Random } from '@cityward/kernel';
import type { CedarType, RecordField } from '../domain/schema.ts';
import { COLOURS, ENUM_TYPE, NAMES, randomType } from './random-schema.ts';
import type { World, WorldAction } from './random-schema.ts';
import { DATETIMES, DECIMALS, DURATIONS, IPS, LONGS, STRINGS } from './samples.ts';

export interface Setting {
  readonly random: Random;
  readonly world: World;
  readonly principal: string;
  readonly resource: string;
  readonly action: WorldAction;
  /** Chance that an operand has a type that does not belong there. */
  readonly chaos: number;
}

export const ID_COUNT = 3;
const entityId = (random: Random): string => `e${random.int(ID_COUNT)}`;

export interface PolicyMix {
  /** Policies with scopes and conditions of several levels. */
  readonly whole: number;
  /** Permits without a scope and with one operator: each shows in the reasons what that operator answered. */
  readonly probes: number;
  /** Chance that a whole policy forbids; a forbid that holds hides all permits. */
  readonly forbids: number;
  readonly chaos: number;
}

/** Policies over one world, each about one principal type, action and resource type. */
export function randomPolicies(random: Random, world: World, mix: PolicyMix): Map<string, string> {
  const policies = new Map<string, string>();
  for (let i = 0; i < mix.whole + mix.probes; i++) {
    const action = random.pick(world.actions);
    const setting: Setting = {
      random,
      world,
      principal: random.pick(action.principals),
      resource: random.pick(action.resources),
      action,
      chaos: mix.chaos,
    };
    if (i < mix.whole) policies.set(`policy-${i}`, policyText(setting, mix.forbids));
    else policies.set(`probe-${i}`, `permit (principal, action, resource) when { ${probeText(setting)} };`);
  }
  return policies;
}

function policyText(setting: Setting, forbids: number): string {
  const { random } = setting;
  const effect = random.next() < forbids ? 'forbid' : 'permit';
  const conditions = Array.from({ length: random.int(3) }, () => {
    const keyword = random.next() < 0.8 ? 'when' : 'unless';
    return `${keyword} { ${booleanText(setting, 1 + random.int(4))} }`;
  });
  const head = `${partText(setting, 'principal')}, ${actionText(setting)}, ${partText(setting, 'resource')}`;
  return `${effect} (${head}) ${conditions.join(' ')};`;
}

function probeText(setting: Setting): string {
  const { random } = setting;
  const make = random.pick([
    compareText,
    arithmeticText,
    arithmeticText,
    equalText,
    setTestText,
    hierarchyText,
    extensionTestText,
    extensionTestText,
    likeText,
    likeText,
    tagText,
    hasText,
  ]);
  return make(setting, 1 + random.int(2));
}

function partText({ random, world, ...setting }: Setting, part: 'principal' | 'resource'): string {
  const type = setting[part];
  const above = random.pick(world.entities).name;
  const target = `${above}::"${entityId(random)}"`;
  return random.pick([
    part,
    part,
    `${part} is ${type}`,
    `${part} is ${type}`,
    `${part} is ${type}`,
    `${part} is ${type}`,
    `${part} == ${type}::"${entityId(random)}"`,
    `${part} in ${target}`,
    `${part} is ${type} in ${target}`,
  ]);
}

function actionText({ random, action }: Setting): string {
  const own = `Action::${JSON.stringify(action.id)}`;
  return random.pick([
    'action',
    `action == ${own}`,
    `action == ${own}`,
    'action in Action::"any"',
    `action in [${own}, Action::"write"]`,
    'action',
  ]);
}

type Make = (setting: Setting, depth: number) => string;

/** An expression of the type, or, by chance, of any other. */
export function expressionText(setting: Setting, type: CedarType, depth: number): string {
  const { random } = setting;
  if (random.next() < setting.chaos) return makeText(setting, randomType(random, 1), depth);
  return makeText(setting, type, depth);
}

function makeText(setting: Setting, type: CedarType, depth: number): string {
  const { random } = setting;
  if (depth > 0 && random.next() < 0.12)
    return `(if ${booleanText(setting, depth - 1)} then ${expressionText(setting, type, depth - 1)} else ${expressionText(setting, type, depth - 1)})`;
  const found = random.next() < 0.7 ? lookUp(setting, type) : null;
  if (found !== null) return found;
  switch (type.kind) {
    case 'boolean':
      return booleanText(setting, depth);
    case 'long':
      return longText(setting, depth);
    case 'string':
      return random.pick(STRINGS.map((text) => JSON.stringify(text)));
    case 'entity':
      return entityText(setting, type.name);
    case 'set':
      return `[${Array.from({ length: random.int(4) }, () => expressionText(setting, type.element, depth - 1)).join(', ')}]`;
    case 'record':
      return recordText(setting, type.fields, depth);
    case 'extension':
      return extensionText(setting, type.name, depth);
  }
}

function entityText({ random, ...setting }: Setting, name: string): string {
  if (name === ENUM_TYPE) return `${ENUM_TYPE}::${JSON.stringify(random.pick(COLOURS))}`;
  const variables = (['principal', 'resource'] as const).filter((part) => setting[part] === name);
  if (variables.length > 0 && random.next() < 0.6) return random.pick(variables);
  return `${name}::"${entityId(random)}"`;
}

const recordText = (setting: Setting, fields: readonly RecordField[], depth: number): string =>
  `{${fields
    .filter(({ required }) => required || setting.random.next() < 0.5)
    .map(({ name, type }) => `${JSON.stringify(name)}: ${expressionText(setting, type, depth - 1)}`)
    .join(', ')}}`;

const EXTENSION_SAMPLES = { decimal: DECIMALS, ipaddr: IPS, datetime: DATETIMES, duration: DURATIONS } as const;

function extensionText(setting: Setting, name: keyof typeof EXTENSION_SAMPLES, depth: number): string {
  const { random } = setting;
  const of = (kind: keyof typeof EXTENSION_SAMPLES): string =>
    expressionText(setting, { kind: 'extension', name: kind }, depth - 1);
  if (depth > 0 && name === 'datetime' && random.next() < 0.4)
    return random.pick([`${of('datetime')}.offset(${of('duration')})`, `${of('datetime')}.toDate()`]);
  if (depth > 0 && name === 'duration' && random.next() < 0.4)
    return random.pick([`${of('datetime')}.durationSince(${of('datetime')})`, `${of('datetime')}.toTime()`]);
  const constructor = name === 'ipaddr' ? 'ip' : name;
  return `${constructor}(${JSON.stringify(random.pick(EXTENSION_SAMPLES[name]))})`;
}

function longText(setting: Setting, depth: number): string {
  const { random } = setting;
  const long = (): string => expressionText(setting, { kind: 'long' }, depth - 1);
  const duration = (): string => expressionText(setting, { kind: 'extension', name: 'duration' }, depth - 1);
  const method = random.pick(['toMilliseconds', 'toSeconds', 'toMinutes', 'toHours', 'toDays']);
  if (depth <= 0 || random.next() < 0.3) return String(random.pick(LONGS));
  return random.pick([
    `(${long()} + ${long()})`,
    `(${long()} - ${long()})`,
    `(${long()} * ${long()})`,
    `(-(${long()}))`,
    `${duration()}.${method}()`,
  ]);
}

const BOOLEANS: readonly Make[] = [
  (s, d) => `(${booleanText(s, d - 1)} && ${booleanText(s, d - 1)})`,
  (s, d) => `(${booleanText(s, d - 1)} || ${booleanText(s, d - 1)})`,
  (s, d) => `(!(${expressionText(s, { kind: 'boolean' }, d - 1)}))`,
  (s, d) => compareText(s, d),
  (s, d) => compareText(s, d),
  (s, d) => equalText(s, d),
  (s, d) => equalText(s, d),
  (s, d) => hasText(s, d),
  (s, d) => hasText(s, d),
  (s, d) => setTestText(s, d),
  (s, d) => setTestText(s, d),
  (s, d) => likeText(s, d),
  (s, d) => hierarchyText(s, d),
  (s, d) => hierarchyText(s, d),
  (s, d) => extensionTestText(s, d),
  (s, d) => tagText(s, d),
];

export function booleanText(setting: Setting, depth: number): string {
  const { random } = setting;
  if (depth <= 0) return lookUp(setting, { kind: 'boolean' }) ?? random.pick(['true', 'false', 'true']);
  if (random.next() < setting.chaos) return makeText(setting, randomType(random, 1), depth - 1);
  return random.pick(BOOLEANS)(setting, depth);
}

function compareText(setting: Setting, depth: number): string {
  const { random } = setting;
  const type: CedarType = random.pick([
    { kind: 'long' },
    { kind: 'long' },
    { kind: 'extension', name: 'datetime' },
    { kind: 'extension', name: 'duration' },
  ] as const);
  const [a, b] = [expressionText(setting, type, depth - 1), expressionText(setting, type, depth - 1)];
  return `(${a} ${random.pick(['<', '<=', '>', '>='])} ${b})`;
}

/** An operation on two literals, compared with its exact result: one that is off by one shows. */
function arithmeticText({ random }: Setting): string {
  const [a, b] = [random.pick(LONGS), random.pick(LONGS)];
  const [x, y] = [BigInt(a), BigInt(b)];
  const [operator, exact] = random.pick([
    ['+', x + y],
    ['-', x - y],
    ['*', x * y],
  ] as const);
  const operation = `(${a}) ${operator} (${b})`;
  if (Number.isSafeInteger(Number(exact))) return `${operation} == ${exact}`;
  return `${operation} ${random.pick(['>', '<'])} 0`;
}

function equalText(setting: Setting, depth: number): string {
  const type = randomType(setting.random, 1);
  const [a, b] = [expressionText(setting, type, depth - 1), expressionText(setting, type, depth - 1)];
  return `(${a} ${setting.random.pick(['==', '==', '!='])} ${b})`;
}

function hasText(setting: Setting, depth: number): string {
  const { random } = setting;
  const subject = random.pick(['principal', 'resource', 'context', 'context']);
  const names = Array.from({ length: 1 + random.int(3) }, () => random.pick(NAMES.slice(0, -1)));
  const path = random.next() < 0.8 ? names.join('.') : JSON.stringify(random.pick(NAMES));
  const rest = depth > 0 && random.next() < 0.5 ? ` && ${booleanText(setting, depth - 1)}` : '';
  return `(${subject} has ${path}${rest})`;
}

function setTestText(setting: Setting, depth: number): string {
  const { random } = setting;
  const element = randomType(random, 1);
  const set = (): string => expressionText(setting, { kind: 'set', element }, depth - 1);
  return random.pick([
    `${set()}.contains(${expressionText(setting, element, depth - 1)})`,
    `${set()}.containsAll(${set()})`,
    `${set()}.containsAny(${set()})`,
    `${set()}.isEmpty()`,
  ]);
}

function likeText(setting: Setting, depth: number): string {
  const { random } = setting;
  const letters = JSON.stringify(Array.from({ length: random.int(7) }, () => random.pick(['a', 'b'])).join(''));
  const text = random.next() < 0.7 ? letters : expressionText(setting, { kind: 'string' }, depth - 1);
  return `(${text} like ${patternText(random)})`;
}

const patternText = (random: Random): string =>
  JSON.stringify(Array.from({ length: random.int(5) }, () => random.pick(['*', '*', 'a', 'b', 'ab', '😀'])).join(''));

function hierarchyText(setting: Setting, depth: number): string {
  const { random, world } = setting;
  const names = world.entities.map(({ name }) => name);
  const entity = (): string => expressionText(setting, { kind: 'entity', name: random.pick(names) }, depth - 1);
  return random.pick([
    `(${entity()} in ${entity()})`,
    `(${entity()} in [${entity()}, ${entity()}])`,
    `(${entity()} is ${random.pick(names)})`,
    `(${entity()} is ${random.pick(names)} in ${entity()})`,
    `(action in [Action::"any", Action::"write"])`,
  ]);
}

function extensionTestText(setting: Setting, depth: number): string {
  const { random } = setting;
  const of = (name: 'decimal' | 'ipaddr'): string => expressionText(setting, { kind: 'extension', name }, depth - 1);
  const decimalTest = random.pick(['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual']);
  const ipTest = random.pick(['isIpv4', 'isIpv6', 'isLoopback', 'isMulticast']);
  return random.pick([
    `${of('decimal')}.${decimalTest}(${of('decimal')})`,
    `${of('ipaddr')}.${ipTest}()`,
    `${of('ipaddr')}.isInRange(${of('ipaddr')})`,
  ]);
}

function tagText(setting: Setting, depth: number): string {
  const { random } = setting;
  const subject = random.pick(['principal', 'resource']);
  const tag =
    random.next() < 0.8 ? JSON.stringify(random.pick(NAMES)) : expressionText(setting, { kind: 'string' }, depth - 1);
  const has = `${subject}.hasTag(${tag})`;
  return random.next() < 0.5
    ? has
    : `(${has} && ${subject}.getTag(${tag}) == ${expressionText(setting, randomType(random, 0), depth - 1)})`;
}

/** The way to an attribute of that type below principal, resource or context; null when the world has none. */
function lookUp(setting: Setting, type: CedarType): string | null {
  const { random, world } = setting;
  const fieldsOf = (name: string): readonly RecordField[] =>
    world.entities.find((entity) => entity.name === name)!.fields;
  const wanted = JSON.stringify(type);
  const ways: string[] = [];
  const search = (path: string, fields: readonly RecordField[]): void => {
    for (const one of fields) {
      const step = /^[a-z_]+$/i.test(one.name) ? `${path}.${one.name}` : `${path}[${JSON.stringify(one.name)}]`;
      if (JSON.stringify(one.type) === wanted) ways.push(step);
      if (one.type.kind === 'record') search(step, one.type.fields);
    }
  };
  search('principal', fieldsOf(setting.principal));
  search('resource', fieldsOf(setting.resource));
  search('context', setting.action.context);
  return ways.length > 0 ? random.pick(ways) : null;
}
