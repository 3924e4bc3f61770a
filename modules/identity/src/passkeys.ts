/** Passkeys: WebAuthn with ES256 only, user verification always, exact origin, for this host name alone. */
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { refuse, ok, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import { createChallenges, type Challenges } from './challenges.ts';
import { CHALLENGE_LIFE_MS } from './domain/session.ts';
import type { PersonRecord } from './domain/people.ts';
import type { Passkey } from './people-store.ts';

export const ES256 = -7;
const SIGN_IN = 'sign-in';
const FIELD_MAX_CHARS = 8_192;
const TRANSPORTS = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'];

export type Json = { [key: string]: unknown };
export type PasskeyRefusal = Refusal<'PASSKEY_NOT_ACCEPTED'>;

export interface Confirmed {
  readonly passkey: Passkey;
  /** Of the page where it was used: one of ours. */
  readonly origin: string;
  readonly rpId: string;
}

export interface Passkeys {
  /** What the browser needs to make a passkey for this person. */
  registration(person: PersonRecord, existing: readonly Passkey[]): Promise<Json>;
  register(person: PersonRecord, answer: Json): Promise<Result<Passkey, PasskeyRefusal>>;
  /** What the browser needs to use one of a person's own passkeys for something else than to sign in. */
  confirmation(purpose: string, own: readonly Passkey[]): Promise<Json>;
  /** The passkey as it stands now, when the answer proves that its holder is here and meant this. */
  confirm(purpose: string, answer: Json, own: readonly Passkey[]): Promise<Result<Confirmed, PasskeyRefusal>>;
  /** What the browser needs to sign in with any passkey of this city. */
  authentication(): Promise<Json>;
  /** The passkey with its new counter, when the answer proves that its holder is here now. */
  authenticate(
    answer: Json,
    find: (id: string) => Promise<Passkey | undefined>,
  ): Promise<Result<Passkey, PasskeyRefusal>>;
}

export interface PasskeysParts {
  /** `localhost`; fixed for ever at registration. */
  readonly rpId: string;
  readonly rpName: string;
  readonly origins: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}

const notAccepted = (): Result<never, PasskeyRefusal> =>
  refuse(
    'forbidden',
    'PASSKEY_NOT_ACCEPTED',
    'use passkey: it was not accepted, wanted one of this city, answered within 5 minutes',
  );

interface Desk extends PasskeysParts {
  readonly challenges: Challenges;
}

export function createPasskeys(parts: PasskeysParts): Passkeys {
  const desk: Desk = { ...parts, challenges: createChallenges() };
  return {
    registration: (person, existing) => registration(desk, person, existing),
    register: (person, answer) => register(desk, person, answer),
    confirmation: (purpose, own) => authentication(desk, purpose, own),
    confirm: (purpose, answer, own) =>
      authenticate(desk, answer, { purpose, find: (id) => Promise.resolve(own.find((one) => one.id === id)) }),
    authentication: () => authentication(desk, SIGN_IN, []),
    authenticate: async (answer, find) => {
      const known = await authenticate(desk, answer, { purpose: SIGN_IN, find });
      return known.ok ? ok(known.value.passkey) : known;
    },
  };
}

const expected = ({ challenges, origins, rpId, clock }: Desk, purpose: string) => ({
  expectedChallenge: (challenge: string) => challenges.answer(purpose, challenge, clock()),
  expectedOrigin: [...origins],
  expectedRPID: rpId,
  requireUserVerification: true,
});

function refusedFor({ log }: Desk, fault: unknown): Result<never, PasskeyRefusal> {
  log.warn('passkey not accepted', { why: fault instanceof Error ? fault.message : String(fault) });
  return notAccepted();
}

async function registration(desk: Desk, person: PersonRecord, existing: readonly Passkey[]): Promise<Json> {
  const options = await generateRegistrationOptions({
    rpName: desk.rpName,
    rpID: desk.rpId,
    userName: person.handle,
    userID: Uint8Array.from(Buffer.from(person.id)),
    challenge: Uint8Array.from(desk.challenges.issue(`register ${person.id}`, desk.clock())),
    timeout: CHALLENGE_LIFE_MS,
    attestationType: 'none',
    excludeCredentials: existing.map(({ id, transports }) => ({ id, transports: [...transports] })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: [ES256],
  });
  return { ...options };
}

async function register(desk: Desk, person: PersonRecord, answer: Json): Promise<Result<Passkey, PasskeyRefusal>> {
  if (!shaped(answer)) return notAccepted();
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: answer as unknown as RegistrationResponseJSON,
      ...expected(desk, `register ${person.id}`),
      supportedAlgorithmIDs: [ES256],
    });
    if (!verified) return notAccepted();
    const { credential, credentialBackedUp } = registrationInfo;
    return ok({
      id: credential.id,
      person: person.id,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      transports: (credential.transports ?? []).filter((name) => TRANSPORTS.includes(name)),
      backedUp: credentialBackedUp,
    });
  } catch (fault) {
    return refusedFor(desk, fault);
  }
}

/** @param own those that may answer; none named: any that the device has for this city */
async function authentication(desk: Desk, purpose: string, own: readonly Passkey[]): Promise<Json> {
  const { rpId, challenges, clock } = desk;
  const options = await generateAuthenticationOptions({
    rpID: rpId,
    challenge: Uint8Array.from(challenges.issue(purpose, clock())),
    timeout: CHALLENGE_LIFE_MS,
    userVerification: 'required',
    ...(own.length > 0
      ? { allowCredentials: own.map(({ id, transports }) => ({ id, transports: [...transports] })) }
      : {}),
  });
  return { ...options };
}

interface Expected {
  readonly purpose: string;
  readonly find: (id: string) => Promise<Passkey | undefined>;
}

async function authenticate(
  desk: Desk,
  answer: Json,
  { purpose, find }: Expected,
): Promise<Result<Confirmed, PasskeyRefusal>> {
  const passkey = shaped(answer) ? await find(String(answer['id'])) : undefined;
  if (!passkey) return notAccepted();
  try {
    const response = answer as unknown as AuthenticationResponseJSON;
    const publicKey = Uint8Array.from(Buffer.from(passkey.publicKey, 'base64url'));
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      ...expected(desk, purpose),
      credential: { id: passkey.id, publicKey, counter: passkey.counter },
    });
    const handle = response.response.userHandle;
    const whose = handle === undefined ? passkey.person : Buffer.from(handle, 'base64url').toString('utf8');
    if (!verified || whose !== passkey.person) return notAccepted();
    const { newCounter: counter, credentialBackedUp: backedUp, origin, rpID: rpId } = authenticationInfo;
    return ok({ passkey: { ...passkey, counter, backedUp }, origin, rpId });
  } catch (fault) {
    return refusedFor(desk, fault);
  }
}

/** Enough shape for the library, which checks the rest, and no answer made inside somebody else's page. */
function shaped(answer: Json): boolean {
  const { id, rawId, type, response } = answer;
  if (typeof id !== 'string' || id !== rawId || id.length > FIELD_MAX_CHARS || type !== 'public-key') return false;
  if (response === null || typeof response !== 'object') return false;
  const fields = response as Json;
  if (Object.values(fields).some((value) => typeof value === 'string' && value.length > FIELD_MAX_CHARS)) return false;
  return typeof fields['clientDataJSON'] === 'string' && !fromAnotherFrame(fields['clientDataJSON']);
}

/** The library lets `crossOrigin` pass where the browser names no top origin; a page that frames ours must not sign in. */
function fromAnotherFrame(clientDataJson: string): boolean {
  try {
    const data = JSON.parse(Buffer.from(clientDataJson, 'base64url').toString('utf8')) as { crossOrigin?: unknown };
    return data.crossOrigin !== undefined && data.crossOrigin !== false;
  } catch {
    return true;
  }
}
