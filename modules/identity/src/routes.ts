/** The HTTP face of identity: sign-in and people, and the certificates of devices. */
import { api, type Resource, type Role, type Session } from '@cityward/contracts';
import { route, type Caller, type Route } from '@cityward/http';
import { err, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { accessRoutes } from './access-routes.ts';
import { acmeRoutes, type OpenedAcme } from './acme-door.ts';
import type { Cloud } from './cloud.ts';
import type { Devices } from './devices.ts';
import { deviceResource, enrolmentRoutes } from './enrolment-routes.ts';
import { personUnknown } from './domain/people.ts';
import type { IdentityOptions } from './needs.ts';
import { networkAccessRoutes, type NetworkAccess } from './network-access.ts';
import { networkRoutes } from './network-routes.ts';
import type { People } from './people.ts';
import type { TrustService } from './trust.ts';
import { servicesRoutes } from './services-routes.ts';
import type { Attempt, LinkDraft, SignedIn, WaysIn } from './ways-in.ts';

export interface RouteParts {
  readonly options: IdentityOptions;
  readonly devices: () => Devices;
  readonly access: () => NetworkAccess;
  readonly acme: () => OpenedAcme;
  readonly people: () => People;
  readonly waysIn: () => WaysIn;
  readonly cloud: () => Cloud;
  readonly trust: () => TrustService;
}

type Answer = Result<Session, Refusal>;

/** Who is at this browser, whatever the caller's principal was before the call. */
function sessionOf({ options, people, waysIn }: RouteParts, token: string | null): Session {
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
          roles: [...(principal!.roles as Role[])],
          expires,
          ...waysIn().counts(person.id),
        }
      : null;
  return { me, city: options.cityName, notice, version };
}

/** Gives the browser its new token; the one before has ended. */
function signedIn(parts: RouteParts, result: Result<SignedIn, Refusal>, caller: Caller): Answer {
  if (!result.ok) return err(result.error);
  caller.setSession(result.value.token);
  return ok(sessionOf(parts, result.value.token));
}

/** The link's URL, from now on good for one sign-in. */
function counted(link: LinkDraft | null): string {
  link?.count();
  return link?.url ?? '';
}

/** Callers without an address count as one: they are limited together, never not at all. */
const attemptOf = ({ sessionToken, address }: Caller): Attempt => ({
  before: sessionToken,
  address: address ?? 'unknown',
});

const selfOf = (caller: Caller): Resource => ({ type: 'Person', id: caller.principal.id, attributes: {} });

export const createRoutes = (parts: RouteParts): readonly Route[] => [
  ...sessionRoutes(parts),
  ...selfRoutes(parts),
  ...peopleRoutes(parts),
  ...accessRoutes(() => parts.people().access),
  ...servicesRoutes(parts.cloud),
  ...deviceRoutes(parts),
  networkTrust(parts),
  ...enrolmentRoutes({ directory: parts.options.directory, devices: parts.devices }),
  ...networkRoutes({ devices: parts.devices, estUrl: parts.options.estUrl }),
  ...acmeRoutes({ acme: parts.acme, devices: parts.devices, options: parts.options }),
  ...networkAccessRoutes({ access: parts.access, accessUrl: parts.options.accessUrl }),
];

function sessionRoutes(parts: RouteParts): Route[] {
  const { people, waysIn } = parts;
  return [
    route(api.getSession, (_input, caller) => Promise.resolve(ok(sessionOf(parts, caller.sessionToken)))),
    route(api.signInByLink, async ({ body }, caller) =>
      signedIn(parts, await waysIn().byLink(body.token, attemptOf(caller)), caller),
    ),
    route(api.passkeyChallenge, async () => ok(await waysIn().passkeyChallenge())),
    route(api.signInByPasskey, async ({ body }, caller) =>
      signedIn(parts, await waysIn().byPasskey(body, attemptOf(caller)), caller),
    ),
    route(api.signInByRecoveryCode, async ({ body }, caller) =>
      signedIn(parts, await waysIn().byRecoveryCode(body.code, attemptOf(caller)), caller),
    ),
    route(api.signOut, async (_input, caller) => {
      if (caller.sessionToken !== null) await people().sessions.end(caller.sessionToken, 'signed-out');
      caller.setSession(null);
      return ok(sessionOf(parts, null));
    }),
  ];
}

function selfRoutes(parts: RouteParts): Route[] {
  const { waysIn } = parts;
  const self = (_input: unknown, caller: Caller): Resource => selfOf(caller);
  return [
    route(api.newPasskeyChallenge, (_input, caller) => waysIn().newPasskeyChallenge(caller.principal.id), self),
    route(
      api.addPasskey,
      async ({ body }, caller): Promise<Answer> => {
        const added = await waysIn().addPasskey(caller.principal.id, body);
        return added.ok ? ok(sessionOf(parts, caller.sessionToken)) : err(added.error);
      },
      self,
    ),
    route(api.officerKeyChallenge, (_input, caller) => waysIn().officerKeyChallenge(caller.principal.id), self),
    route(
      api.showOfficerKey,
      ({ body }, caller) => waysIn().showOfficerKey(caller.principal.id, body.officer, body.answer),
      self,
    ),
    route(
      api.issueRecoveryCodes,
      async (_input, caller) => ok({ codes: [...(await waysIn().issueRecoveryCodes(caller.principal.id))] }),
      self,
    ),
  ];
}

const networkTrust = ({ devices, trust }: RouteParts): Route =>
  route(api.getNetworkTrust, ({ params: { id } }) => {
    const found = devices().networks.get(id) !== null;
    const unknown = refuse('not-found', 'NETWORK_UNKNOWN', `find network "${id}": there is none with this id`);
    return Promise.resolve(found ? ok(trust().viewOf({ kind: 'network', id })) : unknown);
  });

function peopleRoutes({ people, waysIn, trust }: RouteParts): Route[] {
  const person = ({ params }: { readonly params: { readonly id: string } }): Resource => ({
    type: 'Person',
    id: params.id,
    attributes: {},
  });
  return [
    route(api.getPersonTrust, ({ params: { id } }) => {
      const found = people().get(id);
      return Promise.resolve(found ? ok(trust().viewOf({ kind: 'person', id })) : personUnknown(id));
    }),
    route(api.listPeople, () => Promise.resolve(ok({ people: people().list() }))),
    route(api.invitePerson, async ({ body }, caller) => {
      const by = caller.principal.id;
      let link: LinkDraft | null = null;
      const invited = await people().invite(body, by, (tx, person) => {
        link = waysIn().draftLink(person, by);
        return link.save(tx);
      });
      if (!invited.ok) return invited;
      return ok({ person: invited.value, link: counted(link) });
    }),
    route(
      api.setRoles,
      ({ params, body }, caller) => people().setRoles(params.id, body.roles, caller.principal.id),
      person,
    ),
    route(api.disablePerson, ({ params }, caller) => people().disable(params.id, caller.principal.id), person),
  ];
}

function deviceRoutes({ options, devices, trust }: RouteParts): Route[] {
  const { directory } = options;
  const device = deviceResource(directory);
  const known = (id: string): Result<void, Refusal> =>
    directory.device(id)
      ? ok(undefined)
      : refuse('not-found', 'DEVICE_UNKNOWN', `find device "${id}": the city has no such device`);
  return [
    route(
      api.getIdentity,
      ({ params }) => {
        const found = known(params.id);
        return Promise.resolve(found.ok ? ok(devices().identityOf(params.id)) : err(found.error));
      },
      device,
    ),
    route(
      api.getDeviceTrust,
      ({ params }) => {
        const found = known(params.id);
        return Promise.resolve(found.ok ? ok(trust().viewOf({ kind: 'device', id: params.id })) : err(found.error));
      },
      device,
    ),
    route(
      api.issueEnrolmentCode,
      async ({ params, query }, caller) => {
        const found = known(params.id);
        if (!found.ok) return err(found.error);
        if (devices().isRetired(params.id))
          return refuse(
            'conflict',
            'DEVICE_ENDED',
            `issue code for "${params.id}": it is retired, wanted one that is not`,
          );
        const { enrolment } = devices();
        const approval = query.approve ?? false;
        const [issued] = await enrolment.issueCodes([params.id], caller.principal.id, { approval });
        return ok({ ...issued!, url: `${options.estUrl ?? ''}/.well-known/est` });
      },
      device,
    ),
    route(
      api.revokeDevice,
      async ({ params, body }, caller) => {
        const found = known(params.id);
        if (!found.ok) return err(found.error);
        const revoked = await devices().standing.revoke(params.id, { reason: body.reason, by: caller.principal.id });
        return revoked.ok ? ok(devices().identityOf(params.id)) : err(revoked.error);
      },
      device,
    ),
  ];
}
