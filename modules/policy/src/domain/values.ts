/** The values that Cedar expressions work on, and what can go wrong with them. */

/**
 * Marks what is not a record. A symbol, so that no attribute that came as JSON can pass for an entity or an extension value:
 * `{"kind":"entity","type":"Role"}` stays a record.
 */
export const KIND: unique symbol = Symbol('kind');

/** 64-bit signed: a number where that is exact, else a bigint; never both for one value. */
export type Long = number | bigint;

/** Attributes by name, own properties only: `__proto__` and `constructor` are names like any other. */
export interface CedarRecord {
  readonly [name: string]: Value;
}

/** What is known of an entity. */
export interface EntityData {
  readonly attributes: CedarRecord;
  readonly parents: readonly EntityRef[];
  readonly tags: CedarRecord | null;
}

/** The name of an entity; `data` is there when whoever made the reference had it, else the request's store is asked. */
export interface EntityRef {
  readonly [KIND]: 'entity';
  readonly type: string;
  readonly id: string;
  readonly data: EntityData | null;
}

/** Four decimal places, as a 64-bit count of ten-thousandths. */
export interface Decimal {
  readonly [KIND]: 'decimal';
  readonly scaled: Long;
}
/** Milliseconds since 1970 UTC. */
export interface Datetime {
  readonly [KIND]: 'datetime';
  readonly epochMs: Long;
}
export interface Duration {
  readonly [KIND]: 'duration';
  readonly ms: Long;
}
/** An address or a range of them; `bits` is 32 or 128. */
export interface IpRange {
  readonly [KIND]: 'ipaddr';
  readonly bits: 32 | 128;
  readonly address: bigint;
  readonly prefix: number;
}
export type Extension = Decimal | Datetime | Duration | IpRange;

export type Value = boolean | Long | string | EntityRef | Extension | readonly Value[] | CedarRecord;

/** Why an expression has no value: a policy that meets one is skipped by Cedar, and denied here. */
export class EvaluationFault extends Error {
  override readonly name = 'EvaluationFault';
}

export const entityRef = (type: string, id: string, data: EntityData | null = null): EntityRef => ({
  [KIND]: 'entity',
  type,
  id,
  data,
});
export const decimalOf = (scaled: Long): Decimal => ({ [KIND]: 'decimal', scaled });
export const datetimeOf = (epochMs: Long): Datetime => ({ [KIND]: 'datetime', epochMs });
export const durationOf = (ms: Long): Duration => ({ [KIND]: 'duration', ms });

type KindOf = (EntityRef | Extension)[typeof KIND];

/** The mark of an entity or extension value; undefined for everything else. */
export const kindOf = (value: Value): KindOf | undefined =>
  typeof value === 'object' ? (value as { readonly [KIND]?: KindOf })[KIND] : undefined;

export const isLong = (value: Value): value is Long => typeof value === 'number' || typeof value === 'bigint';
export const isSet = (value: Value): value is readonly Value[] => Array.isArray(value);
export const isEntity = (value: Value): value is EntityRef => kindOf(value) === 'entity';
export const isRecord = (value: Value): value is CedarRecord =>
  typeof value === 'object' && !Array.isArray(value) && kindOf(value) === undefined;

/** The name of a value's type, for messages. */
export function typeName(value: Value): string {
  if (isLong(value)) return 'long';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (isSet(value)) return 'set';
  return kindOf(value) ?? 'record';
}

export function wrongType(wanted: string, got: Value): never {
  throw new EvaluationFault(`type error: wanted ${wanted}, got ${typeName(got)}`);
}

export const sameEntity = (a: EntityRef, b: EntityRef): boolean => a === b || (a.id === b.id && a.type === b.type);

/** As Cedar writes it: `Person::"ann"`. */
export const entityText = (ref: Pick<EntityRef, 'type' | 'id'>): string => `${ref.type}::${JSON.stringify(ref.id)}`;
