/** The listener of the portal, on an origin of its own; and how its pages ask: the declared endpoints, policy before each. */
import { Compile } from 'typebox/compile';
import { api, type Endpoint } from '@cityward/contracts';
import { createHttpListener, type HttpListener, type HttpListenerOptions, type Route } from '@cityward/http';
import { refuse, systemClock, type Refusal, type Result } from '@cityward/kernel';
import { createPortal, type Ask, type Face } from '@cityward/portal';
import { clauseInWords } from '@cityward/vault';
import type { Access } from './access.ts';
import { deskAddress, partyName, portalOrigin } from './city-names.ts';
import type { Config } from './config.ts';
import { CITY_NAME } from './city-names.ts';
import type { Modules } from './wire.ts';

const NOTICE = 'Demonstration: Port Merrow, its residents and their records are made up.';
/** What a page's script asks for; everything else is asked inside the process. */
const SCRIPTED: readonly Endpoint[] = [
  api.passkeyChallenge,
  api.signInByPasskey,
  api.newPasskeyChallenge,
  api.addPasskey,
  api.openView,
  api.renewView,
  api.closeView,
  api.getBlind,
  api.keepBlindKey,
  api.wrapBlindKey,
  api.replaceBlindKey,
  api.listBlindShares,
  api.renewBlindShares,
  api.getBlindKeyOf,
  api.chooseBlind,
  api.listBlindSeals,
  api.sealForConsent,
  api.viewBlind,
  api.handBack,
  api.askHolders,
  api.listBlindAsks,
  api.releaseShares,
  api.askRecovery,
  api.endRecovery,
];

type Check = ReturnType<typeof Compile>;

/** Every page asks as its visitor: input checked by the endpoint's schema, policy asked about its resource, then its own handler. */
export function createAsk(routes: readonly Route[], access: Pick<Access, 'screen' | 'authorise'>): Ask {
  const byName = new Map(routes.map((route) => [route.endpoint.name, route]));
  const checks = new Map<string, readonly (readonly ['params' | 'query' | 'body', Check])[]>();
  const checksOf = ({ name, ...endpoint }: Endpoint): readonly (readonly ['params' | 'query' | 'body', Check])[] => {
    let known = checks.get(name);
    if (!known) {
      const parts = (['params', 'query', 'body'] as const).filter((part) => endpoint[part] !== undefined);
      checks.set(name, (known = parts.map((part) => [part, Compile(endpoint[part]!)] as const)));
    }
    return known;
  };
  const ask = async (...[endpoint, input, caller]: Parameters<Ask>): Promise<Result<unknown, Refusal>> => {
    const route = byName.get(endpoint.name);
    if (!route) throw new Error(`ask "${endpoint.name}": nothing serves it`);
    const screened = access.screen(endpoint, caller);
    if (!screened.ok) return screened;
    for (const [part, check] of checksOf(endpoint))
      if (!check.Check(input[part] as never))
        return refuse('invalid', 'INPUT_INVALID', `ask "${endpoint.name}": its ${part} has not the wanted shape`);
    const given = { params: undefined, query: undefined, body: undefined, ...input } as Parameters<Route['handle']>[0];
    const allowed = await access.authorise({ ...endpoint, resource: route.resource }, given, caller);
    return allowed.ok ? route.handle(given, caller) : allowed;
  };
  return ask as Ask;
}

function faceOf({ identity, city }: Pick<Modules, 'identity' | 'city'>, person: string): Face | null {
  const face = identity.faceOf(person);
  if (!face) return null;
  const { handle: name, kind, position } = face;
  if (position === null) return { name, kind, position };
  const organisationName = partyName(city, position.organisation) ?? position.organisation;
  return { name, kind, position: { ...position, organisationName } };
}

export interface PortalParts {
  readonly config: Config;
  readonly modules: Modules;
  readonly common: Pick<
    HttpListenerOptions,
    'host' | 'port' | 'allowedHosts' | 'screen' | 'authorise' | 'statusOf' | 'log'
  >;
  readonly routes: readonly Route[];
}

export function portalListener({ config, modules, common, routes }: PortalParts): HttpListener {
  const origin = portalOrigin(config);
  const portal = createPortal({
    ask: createAsk(routes, modules.access),
    faceOf: (person) => faceOf(modules, person),
    machineName: (id) => modules.city.node(id)?.name ?? null,
    clauseInWords,
    organisationName: (id) => partyName(modules.city, id),
    nameOf: (organisation) => partyName(modules.city, organisation) ?? organisation,
    clock: systemClock,
    log: common.log,
    city: CITY_NAME,
    timeZone: config.timeZone,
    origin,
    desk: deskAddress(config),
    notice: config.simulator ? NOTICE : null,
  });
  return createHttpListener({
    ...common,
    allowedHosts: [new URL(origin).host],
    allowedOrigins: [origin],
    routes: SCRIPTED.map((endpoint) => routes.find((route) => route.endpoint.name === endpoint.name)!),
    rawRoutes: [...portal.rawRoutes, ...modules.vault.rawRoutes],
    headers: portal.headers,
    sessionCookie: portal.sessionCookie,
    secureCookie: portal.secureCookie,
    problemPage: portal.problemPage,
    authenticate: ({ sessionToken, peer, ip }) =>
      // A page is for a person: neither the local socket's word nor the collector's token opens one.
      modules.access.authenticate({ sessionToken, bearer: null, peer, ip }),
  });
}
