/** Who asks, and may they: the same two questions before every route and topic. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { ANONYMOUS, type Principal, type Resource, type ActionName } from '@cityward/contracts';
import { err, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { City } from '@cityward/city';
import type { Asked, Caller, RequestFacts, Route } from '@cityward/http';
import type { Identity } from '@cityward/identity';
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
  /** For listeners with certificates: the device, or nobody. */
  authenticatePeer(facts: RequestFacts): Principal;
  screen(asked: Asked, caller: Caller): Result<void, Refusal>;
  authorise(route: Asked & Pick<Route, 'resource'>, input: unknown, caller: Caller): Promise<Result<void, Refusal>>;
  /** One question to policy. */
  may(...asked: readonly [Principal, ActionName, Resource]): Result<void, Refusal>;
  device(id: string): Principal;
  /** Tokens of sessions by their public id, to close their streams at once. */
  tokenOf(session: string): string | null;
  forget(session: string): void;
}

export function createAccess(parts: AccessParts): Access {
  const { policy, identity } = parts;
  const tokens = new Map<string, string>();
  const device = (id: string): Principal => devicePrincipal(parts, id);
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
      const resource = await route.resource(input as never, caller);
      const decision = policy.decide(caller.principal, route.action, resource, contextFor(route.action, input));
      return decision.allow ? ok(undefined) : denied(caller.principal, route.name);
    },
    may: (principal, action, resource) =>
      policy.decide(principal, action, resource).allow ? ok(undefined) : denied(principal, `${action} ${resource.id}`),
    device,
    tokenOf: (session) => tokens.get(session) ?? null,
    forget: (session) => void tokens.delete(session),
  };
}

/** A device with what policies ask about it. */
function devicePrincipal({ city, identity }: Pick<AccessParts, 'city' | 'identity'>, id: string): Principal {
  const record = city.record(id);
  return {
    type: 'Device',
    id,
    roles: [],
    attributes: { class: record?.class ?? 'other', site: record?.site ?? '', standing: identity.standing(id) },
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
