/** The cloud services' half of identity, opened: register, tokens, certificates and who a call comes from. */
import { mkdir } from 'node:fs/promises';
import type { Principal } from '@cityward/contracts';
import type { PeerFacts, RawReply, RawRequest, RawRoute } from '@cityward/http';
import { isId, type Refusal } from '@cityward/kernel';
import { createAssertions } from './client-assertions.ts';
import type { Devices } from './devices.ts';
import { principalOf, type ServiceRecord } from './domain/services.ts';
import { REQUEST_BODY_MAX_BYTES } from './domain/request-body.ts';
import type { IdentityOptions } from './needs.ts';
import { keyRoutes, OAUTH_PATHS, tokenRoute, type OauthParts } from './oauth.ts';
import type { People } from './people.ts';
import { createRefusalNotes } from './refusals.ts';
import { createServiceConduct, type ServiceConduct } from './service-conduct.ts';
import { Services } from './services.ts';
import { openTokenKeys } from './token-keys.ts';
import type { TrustService } from './trust.ts';
import { createTokens, thumbprintOf } from './tokens.ts';

export const CERTIFY_PATH = '/service/certificate';
export const DEFAULT_ISSUER = 'https://localhost:8445';

/** What the call of a service shows. */
export interface ServiceCall {
  readonly bearer: string | null;
  readonly peer: PeerFacts | null;
}

export interface Cloud extends OauthParts {
  readonly conduct: ServiceConduct;
  /** The living service behind a call, as policy sees it; null for nobody. Its standing is asked on every call. */
  authenticate(call: ServiceCall): Promise<Principal | null>;
  stop(): Promise<void>;
}

export interface CloudNeeds {
  readonly devices: Devices;
  readonly people: People;
  readonly trust: TrustService;
}

export async function openCloud(options: IdentityOptions, { devices, people, trust }: CloudNeeds): Promise<Cloud> {
  const { sql, clock, log, folder, directory } = options;
  const issuer = options.servicesUrl ?? DEFAULT_ISSUER;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const services = await Services.open({
    sql,
    clock,
    log,
    folder,
    authority: devices.authority,
    register: devices.register,
    taken: (id) => devices.holder(id) !== null,
    isOwner: (id) => people.get(id) !== undefined || (directory.isParty?.(id) ?? true),
    isSite: (id) => directory.isSite?.(id) ?? true,
  });
  const keys = await openTokenKeys({ folder, clock });
  const tokens = createTokens({ issuer, keys, clock });
  const assertions = createAssertions({ audiences: [issuer, `${issuer}${OAUTH_PATHS.token}`], clock });
  const refusals = createRefusalNotes({ sql, clock, log, type: 'service.refused' });
  const cloud: OauthParts = { issuer, services, tokens, keys, assertions, refusals, clock };
  const conduct = createServiceConduct({ trust, clock, log });
  return {
    ...cloud,
    conduct,
    authenticate: (call) => authenticate({ ...cloud, conduct }, call),
    stop: async () => {
      keys.stop();
      await refusals.stop();
      await services.stop();
    },
  };
}

/** A token decides alone where one is shown: a good certificate beside a bad token does not help it. */
async function authenticate(cloud: Omit<Cloud, 'authenticate' | 'stop'>, call: ServiceCall): Promise<Principal | null> {
  const { services, tokens, conduct } = cloud;
  const { bearer, peer } = call;
  if (bearer === null) return called(cloud, peer?.authorized ? services.certified(peer.serial) : null, null);
  const claims = await tokens.read(bearer);
  if (!claims.ok) return null;
  const { service, scope, certificate } = claims.value;
  if (certificate !== null && !isHeldBy(cloud, { service, certificate, peer })) {
    if (services.active(service)) conduct.strayed(service);
    return null;
  }
  return called(cloud, services.active(service), scope);
}

interface Held {
  readonly service: string;
  readonly certificate: string;
  readonly peer: PeerFacts | null;
}
const isHeldBy = ({ services }: Pick<Cloud, 'services'>, { service, certificate, peer }: Held): boolean =>
  peer !== null &&
  peer.authorized &&
  thumbprintOf(peer.der) === certificate &&
  services.certified(peer.serial)?.id === service;

function called(
  { services, conduct }: Pick<Cloud, 'services' | 'conduct'>,
  service: ServiceRecord | null,
  scope: readonly string[] | null,
): Principal | null {
  const principal = service ? principalOf(service, scope) : null;
  if (!principal) return null;
  services.used(principal.id);
  conduct.called(principal.id);
  return principal;
}

export interface CloudRoutes {
  /** For anybody, on any listener. */
  readonly keys: readonly RawRoute[];
  /** Only for the listener of services. */
  readonly own: readonly RawRoute[];
}

export const cloudRoutes = (options: IdentityOptions, cloud: () => Cloud): CloudRoutes => ({
  keys: keyRoutes({ issuer: options.servicesUrl ?? DEFAULT_ISSUER, keys: () => cloud().keys }),
  own: [
    tokenRoute(cloud),
    {
      name: 'serviceCertificate',
      method: 'POST',
      path: CERTIFY_PATH,
      action: 'certifyService',
      bodyMaxBytes: REQUEST_BODY_MAX_BYTES,
      handle: (request) => certify(cloud(), request),
    },
  ],
});

/** First with the one-time code as the password of HTTP Basic, later with the certificate of before. */
async function certify({ services, refusals }: Cloud, { headers, body, peer, ip }: RawRequest): Promise<RawReply> {
  const pair = /^Basic ([A-Za-z0-9+/=]{1,400})$/i.exec(headers.authorization ?? '')?.[1];
  const [claimed = '', code = ''] = pair ? Buffer.from(pair, 'base64').toString('utf8').split(':') : [];
  const before = !pair && peer?.authorized ? services.certified(peer.serial) : null;
  const id = before?.id ?? (isId(claimed) && services.isCode(claimed, code) ? claimed : null);
  if (id === null) {
    refusals.note(claimed, { way: 'services', code: 'CODE_NOT_VALID', address: ip });
    return refused(401, 'certify service: wanted its one-time code, or its certificate that is good now');
  }
  const issued = await services.certify(id, body, { code: before === null });
  if (!issued.ok) {
    refusals.note(id, { way: 'services', code: issued.error.code, address: ip });
    return refused(STATUS[issued.error.kind] ?? 400, issued.error.message);
  }
  return {
    status: 200,
    headers: { 'content-type': 'application/x-pem-file', 'cache-control': 'no-store' },
    body: issued.value,
  };
}

const STATUS: Partial<Record<Refusal['kind'], number>> = {
  'too-large': 413,
  unavailable: 429,
  conflict: 409,
  forbidden: 403,
};
const refused = (status: number, message: string): RawReply => ({
  status,
  headers: {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    ...(status === 401 ? { 'www-authenticate': 'Basic realm="cityward"' } : {}),
  },
  body: `${message}\n`,
});
