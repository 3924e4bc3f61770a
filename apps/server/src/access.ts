/** Who asks, and may they: the same two questions before every route and topic. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { ANONYMOUS, type Principal, type Resource, type ActionName } from '@cityward/contracts';
import { err, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { City } from '@cityward/city';
import type { Asked, Caller, RequestFacts, Route } from '@cityward/http';
import type { Identity, Standing } from '@cityward/identity';
import { contextFor, type Policy } from '@cityward/policy';
import { CITY_CLI, type LocalSocket } from './local-socket.ts';

export const PROMETHEUS: Principal = { type: 'Service', id: 'prometheus', roles: [], attributes: {} };

export interface AccessParts {
  readonly policy: Policy;
  readonly identity: Identity;
  readonly city: City;
  readonly local: LocalSocket;
  /** What the metrics collector sends as bearer. */
  readonly metricsToken: string;
}
export interface Access {
  /** For the console's listener: session, local socket, metrics collector, or nobody. */
  authenticate(facts: RequestFacts): Principal;
  /** For listeners with certificates: the device or network, or nobody. */
  authenticatePeer(facts: RequestFacts): Principal;
  screen(asked: Asked, caller: Caller): Result<void, Refusal>;
  authorise(route: Asked & Pick<Route, 'resource'>, input: unknown, caller: Caller): Promise<Result<void, Refusal>>;
  /** One question to policy. */
  may(...asked: readonly [Principal, ActionName, Resource]): Result<void, Refusal>;
  /**
   * The same, remembered for as long as the device's record and standing stay what they are. Only for a resource that its id
   * and the device together determine: a topic, or the device itself.
   */
  mayAgain(...asked: readonly [Principal, ActionName, Resource]): Result<void, Refusal>;
  /** A device or network that its certificate named. */
  device(id: string): Principal;
  /** Tokens of sessions by their public id, to close their streams at once. */
  tokenOf(session: string): string | null;
  forget(session: string): void;
}

export function createAccess(parts: AccessParts): Access {
  const { policy, identity } = parts;
  const tokens = new Map<string, string>();
  const device = createDevicePrincipals(parts);
  const may: Access['may'] = (principal, action, resource) =>
    policy.decide(principal, action, resource).allow ? ok(undefined) : denied(principal, `${action} ${resource.id}`);
  return {
    authenticate: ({ sessionToken, bearer }) => {
      if (parts.local.owns(bearer)) return CITY_CLI;
      if (bearer !== null && sameSecret(bearer, parts.metricsToken)) return PROMETHEUS;
      const principal = sessionToken === null ? null : identity.sessions.authenticate(sessionToken);
      if (principal && sessionToken !== null) tokens.set(identity.sessions.idOf(sessionToken), sessionToken);
      return principal ?? ANONYMOUS;
    },
    authenticatePeer: ({ peer }) => {
      if (!peer?.authorized) return ANONYMOUS;
      const admitted = identity.admit({ commonName: peer.commonName, serial: peer.serial });
      return admitted.ok ? device(peer.commonName) : ANONYMOUS;
    },
    screen: ({ action, name }, { principal }) =>
      policy.mayEver(principal, action) ? ok(undefined) : denied(principal, name),
    authorise: async (route, input, caller) => {
      const resource = described(parts.city, await route.resource(input as never, caller));
      const decision = policy.decide(caller.principal, route.action, resource, contextFor(route.action, input));
      return decision.allow ? ok(undefined) : denied(caller.principal, route.name);
    },
    may,
    mayAgain: createMemo(may),
    device,
    tokenOf: (session) => tokens.get(session) ?? null,
    forget: (session) => void tokens.delete(session),
  };
}

/** Where a device stands is city's word, also for routes that only know its id: scopes of sites look at it. */
function described(city: City, resource: Resource): Resource {
  if (resource.type !== 'Device' || Object.hasOwn(resource.attributes, 'site')) return resource;
  const record = city.record(resource.id);
  return record
    ? { ...resource, attributes: { class: record.class, site: record.site ?? '', ...resource.attributes } }
    : resource;
}

const PRINCIPALS_MAX = 200_000;

/** Devices and networks with what policies ask about them; the same object until the record or the standing changes. */
function createDevicePrincipals({ city, identity }: Pick<AccessParts, 'city' | 'identity'>) {
  type Known = { record: ReturnType<City['record']>; standing: Standing; principal: Principal };
  const known = new Map<string, Known>();
  return (id: string): Principal => {
    const record = city.record(id);
    const standing = identity.standing(id);
    const last = known.get(id);
    if (last && last.record === record && last.standing === standing) return last.principal;
    const kind = identity.networkOf(id);
    const principal: Principal =
      kind === null
        ? { type: 'Device', id, roles: [], attributes: deviceAttributes(record, standing) }
        : { type: 'Network', id, roles: [], attributes: { name: id, kind, standing } };
    if (known.size >= PRINCIPALS_MAX) known.clear();
    known.set(id, { record, standing, principal });
    return principal;
  };
}

const deviceAttributes = (record: ReturnType<City['record']>, standing: Standing) => ({
  class: record?.class ?? 'other',
  site: record?.site ?? '',
  standing,
});

const ANSWERS_PER_PRINCIPAL_MAX = 32;

/** Remembers by the principal's object, so that nothing outlives what it was decided from. */
function createMemo(may: Access['may']): Access['mayAgain'] {
  const answers = new WeakMap<Principal, Map<string, Result<void, Refusal>>>();
  return (principal, action, resource) => {
    let own = answers.get(principal);
    if (!own) answers.set(principal, (own = new Map()));
    const key = `${action} ${resource.type} ${resource.id}`;
    const answered = own.get(key);
    if (answered) return answered;
    const answer = may(principal, action, resource);
    if (own.size < ANSWERS_PER_PRINCIPAL_MAX) own.set(key, answer);
    return answer;
  };
}

/** Nobody is told to sign in; somebody is told what their roles lack. */
function denied(principal: Principal, what: string): Result<void, Refusal> {
  if (principal.type === 'Anonymous') return refuse('forbidden', 'SIGN_IN_NEEDED', `${what}: sign in first`);
  const roles = principal.roles.length > 0 ? ` with the roles ${principal.roles.join(', ')}` : '';
  return err({
    kind: 'forbidden',
    code: 'NOT_ALLOWED',
    message: `${what}: policy does not let ${principal.type.toLowerCase()} "${principal.id}"${roles} do this`,
  });
}

/** Compares hashes, so that neither length nor content is told by time. */
function sameSecret(given: string, secret: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

/** The collector's token, made at first start with mode 0600. */
export function metricsToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const token = randomBytes(32).toString('base64url');
    writeFileSync(file, `${token}\n`, { mode: 0o600, flag: 'wx' });
    return token;
  }
}
