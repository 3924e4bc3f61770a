/** What the pages want from outside. They decide nothing: all that is read or done is asked of the declared endpoints. */
import type { Endpoint, EndpointAnswer, EndpointInput, PersonKind, Position } from '@cityward/contracts';
import type { Caller } from '@cityward/http';
import type { Clock, Refusal, Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';

/**
 * One call of a declared endpoint as this caller, inside the process: its input is checked, policy is asked, and its handler runs,
 * as over HTTP.
 */
export type Ask = <E extends Endpoint>(
  endpoint: E,
  input: Partial<EndpointInput<E>>,
  caller: Caller,
) => Promise<Result<EndpointAnswer<E>, Refusal>>;

/** A person behind an id that the one who asks has read in an answer of theirs. */
export interface Face {
  readonly name: string;
  readonly kind: PersonKind;
  readonly position: (Position & { readonly organisationName: string }) | null;
}

export interface PortalNeeds {
  readonly ask: Ask;
  readonly faceOf: (person: string) => Face | null;
  /** What people call a party; its id where there is none. */
  readonly nameOf: (organisation: string) => string;
  /** Of a system that is no person; null where nobody gave it one. */
  readonly machineName: (id: string) => string | null;
  /** Of the law, by its id. */
  readonly clauseInWords: (clause: string) => string;
  readonly organisationName: (id: string) => string | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly city: string;
  /** IANA name, such as `Pacific/Auckland`: days begin and end by it. */
  readonly timeZone: string;
  /** Where the pages are, e.g. `http://portal.localhost:8081`. */
  readonly origin: string;
  /** The records desk, for officers and auditors. */
  readonly desk: string;
  /** Such as that people and records are made up; null in a real city. */
  readonly notice: string | null;
}
