/** Random requests over a random world, as the JSON that Cedar takes. */
import type { Random } from '@cityward/kernel';
import type { CedarType, RecordField } from '../domain/schema.ts';
import { ID_COUNT } from './random-policies.ts';
import { COLOURS, ENUM_TYPE, NAMES, randomType } from './random-schema.ts';
import type { World, WorldEntity } from './random-schema.ts';
import { DATETIMES, DECIMALS, DURATIONS, IPS, LONGS, STRINGS } from './samples.ts';

export type CedarJson = boolean | number | string | readonly CedarJson[] | { readonly [name: string]: CedarJson };
export interface Uid {
  readonly type: string;
  readonly id: string;
}
export interface EntityJson {
  readonly uid: Uid;
  readonly attrs: { readonly [name: string]: CedarJson };
  readonly parents: readonly Uid[];
  readonly tags?: { readonly [name: string]: CedarJson };
}
export interface RequestJson {
  readonly principal: Uid;
  readonly action: Uid;
  readonly resource: Uid;
  readonly context: { readonly [name: string]: CedarJson };
  readonly entities: readonly EntityJson[];
}

const idOf = (random: Random): string => `e${random.int(ID_COUNT)}`;

/** @param spoil the chance that some value does not fit the schema */
export function randomRequest(random: Random, world: World, spoil: number): RequestJson {
  const action = random.pick(world.actions);
  const wrong = random.next() < spoil;
  const types = world.entities.map(({ name }) => name);
  const principal = { type: wrong ? random.pick(types) : random.pick(action.principals), id: idOf(random) };
  const resource = { type: random.pick(action.resources), id: idOf(random) };
  return {
    principal,
    action: { type: 'Action', id: action.id },
    resource,
    context: randomRecord(random, action.context, wrong ? 0.3 : 0),
    entities: randomEntities({ random, world, asked: [principal, resource], spoil: wrong ? 0.2 : 0 }),
  };
}

interface Drawing {
  readonly random: Random;
  readonly world: World;
  readonly asked: readonly Uid[];
  readonly spoil: number;
}

/** Nearly always those that are asked about, some of the others; not every id that is named exists. */
function randomEntities({ random, world, asked, spoil }: Drawing): EntityJson[] {
  const entities: EntityJson[] = [];
  for (const type of world.entities)
    for (let i = 0; i < ID_COUNT; i++) {
      const uid = { type: type.name, id: `e${i}` };
      const isAsked = asked.some((one) => one.type === uid.type && one.id === uid.id);
      if (random.next() < (isAsked ? 0.95 : OTHERS_SHARE)) entities.push(randomEntity({ random, type, uid, spoil }));
    }
  return entities;
}

const OTHERS_SHARE = 0.15;

interface Draft {
  readonly random: Random;
  readonly type: WorldEntity;
  readonly uid: Uid;
  readonly spoil: number;
}
const randomEntity = ({ random, type, uid, spoil }: Draft): EntityJson => ({
  uid,
  attrs: randomRecord(random, type.fields, spoil),
  parents: type.parents.filter(() => random.next() < 0.5).map((name) => ({ type: name, id: idOf(random) })),
  ...(type.tags ? { tags: randomTags(random, type.tags) } : {}),
});

const randomTags = (random: Random, type: CedarType): { [name: string]: CedarJson } =>
  Object.fromEntries(NAMES.filter(() => random.next() < 0.3).map((name) => [name, randomValue(random, type)]));

function randomRecord(random: Random, fields: readonly RecordField[], spoil: number): { [name: string]: CedarJson } {
  const entries: [string, CedarJson][] = fields
    .filter(({ required }) => (required ? random.next() >= spoil / 2 : random.next() < 0.6))
    .map(({ name, type }) => [name, randomValue(random, random.next() < spoil ? randomType(random, 1) : type)]);
  if (random.next() < spoil) entries.push([random.pick(NAMES), randomValue(random, randomType(random, 1))]);
  // Object.fromEntries makes an own property of `__proto__`, as JSON.parse does.
  return Object.fromEntries(entries);
}

const CALLS = { decimal: 'decimal', ipaddr: 'ip', datetime: 'datetime', duration: 'duration' } as const;
/** Only those that are well formed: a bad one is refused by Cedar before anything is decided. */
export const GOOD = {
  decimal: DECIMALS.filter((text) => !['922337203685477.5808', '1', '.5', '1.23450'].includes(text)),
  ipaddr: IPS.slice(0, IPS.indexOf('1:2:3:4:5:6:7:8:9')),
  datetime: DATETIMES.slice(0, DATETIMES.indexOf('2026-13-01')).filter((text) => text !== '2023-02-29'),
  duration: DURATIONS.filter((text) => !['1h1d', '', '-', '5', '106751991167d7h12m55s808ms'].includes(text)),
} as const;

export function randomValue(random: Random, type: CedarType): CedarJson {
  switch (type.kind) {
    case 'boolean':
      return random.next() < 0.5;
    case 'long':
      return random.pick(LONGS);
    case 'string':
      return random.pick(STRINGS);
    case 'entity':
      return { __entity: { type: type.name, id: type.name === ENUM_TYPE ? random.pick(COLOURS) : idOf(random) } };
    case 'set':
      return Array.from({ length: random.int(4) }, () => randomValue(random, type.element));
    case 'record':
      return randomRecord(random, type.fields, 0);
    case 'extension':
      return { __extn: { fn: CALLS[type.name], arg: random.pick(GOOD[type.name]) } };
  }
}
