/** Who asks, and may they: the same two questions before every route and topic. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { ANONYMOUS, type Principal, type Resource, type ActionName } from '@cityward/contracts';
import { err, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { City } from '@cityward/city';
import type { Asked, Caller, RequestFacts, Route } from '@cityward/http';
import type { Identity, Standing, TrustMark } from '@cityward/identity';
import { contextFor, type Policy } from '@cityward/policy';
import { isVisitor } from './visit.ts';
import { CITY_CLI, type LocalSocket } from './local-socket.ts';

export const PROMETHEUS: Principal = { type: 'Service', id: 'prometheus', roles: [], attributes: {} };
export const PLAIN_SYSLOG: Principal = { type: 'Service', id: 'plain-syslog', roles: [], attributes: {} };

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
  /** The same with how far it is trusted now. Every question does this by itself. */
  withTrust(principal: Principal): Principal;
  /** Does policy let this device or network join the city's own networks? */
  mayJoin(id: string): Result<void, Refusal>;
  /** Tokens of sessions by their public id, to close their streams at once. */
  tokenOf(session: string): string | null;
  forget(session: string): void;
}

export function createAccess(parts: AccessParts): Access {
  const { policy, identity } = parts;
  const tokens = new Map<string, string>();
  const device = createDevicePrincipals(parts);
  const withTrust = createWithTrust(identity, device);
  const may: Access['may'] = (principal, action, resource) =>
    policy.decide(withTrust(principal), action, resource).allow
      ? ok(undefined)
      : denied(principal, `${action} ${resource.id}`);
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
      policy.mayEver(withTrust(principal), action) ? ok(undefined) : denied(principal, name),
    authorise: async (route, input, caller) => {
      const resource = described(parts.city, await route.resource(input as never, caller));
      const context = contextFor(route.action, input);
      const decision = policy.decide(withTrust(caller.principal), route.action, resource, context);
      if (!decision.allow) return denied(caller.principal, route.name);
      if (resource.type === 'Device' && isVisitor(caller.principal))
        identity.access.used(caller.principal.id, { device: resource.id, action: route.action });
      return ok(undefined);
    },
    may,
    mayAgain: createMemo(may),
    device,
    withTrust,
    mayJoin: (id) => may(device(id), 'joinNetwork', doorOf(device(id))),
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
/** What is asked about where a device or network is its own subject. */
export const doorOf = ({ type, id, attributes }: Principal): Resource => ({
  type: 'Device',
  id,
  attributes: type === 'Network' ? { spokenForBy: [id] } : attributes,
});

const PRINCIPALS_MAX = 200_000;

/** Devices and networks with what policies ask about them; the same object until the record, the standing or the trust changes. */
function createDevicePrincipals({ city, identity }: Pick<AccessParts, 'city' | 'identity'>) {
  type Known = { record: ReturnType<City['record']>; standing: Standing; mark: TrustMark; principal: Principal };
  const known = new Map<string, Known>();
  return (id: string): Principal => {
    const record = city.record(id);
    const standing = identity.standing(id);
    const network = identity.networkOf(id);
    const mark = identity.trustMarkOf({ kind: network === null ? 'device' : 'network', id });
    const last = known.get(id);
    if (last && last.record === record && last.standing === standing && last.mark === mark) return last.principal;
    const principal: Principal =
      network === null
        ? { type: 'Device', id, roles: [], attributes: { name: id, ...deviceAttributes(record, { standing, mark }) } }
        : {
            type: 'Network',
            id,
            roles: [],
            attributes: { name: id, kind: network, standing, ...trustAttributes(mark) },
          };
    if (known.size >= PRINCIPALS_MAX) known.clear();
    known.set(id, { record, standing, mark, principal });
    return principal;
  };
}

const deviceAttributes = (
  record: ReturnType<City['record']>,
  { standing, mark }: { readonly standing: Standing; readonly mark: TrustMark },
) => ({
  class: record?.class ?? 'other',
  site: record?.site ?? '',
  standing,
  ...trustAttributes(mark),
  conduct: mark.conduct,
  lifeSafety: record ? isLifeSafety(record) : false,
});
const trustAttributes = ({ value, level }: TrustMark) => ({ trust: value, trustLevel: level });

/** Trust alone never cuts these. */
export const isLifeSafety = ({
  criticality,
  neverCut,
}: Pick<NonNullable<ReturnType<City['record']>>, 'criticality' | 'neverCut'>): boolean =>
  criticality === 'life-safety' || neverCut;

/** The city's own programs: nobody judges their trust, so that nothing can lock the city out of itself. */
const OWN_SERVICES = new Set([CITY_CLI.id, PROMETHEUS.id, PLAIN_SYSLOG.id]);

function createWithTrust(
  { trustMarkOf }: Pick<Identity, 'trustMarkOf'>,
  device: Access['device'],
): Access['withTrust'] {
  return (principal) => {
    const { type, id, attributes } = principal;
    if (type === 'Anonymous' || (type === 'Service' && OWN_SERVICES.has(id))) return principal;
    if (attributes['trustLevel'] !== undefined) return principal;
    // What the caller says of a device stands; what it cannot know of its trust is added.
    if (type === 'Device') return { ...principal, attributes: { ...device(id).attributes, ...attributes } };
    const kind = ({ Person: 'person', Service: 'service', Network: 'network' } as const)[type];
    return { ...principal, attributes: { ...attributes, ...trustAttributes(trustMarkOf({ kind, id })) } };
  };
}

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
