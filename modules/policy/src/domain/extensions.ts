/** Cedar's extension functions by name: constructors and methods, each with the number of its arguments. */
import { add, divide, longOf, subtract } from './integers.ts';
import { parseDatetime, parseDecimal, parseDuration, parseIp } from './extension-parsers.ts';
import { datetimeOf, durationOf, EvaluationFault, kindOf, wrongType } from './values.ts';
import type { Datetime, Decimal, Duration, IpRange, Long, Value } from './values.ts';

export interface ExtensionFunction {
  readonly arguments: number;
  readonly call: (...given: readonly Value[]) => Value;
}

const asString = (value: Value): string => (typeof value === 'string' ? value : wrongType('string', value));
const asDecimal = (value: Value): Decimal =>
  kindOf(value) === 'decimal' ? (value as Decimal) : wrongType('decimal', value);
const asIp = (value: Value): IpRange => (kindOf(value) === 'ipaddr' ? (value as IpRange) : wrongType('ipaddr', value));
const asDatetime = (value: Value): Datetime =>
  kindOf(value) === 'datetime' ? (value as Datetime) : wrongType('datetime', value);
const asDuration = (value: Value): Duration =>
  kindOf(value) === 'duration' ? (value as Duration) : wrongType('duration', value);

const decimals = (compare: (a: Long, b: Long) => boolean): ExtensionFunction => ({
  arguments: 2,
  call: (a, b) => compare(asDecimal(a!).scaled, asDecimal(b!).scaled),
});
const constructor = (parse: (text: string) => Value): ExtensionFunction => ({
  arguments: 1,
  call: (text) => parse(asString(text!)),
});
const ofIp = (test: (range: IpRange) => boolean): ExtensionFunction => ({
  arguments: 1,
  call: (range) => test(asIp(range!)),
});
const inUnits = (unitMs: number): ExtensionFunction => ({
  arguments: 1,
  call: (duration) => divide(asDuration(duration!).ms, unitMs),
});

/** First and last address of the range. */
function spanOf({ bits, address, prefix }: IpRange): readonly [bigint, bigint] {
  const host = (1n << BigInt(bits - prefix)) - 1n;
  return [address & ~host, address | host];
}

function within(inner: IpRange, outer: IpRange): boolean {
  if (inner.bits !== outer.bits) return false;
  const [from, to] = spanOf(inner);
  const [outerFrom, outerTo] = spanOf(outer);
  return from >= outerFrom && to <= outerTo;
}

const LOOPBACK = [parseIp('127.0.0.0/8'), parseIp('::1')];
const MULTICAST = [parseIp('224.0.0.0/4'), parseIp('ff00::/8')];

const DAY_MS = 86_400_000n;
/** Milliseconds since the day began, also before 1970. */
const timeOfDay = (epochMs: Long): bigint => ((BigInt(epochMs) % DAY_MS) + DAY_MS) % DAY_MS;

export const EXTENSIONS: ReadonlyMap<string, ExtensionFunction> = new Map<string, ExtensionFunction>([
  ['decimal', constructor(parseDecimal)],
  ['lessThan', decimals((a, b) => a < b)],
  ['lessThanOrEqual', decimals((a, b) => a <= b)],
  ['greaterThan', decimals((a, b) => a > b)],
  ['greaterThanOrEqual', decimals((a, b) => a >= b)],
  ['ip', constructor(parseIp)],
  ['isIpv4', ofIp(({ bits }) => bits === 32)],
  ['isIpv6', ofIp(({ bits }) => bits === 128)],
  ['isLoopback', ofIp((range) => LOOPBACK.some((outer) => within(range, outer)))],
  ['isMulticast', ofIp((range) => MULTICAST.some((outer) => within(range, outer)))],
  ['isInRange', { arguments: 2, call: (inner, outer) => within(asIp(inner!), asIp(outer!)) }],
  ['datetime', constructor(parseDatetime)],
  ['offset', { arguments: 2, call: (at, by) => datetimeOf(add(asDatetime(at!).epochMs, asDuration(by!).ms)) }],
  [
    'durationSince',
    { arguments: 2, call: (at, from) => durationOf(subtract(asDatetime(at!).epochMs, asDatetime(from!).epochMs)) },
  ],
  [
    'toDate',
    {
      arguments: 1,
      call: (at) => datetimeOf(longOf(BigInt(asDatetime(at!).epochMs) - timeOfDay(asDatetime(at!).epochMs))),
    },
  ],
  ['toTime', { arguments: 1, call: (at) => durationOf(longOf(timeOfDay(asDatetime(at!).epochMs))) }],
  ['duration', constructor(parseDuration)],
  ['toMilliseconds', inUnits(1)],
  ['toSeconds', inUnits(1_000)],
  ['toMinutes', inUnits(60_000)],
  ['toHours', inUnits(3_600_000)],
  ['toDays', inUnits(86_400_000)],
]);

/** What `<` and its kin compare: longs with longs, datetimes with datetimes, durations with durations. */
export function comparable(value: Value): Long {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  const kind = kindOf(value);
  if (kind === 'datetime') return (value as Datetime).epochMs;
  if (kind === 'duration') return (value as Duration).ms;
  return wrongType('long, datetime or duration', value);
}

/** Faults unless both are of one comparable type. */
export function compareTypes(a: Value, b: Value): void {
  if (typeof a === 'object' || typeof b === 'object') {
    if (kindOf(a) !== kindOf(b)) throw new EvaluationFault('type error: compared values of two types');
    comparable(a);
    comparable(b);
  } else {
    comparable(a);
    comparable(b);
  }
}
