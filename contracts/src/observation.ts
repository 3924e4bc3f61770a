/** What a reporter says about a subject: the first schema of the observation journey. */
import { Type, type Static } from 'typebox';
import { Sha256 } from './jobs.ts';
import { Closed, Id, OneOf, Time } from './schema.ts';
import type { Gateway } from './words.ts';

/** A device of ours by id, or any other endpoint by address: `ip:203.0.113.9`. */
export const NodeRef = Type.String({ pattern: '^([a-z0-9][a-z0-9-]{1,62}[a-z0-9]|ip:[0-9a-fA-F.:]{2,45})$' });
const Bytes = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** A device about itself: named numbers (units in the name, e.g. `level_pct`); the last of `count` reports, where that is given. */
export const Telemetry = Closed({
  kind: Type.Literal('telemetry'),
  at: Time,
  subject: Id,
  values: Type.Record(Type.String({ pattern: '^[a-z][a-z0-9_]{0,39}$' }), Type.Number(), { maxProperties: 32 }),
  count: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
});

/**
 * One conversation, or `count` of them alike, as a switch, a Zeek sensor or a gateway saw it. `src` began it. `outcome`:
 * answered, refused (RST), unanswered (no reply).
 */
export const Flow = Closed({
  kind: Type.Literal('flow'),
  at: Time,
  src: NodeRef,
  dst: NodeRef,
  dst_port: Type.Integer({ minimum: 0, maximum: 65_535 }),
  protocol: OneOf(['tcp', 'udp', 'icmp', 'other']),
  outcome: OneOf(['answered', 'refused', 'unanswered']),
  bytes_out: Bytes,
  bytes_in: Bytes,
  count: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  duration_ms: Type.Optional(Type.Integer({ minimum: 0 })),
});

/** A command that one node gave another, e.g. a Modbus write or a set-point. */
export const CommandSeen = Closed({
  kind: Type.Literal('command'),
  at: Time,
  src: NodeRef,
  dst: NodeRef,
  action: Type.String({ minLength: 1, maxLength: 80 }),
});

/** A line of log; `severity` as in RFC 5424, 0 emergency to 7 debug. */
export const LogLine = Closed({
  kind: Type.Literal('log'),
  at: Time,
  subject: Id,
  severity: Type.Integer({ minimum: 0, maximum: 7 }),
  app: Type.String({ maxLength: 48 }),
  message: Type.String({ maxLength: 8_192 }),
});

/** The device or switch about its own standing: alive, going away, or what it has applied. */
export const Status = Closed({
  kind: Type.Literal('status'),
  at: Time,
  subject: Id,
  state: OneOf(['online', 'offline', 'quarantine-applied', 'quarantine-lifted', 'asleep']),
  detail: Type.Optional(Type.String({ maxLength: 200 })),
  /** Only a device about itself: its firmware version and the hash of its configuration document, null where it has none; its
   * hardware revision, and whose signatures it takes. */
  running: Type.Optional(
    Closed({
      firmware: Type.Union([Type.String({ minLength: 1, maxLength: 64 }), Type.Null()]),
      document: Type.Union([Sha256, Type.Null()]),
      hardware: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
      /** Version of the officers' document that it has pinned; null while none is. */
      officers: Type.Optional(Type.Union([Type.Integer({ minimum: 1 }), Type.Null()])),
    }),
  ),
});

export const Observation = Type.Union([Telemetry, Flow, CommandSeen, LogLine, Status]);
export type Observation = Static<typeof Observation>;
export type Telemetry = Static<typeof Telemetry>;
export type Flow = Static<typeof Flow>;
export type CommandSeen = Static<typeof CommandSeen>;
export type LogLine = Static<typeof LogLine>;
export type Status = Static<typeof Status>;

/** Where an observation came from; a replay or a plain syslog line is marked for ever. */
export interface Provenance {
  readonly reporter: string;
  readonly gateway: Gateway;
  readonly received: number;
  /** Authenticated by certificate; plain syslog on loopback is not. */
  readonly authenticated: boolean;
  readonly replay: boolean;
  readonly simulated: boolean;
}

/** An observation as the stream carries it; `position` is its place in the stream, growing, unique. */
export interface Observed extends Provenance {
  readonly position: number;
  readonly body: Observation;
}

/** The node that an observation is about: `subject`, or `src` where two take part. */
export const subjectOf = (body: Observation): string => ('subject' in body ? body.subject : body.src);

/** The wire form in the stream: one JSON object without `position`, which the stream itself gives. */
export const encodeObserved = (entry: Omit<Observed, 'position'>): Buffer => Buffer.from(JSON.stringify(entry));
export const decodeObserved = (position: number, payload: Uint8Array): Observed => {
  const buffer = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const entry = JSON.parse(buffer.toString('utf8')) as Omit<Observed, 'position'>;
  return Object.assign(entry, { position });
};
