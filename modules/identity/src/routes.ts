/** The HTTP face of identity: sign-in and people, and the certificates of devices. */
import { api, PROFESSIONALS_MAX, type Resource } from '@cityward/contracts';
import { route, type Caller, type Route } from '@cityward/http';
import { err, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { accountRoutes } from './accounts-routes.ts';
import { attemptOf, selfOf, sessionOf, signedIn, type Answer, type RouteParts } from './session-answer.ts';
import { accessRoutes } from './access-routes.ts';
import { acmeRoutes } from './acme-door.ts';
import { deviceResource, enrolmentRoutes } from './enrolment-routes.ts';
import { networkAccessRoutes } from './network-access.ts';
import { postRoutes } from './posts-routes.ts';
import { networkRoutes } from './network-routes.ts';
import { servicesRoutes } from './services-routes.ts';
import { trustRoutes } from './trust-routes.ts';
import type { LinkDraft } from './ways-in.ts';

/** The link's URL, from now on good for one sign-in. */
function counted(link: LinkDraft | null): string {
  link?.count();
  return link?.url ?? '';
}

export const createRoutes = (parts: RouteParts): readonly Route[] => [
  ...sessionRoutes(parts),
  ...selfRoutes(parts),
  ...peopleRoutes(parts),
  ...postRoutes(parts.posts),
  ...accountRoutes(parts),
  ...accessRoutes(() => parts.people().access, parts.people),
  ...servicesRoutes(parts.cloud),
  ...deviceRoutes(parts),
  ...trustRoutes(parts),
  ...enrolmentRoutes({ directory: parts.options.directory, devices: parts.devices }),
  ...networkRoutes({ devices: parts.devices, estUrl: parts.options.estUrl }),
  ...acmeRoutes({ acme: parts.acme, devices: parts.devices, options: parts.options }),
  ...networkAccessRoutes({ access: parts.access, accessUrl: parts.options.accessUrl }),
];

function sessionRoutes(parts: RouteParts): Route[] {
  const { people, waysIn } = parts;
  return [
    route(api.getSession, async (_input, caller) => ok(await sessionOf(parts, caller.sessionToken))),
    route(api.signInByLink, async ({ body }, caller) =>
      signedIn(parts, await waysIn().byLink(body.token, attemptOf(caller)), caller),
    ),
    route(api.passkeyChallenge, async (_input, caller) => ok(await waysIn().passkeyChallenge(caller.origin))),
    route(api.signInByPasskey, async ({ body }, caller) =>
      signedIn(parts, await waysIn().byPasskey(body, attemptOf(caller)), caller),
    ),
    route(api.signInByRecoveryCode, async ({ body }, caller) =>
      signedIn(parts, await waysIn().byRecoveryCode(body.code, attemptOf(caller)), caller),
    ),
    route(api.signOut, async (_input, caller) => {
      if (caller.sessionToken !== null) await people().sessions.end(caller.sessionToken, 'signed-out');
      caller.setSession(null);
      return ok(await sessionOf(parts, null));
    }),
  ];
}

function selfRoutes(parts: RouteParts): Route[] {
  const { waysIn } = parts;
  const self = (_input: unknown, caller: Caller): Resource => selfOf(caller);
  return [
    route(
      api.newPasskeyChallenge,
      (_input, caller) => waysIn().newPasskeyChallenge(caller.principal.id, caller.origin),
      self,
    ),
    route(
      api.addPasskey,
      async ({ body }, caller): Promise<Answer> => {
        const added = await waysIn().addPasskey(caller.principal.id, body, caller.origin);
        return added.ok ? ok(await sessionOf(parts, caller.sessionToken)) : err(added.error);
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

function peopleRoutes({ options, people, waysIn, accounts, trust }: RouteParts): Route[] {
  const person = ({ params }: { readonly params: { readonly id: string } }): Resource => ({
    type: 'Person',
    id: params.id,
    attributes: {},
  });
  return [
    route(api.listPeople, async () => {
      const all = people().list();
      const levels = all.map(({ id }) => trust().markOf({ kind: 'person', id }).level);
      return ok({ people: all, connected: await accounts().connectedStaff(), trust: levels });
    }),
    route(api.listProfessionals, () => {
      const professionals = people()
        .working()
        .flatMap(({ id, handle: name, position, state }) =>
          position === null || state !== 'active' ? [] : [{ id, name, ...position, organisationName: '' }],
        )
        .map((one) => ({
          ...one,
          organisationName: options.directory.partyName?.(one.organisation) ?? one.organisation,
        }));
      return Promise.resolve(ok({ professionals: professionals.slice(0, PROFESSIONALS_MAX) }));
    }),
    route(api.invitePerson, async ({ body }, caller) => {
      const by = caller.principal.id;
      let link: LinkDraft | null = null;
      const { kind = 'staff', position = null, ...wanted } = body;
      const invited = await people().invite({ ...wanted, kind, position }, by, (tx, person) => {
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

function deviceRoutes({ options, devices }: RouteParts): Route[] {
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
