/** What routes of people share: the parts they stand on, and the answer that says who is at this browser. */
import type { Resource, Role, Session } from '@cityward/contracts';
import type { Caller } from '@cityward/http';
import { err, ok, type Refusal, type Result } from '@cityward/kernel';
import type { OpenedAcme } from './acme-door.ts';
import type { Accounts } from './accounts.ts';
import type { Cloud } from './cloud.ts';
import type { Devices } from './devices.ts';
import type { IdentityOptions } from './needs.ts';
import type { NetworkAccess } from './network-access.ts';
import type { People } from './people.ts';
import type { Posts } from './posts.ts';
import type { TrustService } from './trust.ts';
import type { Attempt, SignedIn, WaysIn } from './ways-in.ts';

export interface RouteParts {
  readonly options: IdentityOptions;
  readonly devices: () => Devices;
  readonly access: () => NetworkAccess;
  readonly acme: () => OpenedAcme;
  readonly people: () => People;
  readonly posts: () => Posts;
  readonly waysIn: () => WaysIn;
  readonly accounts: () => Accounts;
  readonly cloud: () => Cloud;
  readonly trust: () => TrustService;
}

export type Answer = Result<Session, Refusal>;

/** Who is at this browser, whatever the caller's principal was before the call. */
export async function sessionOf(
  { options, people, waysIn, accounts }: RouteParts,
  token: string | null,
): Promise<Session> {
  const { sessions } = people();
  const principal = token === null ? null : sessions.authenticate(token);
  const person = principal ? people().get(principal.id) : undefined;
  const expires = sessions.endsAt(token);
  const { notice, version } = options.about ?? { notice: null, version: '' };
  const me =
    person && expires !== null
      ? {
          person: person.id,
          handle: person.handle,
          kind: person.kind,
          position: person.position,
          roles: [...(principal!.roles as Role[])],
          expires,
          passkeys: waysIn().passkeysOf(person.id),
          recoveryCodesLeft: await waysIn().recoveryCodesLeft(person.id),
          account: (await accounts().of(person.id)) !== null,
        }
      : null;
  return { me, city: options.cityName, notice, version, provider: accounts().host, portal: options.portal ?? null };
}

/** Gives the browser its new token; the one before has ended. */
export async function signedIn(parts: RouteParts, result: Result<SignedIn, Refusal>, caller: Caller): Promise<Answer> {
  if (!result.ok) return err(result.error);
  caller.setSession(result.value.token);
  return ok(await sessionOf(parts, result.value.token));
}

/** Callers without an address count as one: they are limited together, never not at all. */
export const attemptOf = ({ sessionToken, address, origin }: Caller): Attempt => ({
  before: sessionToken,
  origin,
  address: address ?? 'unknown',
});

export const selfOf = (caller: Caller): Resource => ({ type: 'Person', id: caller.principal.id, attributes: {} });
