/** Who is at the console: sign-in by one-time link, passkey or recovery code; people and their roles. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { PasskeyOfficerKey } from '../jobs.ts';
import { Closed, Id, OneOf, Time } from '../schema.ts';
import { PERSON_KINDS, PROFESSIONS, ROLES, STANDING_ROLES, TRUST_LEVELS } from '../words.ts';

/** What a person may be given for good; temporary roles only come through access that is asked for and approved. */
const Role = OneOf(STANDING_ROLES);
/** What a professional does, and where: the id of a party. */
export const Position = Closed({ profession: OneOf(PROFESSIONS), organisation: Id });
export type Position = Static<typeof Position>;
const PositionOrNull = Type.Union([Position, Type.Null()]);
export const Me = Closed({
  person: Id,
  handle: Type.String(),
  kind: OneOf(PERSON_KINDS),
  position: PositionOrNull,
  /** Those of this moment, temporary ones among them. */
  roles: Type.Array(OneOf(ROLES)),
  passkeys: Type.Integer(),
  recoveryCodesLeft: Type.Integer(),
  /** Is an account at the city's sign-in provider connected? */
  account: Type.Boolean(),
  expires: Time,
});
export type Me = Static<typeof Me>;
export const Session = Closed({
  me: Type.Union([Me, Type.Null()]),
  city: Type.String(),
  /** Shown in the banner while reference devices run, e.g. `simulated devices, real protocols`. */
  notice: Type.Union([Type.String(), Type.Null()]),
  version: Type.String(),
  /** The host of the city's sign-in provider; null where none is set. */
  provider: Type.Union([Type.String(), Type.Null()]),
  /** Where residents and professionals find their pages; null where they have none. */
  portal: Type.Union([Type.String(), Type.Null()]),
});
export type Session = Static<typeof Session>;
/** Somebody whom people can let see their records by name. */
export const Professional = Closed({
  id: Id,
  name: Type.String(),
  ...Position.properties,
  organisationName: Type.String(),
});
export type Professional = Static<typeof Professional>;
export const PROFESSIONALS_MAX = 2_000;
export const Person = Closed({
  id: Id,
  handle: Type.String(),
  roles: Type.Array(Role),
  state: OneOf(['invited', 'active', 'disabled']),
  lastSeen: Type.Union([Time, Type.Null()]),
});
export type Person = Static<typeof Person>;
/** WebAuthn JSON as the browser and @simplewebauthn exchange it; checked there, field by field. */
const WebAuthnJson = Type.Record(Type.String(), Type.Unknown());
/** Where to send the browser, and what it keeps meanwhile: only with it the answer is of any use. */
const Begun = Closed({ url: Type.String(), attempt: Type.String() });
/** The query that the provider sent the browser back with. */
const Back = Closed({
  attempt: Type.String({ minLength: 20, maxLength: 200 }),
  answer: Type.String({ minLength: 1, maxLength: 4_096 }),
});
const Handle = Type.String({ minLength: 2, maxLength: 40, pattern: '^[^\\p{C}]+$' });
/** An id that leaves room for the ending of a passkey's own id. */
const OfficerId = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{1,45}[a-z0-9]$',
  description: '3 to 47 of a-z, 0-9 and -',
});
/** How somebody at the machine names a person: who lost every way in knows the name, not the id. */
const IdOrHandle = Type.String({ minLength: 2, maxLength: 64, pattern: '^[^\\p{C}]+$' });

export const session = {
  getSession: endpoint({
    name: 'getSession',
    method: 'GET',
    path: '/api/session',
    action: 'readSession',
    summary: 'Who am I',
    answer: Session,
  }),
  signInByLink: endpoint({
    name: 'signInByLink',
    method: 'POST',
    path: '/api/session/link',
    action: 'signIn',
    summary: 'Sign in with the one-time link',
    body: Closed({ token: Type.String({ minLength: 20, maxLength: 200 }) }),
    answer: Session,
  }),
  passkeyChallenge: endpoint({
    name: 'passkeyChallenge',
    method: 'POST',
    path: '/api/session/passkey/challenge',
    action: 'signIn',
    summary: 'Begin to sign in with a passkey',
    answer: WebAuthnJson,
  }),
  signInByPasskey: endpoint({
    name: 'signInByPasskey',
    method: 'POST',
    path: '/api/session/passkey',
    action: 'signIn',
    summary: 'Sign in with a passkey',
    body: WebAuthnJson,
    answer: Session,
  }),
  signInByRecoveryCode: endpoint({
    name: 'signInByRecoveryCode',
    method: 'POST',
    path: '/api/session/recovery',
    action: 'signIn',
    summary: 'Sign in with a printed recovery code',
    body: Closed({ code: Type.String({ minLength: 8, maxLength: 60 }) }),
    answer: Session,
  }),
  beginAccountSignIn: endpoint({
    name: 'beginAccountSignIn',
    method: 'POST',
    path: '/api/session/account/begin',
    action: 'signIn',
    summary: 'Begin to sign in with the city account',
    answer: Begun,
  }),
  signInByAccount: endpoint({
    name: 'signInByAccount',
    method: 'POST',
    path: '/api/session/account',
    action: 'signIn',
    summary: 'Sign in with the city account',
    body: Back,
    answer: Session,
  }),
  signOut: endpoint({
    name: 'signOut',
    method: 'DELETE',
    path: '/api/session',
    action: 'readSession',
    summary: 'End this session',
    answer: Session,
  }),
  newPasskeyChallenge: endpoint({
    name: 'newPasskeyChallenge',
    method: 'POST',
    path: '/api/me/passkeys/challenge',
    action: 'manageSelf',
    summary: 'Begin to add a passkey',
    answer: WebAuthnJson,
  }),
  addPasskey: endpoint({
    name: 'addPasskey',
    method: 'POST',
    path: '/api/me/passkeys',
    action: 'manageSelf',
    summary: 'Add a passkey',
    body: WebAuthnJson,
    answer: Session,
  }),
  officerKeyChallenge: endpoint({
    name: 'officerKeyChallenge',
    method: 'POST',
    path: '/api/me/officer-key/challenge',
    action: 'manageSelf',
    summary: 'Begin to show one of my passkeys as the key of an officer',
    answer: WebAuthnJson,
  }),
  /** Makes nobody an officer: the city's officers sign, on machines of their own, the document that names the key. */
  showOfficerKey: endpoint({
    name: 'showOfficerKey',
    method: 'POST',
    path: '/api/me/officer-key',
    action: 'manageSelf',
    summary: 'The public key of the passkey that answered, for the next officers document',
    body: Closed({ officer: OfficerId, answer: WebAuthnJson }),
    answer: PasskeyOfficerKey,
  }),
  beginAccountConnection: endpoint({
    name: 'beginAccountConnection',
    method: 'POST',
    path: '/api/me/account/begin',
    action: 'manageSelf',
    summary: 'Begin to connect my city account',
    answer: Begun,
  }),
  connectAccount: endpoint({
    name: 'connectAccount',
    method: 'POST',
    path: '/api/me/account',
    action: 'manageSelf',
    summary: 'Connect my city account',
    body: Back,
    answer: Session,
  }),
  disconnectAccount: endpoint({
    name: 'disconnectAccount',
    method: 'DELETE',
    path: '/api/me/account',
    action: 'manageSelf',
    summary: 'Disconnect my city account',
    answer: Session,
  }),
  issueRecoveryCodes: endpoint({
    name: 'issueRecoveryCodes',
    method: 'POST',
    path: '/api/me/recovery-codes',
    action: 'manageSelf',
    summary: 'Make new recovery codes, shown once',
    answer: Closed({ codes: Type.Array(Type.String()) }),
  }),
  listProfessionals: endpoint({
    name: 'listProfessionals',
    method: 'GET',
    path: '/api/professionals',
    action: 'readProfessionals',
    summary: 'The professionals whom a person can let see their records',
    answer: Closed({ professionals: Type.Array(Professional, { maxItems: PROFESSIONALS_MAX }) }),
  }),
  listPeople: endpoint({
    name: 'listPeople',
    method: 'GET',
    path: '/api/people',
    action: 'readPeople',
    summary:
      'The people of the city and its partners who may sign in; not its residents, nor those who look after them',
    /** `connected`: who may also come in with an account at the city's sign-in provider. */
    answer: Closed({
      people: Type.Array(Person),
      connected: Type.Array(Id),
      /** How far each person's account is trusted now, in the order of the people. */
      trust: Type.Array(OneOf(TRUST_LEVELS)),
    }),
  }),
  invitePerson: endpoint({
    name: 'invitePerson',
    method: 'POST',
    path: '/api/people',
    action: 'invitePerson',
    summary: 'Invite a person by one-time link',
    /** Nobody's role is needed to be invited: a vendor comes with none and asks for temporary access. */
    body: Closed({
      handle: Handle,
      roles: Type.Array(Role, { uniqueItems: true }),
      /** Staff without it. Residents and professionals have no roles, and their link leads to the portal. */
      kind: Type.Optional(OneOf(PERSON_KINDS)),
      /** Of a professional. */
      position: Type.Optional(Position),
    }),
    answer: Closed({ person: Person, link: Type.String() }),
  }),
  setRoles: endpoint({
    name: 'setRoles',
    method: 'PUT',
    path: '/api/people/:id/roles',
    action: 'setRoles',
    summary: "Set a person's roles (never officer)",
    params: Closed({ id: Id }),
    body: Closed({ roles: Type.Array(Role, { uniqueItems: true }) }),
    answer: Person,
  }),
  disablePerson: endpoint({
    name: 'disablePerson',
    method: 'POST',
    path: '/api/people/:id/disable',
    action: 'disablePerson',
    summary: "End a person's access and sessions",
    params: Closed({ id: Id }),
    answer: Person,
  }),
  disconnectPersonAccount: endpoint({
    name: 'disconnectPersonAccount',
    method: 'DELETE',
    path: '/api/people/:id/account',
    action: 'disablePerson',
    summary: "Disconnect a person's city account and end their sessions",
    params: Closed({ id: Id }),
    answer: Person,
  }),
  /** For a person who lost every way in; without `person`, the first one. Only over the city's local socket. */
  reissueLink: endpoint({
    name: 'reissueLink',
    method: 'POST',
    path: '/api/people/link',
    action: 'reissueLink',
    summary: 'A new one-time sign-in link',
    body: Closed({ person: Type.Optional(IdOrHandle) }),
    answer: Closed({ link: Type.String() }),
  }),
} as const;
