/** The observation journey, the same for every gateway: parse, may this reporter speak about this subject, stream, then acknowledge. */
import { Compile } from 'typebox/compile';
import { err, ok, OperationalFault, refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import { encodeObserved, Observation, Sighting, type Gateway, type Status } from '@cityward/contracts';
import { createEnvelope, readJsonPayload } from '@cityward/formats/observation-envelope';
import type { Stream } from '@cityward/stream';
import type { Sightings } from './sightings.ts';

const OBSERVATIONS_PER_MESSAGE_MAX = 100;
/** A reporter's clock may be this wrong; beyond it the time of arrival is used (watch marks the observation as late). */
const FAULTS_SHOWN_MAX = 3;

/** Who reports, as its listener authenticated it. */
export interface Reporter {
  readonly id: string;
  readonly gateway: Gateway;
  readonly authenticated: boolean;
  readonly replay: boolean;
  readonly simulated: boolean;
}
export interface IngestParts {
  readonly stream: Stream;
  readonly clock: Clock;
  /** The rule of identity and policy together; a refusal says who may not speak about whom. */
  readonly maySpeak: (reporter: Reporter, body: Observation) => Result<void, Refusal>;
  /** Keeps what sensors saw of people apart from all else; without it none is taken. */
  readonly sightings?: Pick<Sightings, 'appendThen'>;
  /** Somebody whose certificate is good spoke about what is not theirs. */
  readonly amiss?: (reporter: Reporter, refusal: Refusal) => void;
  /** A device, by its own certificate, says what it runs, and at what time by its own clock. */
  readonly runs?: (device: string, running: NonNullable<Status['running']>, clock: number) => void;
}
export interface Ingest {
  /** One JSON observation, or an array of at most 100. Calls back once all are durable, or with why none was taken. */
  take(reporter: Reporter, payload: Uint8Array, done: (fault: Error | null) => void): void;
  /** A parsed observation; resolves with its position once durable. Refused ones are not stored. */
  put(reporter: Reporter, body: Observation): Promise<Result<number, Refusal>>;
  stats(): { readonly taken: number; readonly refused: number };
}

/** A refusal thrown through callbacks that want an Error. */
export class IngestRefusal extends Error {
  override readonly name = 'IngestRefusal';
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** What cannot be read as what it should be. */
export const malformed = (code: string, message: string): IngestRefusal =>
  new IngestRefusal({ kind: 'invalid', code, message });

const observation = Compile(Observation);
const sighting = Compile(Sighting);
type Reported = Observation | Sighting;

export function createIngest(parts: IngestParts): Ingest {
  let taken = 0;
  let refused = 0;
  /** By reporter as its listener made it: a connection's observations differ in body and time only. */
  const envelopes = new WeakMap<Reporter, ReturnType<typeof createEnvelope>>();
  const encode = (reporter: Reporter, body: Observation): Buffer => {
    const { id, ...provenance } = reporter;
    return encodeObserved({ reporter: id, ...provenance, received: parts.clock(), body });
  };
  const seal = (reporter: Reporter, json: Uint8Array): Buffer => {
    let envelope = envelopes.get(reporter);
    if (!envelope) {
      const { id, ...provenance } = reporter;
      envelopes.set(reporter, (envelope = createEnvelope({ reporter: id, ...provenance })));
    }
    return envelope(parts.clock(), json);
  };
  const admit = (reporter: Reporter, bodies: readonly unknown[]): Result<readonly Reported[], Refusal> => {
    for (const body of bodies) {
      const read = readReported(body);
      const allowed = read.ok ? mayOrNote(parts, reporter, spokenOf(read.value)) : read;
      if (!allowed.ok) return allowed;
      if (read.ok && read.value.kind !== 'sighting') tellRunning(parts, reporter, read.value);
    }
    return ok(bodies as readonly Reported[]);
  };
  const keep = keeperOf(parts, encode);
  return {
    take: (reporter, payload, done) => {
      const read = readPayload(payload);
      const admitted = read.ok ? admit(reporter, read.value) : read;
      if (!admitted.ok) {
        refused++;
        return done(new IngestRefusal(admitted.error));
      }
      const bodies = admitted.value;
      let left = bodies.length;
      let fault: Error | null = null;
      const settle = (error: Error | null): void => {
        fault ??= error;
        if (--left > 0) return;
        if (!fault) taken += bodies.length;
        done(fault);
      };
      // One that came alone is kept in the bytes that were checked; those of an array are written one by one.
      if (payload[0] === OPENING_BRACE && bodies[0]!.kind !== 'sighting')
        return parts.stream.appendThen(seal(reporter, payload), settle);
      for (const body of bodies) keep(reporter, body, settle);
    },
    put: async (reporter, body) => {
      const allowed = mayOrNote(parts, reporter, body);
      if (!allowed.ok) {
        refused++;
        return allowed;
      }
      const position = await parts.stream.append(encode(reporter, body));
      taken++;
      return ok(position);
    },
    stats: () => ({ taken, refused }),
  };
}

type Settle = (error: Error | null) => void;
const keeperOf =
  ({ stream, sightings }: IngestParts, encode: (reporter: Reporter, body: Observation) => Buffer) =>
  (...[reporter, body, settle]: readonly [Reporter, Reported, Settle]): void => {
    if (body.kind !== 'sighting') return stream.appendThen(encode(reporter, body), settle);
    if (!sightings) return settle(new OperationalFault('keep a sighting: none are kept here'));
    sightings.appendThen(body.of, Buffer.from(JSON.stringify(body)), settle);
  };

function mayOrNote({ maySpeak, amiss }: IngestParts, reporter: Reporter, body: Observation): Result<void, Refusal> {
  const allowed = maySpeak(reporter, body);
  if (!allowed.ok && reporter.authenticated) amiss?.(reporter, allowed.error);
  return allowed;
}

/** Never from a replay, nor from a switch about another. */
function tellRunning({ runs }: IngestParts, { id, authenticated, replay }: Reporter, body: Observation): void {
  if (body.kind !== 'status' || !body.running || replay || !authenticated || body.subject !== id) return;
  runs?.(id, body.running, body.at);
}

const OPENING_BRACE = 0x7b;

function readPayload(payload: Uint8Array): Result<readonly unknown[], Refusal> {
  const read = readJsonPayload(payload);
  if (!read.ok) return read;
  const { value } = read.value;
  if (!Array.isArray(value)) return ok([value]);
  if (value.length === 0 || value.length > OBSERVATIONS_PER_MESSAGE_MAX) {
    return refuse(
      'invalid',
      'OBSERVATION_COUNT',
      `read ${value.length} observations in one message: 1 to ${OBSERVATIONS_PER_MESSAGE_MAX} are wanted`,
    );
  }
  return ok(value);
}

/** Who may tell of the traffic of a device may tell what it saw: its site's gateway, and never itself. */
function spokenOf(body: Reported): Observation {
  if (body.kind !== 'sighting') return body;
  const { at, seen_by: seenBy } = body;
  const nothing = { dst_port: 0, protocol: 'other', outcome: 'answered', bytes_out: 0, bytes_in: 0 } as const;
  return { kind: 'flow', at, src: seenBy, dst: seenBy, ...nothing };
}

const isSighting = (value: unknown): boolean => (value as { readonly kind?: unknown } | null)?.kind === 'sighting';

/** A sighting that is none is refused without a word of what it said: that may be somebody's plate. */
function readReported(value: unknown): Result<Reported, Refusal> {
  if (!isSighting(value)) return readObservation(value);
  return sighting.Check(value)
    ? ok(value)
    : refuse(
        'invalid',
        'SIGHTING_MALFORMED',
        'read a sighting: wanted a pseudonym that its site made, and nothing else',
      );
}

/** Checks one value against the contract; the refusal names the fields. */
export function readObservation(value: unknown): Result<Observation, Refusal> {
  if (observation.Check(value)) return ok(value);
  const details = observation
    .Errors(value)
    .slice(0, FAULTS_SHOWN_MAX)
    .map((fault) => `${fault.instancePath || 'observation'} ${fault.message}`);
  return err({
    kind: 'invalid',
    code: 'OBSERVATION_MALFORMED',
    message: `read an observation: ${details.join('; ')}`,
    details,
  });
}
