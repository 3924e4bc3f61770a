/** The baseline over the wire: what the city asks of a device's settings, and what a device or its site's gateway read of them. */
import { Type, type Static } from 'typebox';
import { Closed, Id, OneOf, Time } from './schema.ts';

/** How much a city asks: what every device should leave the factory with, what every installation needs, what high risk needs. */
export const BASELINE_TIERS = ['default', 'basic', 'extended'] as const;
export type BaselineTier = (typeof BASELINE_TIERS)[number];

/**
 * Where a setting is read. `city` is what the city itself knows of the device and is never asked; `settings` and `agent` a device
 * with our agent reads of itself; the rest a site's gateway reads of a camera.
 */
export const BASELINE_SOURCES = [
  'param',
  'accounts',
  'password-policy',
  'ntp',
  'disks',
  'applications',
  'firewall',
  'lldp',
  'snmp',
  'oidc',
  'firmware',
  'network-access',
  'tls',
  'settings',
  'agent',
  'city',
] as const;
export type BaselineSource = (typeof BASELINE_SOURCES)[number];

export const BASELINE_VALUES_MAX = 400;
const NAMES_MAX = 200;
export const BASELINE_TEXT_MAX = 1_000;
export const BASELINE_LIST_MAX = 64;
/** Fits a packet of the MQTT listener with its topic. */
export const BASELINE_REPORT_MAX_BYTES = 30_000;
export const ASKED_DEVICES_MAX = 200;

/** Members joined by `.`, such as `root.Network.SSH.Enabled`. */
export const BASELINE_NAME = '^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$';
const Name = Type.String({ pattern: BASELINE_NAME });
const Text = Type.String({ maxLength: BASELINE_TEXT_MAX });

/** Flat on purpose: nothing to nest, nothing to recurse into. */
export const BaselineValues = Type.Record(
  Name,
  Type.Union([Text, Type.Number(), Type.Boolean(), Type.Array(Text, { maxItems: BASELINE_LIST_MAX })]),
  { maxProperties: BASELINE_VALUES_MAX, additionalProperties: false },
);
export type BaselineValues = Static<typeof BaselineValues>;

/** What came of reading one source. `absent`: this product has nothing like it. */
export const SourceReading = Type.Union([
  Closed({ state: Type.Literal('read'), values: BaselineValues }),
  Closed({ state: Type.Literal('absent'), why: Text }),
  Closed({ state: Type.Literal('unreadable'), why: Text }),
]);
export type SourceReading = Static<typeof SourceReading>;

/** What to read of one source: names end in `.*` for everything below; none for all that it holds. */
export const BaselineRead = Closed({
  source: OneOf(BASELINE_SOURCES),
  names: Type.Array(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,119}(\\.\\*)?$' }), { maxItems: NAMES_MAX }),
});
export type BaselineRead = Static<typeof BaselineRead>;

/** On the topic `asks`: reading changes nothing, so that it needs no job. */
export const BaselineAsk = Closed({
  ask: Type.Literal('baseline'),
  scan: Id,
  notAfter: Time,
  reads: Type.Array(BaselineRead, { minItems: 1, maxItems: BASELINE_SOURCES.length }),
  devices: Type.Array(Id, { minItems: 1, maxItems: ASKED_DEVICES_MAX }),
});
export type BaselineAsk = Static<typeof BaselineAsk>;

/** On the topic `readings`: all that was read of one device at one time. */
export const BaselineReport = Closed({
  report: Type.Literal('baseline'),
  /** The ask that it answers; null when nobody asked. */
  scan: Type.Union([Id, Type.Null()]),
  subject: Id,
  at: Time,
  sources: Type.Array(Closed({ source: OneOf(BASELINE_SOURCES), reading: SourceReading }), {
    minItems: 1,
    maxItems: BASELINE_SOURCES.length,
  }),
});
export type BaselineReport = Static<typeof BaselineReport>;
