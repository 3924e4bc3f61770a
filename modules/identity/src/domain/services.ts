/** Cloud services: who may be registered, for what, and what a service is to policy. */
import type { DataSet, Principal, Reach, ServiceDraft } from '@cityward/contracts';
import { ok, refuse, HOUR_MS, MINUTE_MS, type Refusal, type Result } from '@cityward/kernel';

/** Short: a service renews by itself, and a lost key is worth hours. */
export const SERVICE_CERTIFICATE_LIFE_MS = 12 * HOUR_MS;
export const SERVICE_CODE_LIFE_MS = 60 * MINUTE_MS;
export const TOKEN_LIFE_MS = 10 * MINUTE_MS;

/** Programs of the city's own, which policy names: nobody else may have their names. */
export const OWN_SERVICES: readonly string[] = ['city-cli', 'prometheus', 'plain-syslog', 'freeradius', 'radius'];

export interface ServiceRecord extends ServiceDraft {
  readonly registered: number;
  readonly by: string;
  /** Hash of its secret, and since when. */
  readonly secret: { readonly hash: string; readonly at: number } | null;
  /** PEM. */
  readonly publicKey: string | null;
  readonly code: { readonly hash: string; readonly expires: number } | null;
  readonly lastUsed: number | null;
  readonly ended: { readonly at: number; readonly by: string; readonly reason: string } | null;
}

export type ServiceRefusal = Refusal<
  | 'SERVICE_UNKNOWN'
  | 'SERVICE_KNOWN'
  | 'SERVICE_ID_TAKEN'
  | 'SERVICE_ENDED'
  | 'OWNER_UNKNOWN'
  | 'SITE_UNKNOWN'
  | 'REACH_NOT_VALID'
  | 'TOO_MANY_SERVICES'
  | 'KEY_NOT_ACCEPTED'
>;

export const serviceUnknown = (id: string): Result<never, ServiceRefusal> =>
  refuse('not-found', 'SERVICE_UNKNOWN', `find service "${id}": there is none with this id`);

export interface Registering {
  readonly count: number;
  readonly max: number;
  readonly known: boolean;
  /** A device or network has this id: one id never names two things. */
  readonly taken: boolean;
  readonly isOwner: (id: string) => boolean;
  readonly isSite: (id: string) => boolean;
}

export function decideRegister(draft: ServiceDraft, world: Registering): Result<void, ServiceRefusal> {
  const { id } = draft;
  if (world.known)
    return refuse('conflict', 'SERVICE_KNOWN', `register "${id}": there is or was a service with this id`);
  if (world.taken || OWN_SERVICES.includes(id))
    return refuse('conflict', 'SERVICE_ID_TAKEN', `register "${id}": this id names something else, wanted another`);
  if (world.count >= world.max)
    return refuse('conflict', 'TOO_MANY_SERVICES', `register "${id}": wanted at most ${world.max} services`);
  if (!world.isOwner(draft.owner))
    return refuse(
      'invalid',
      'OWNER_UNKNOWN',
      `register "${id}" for "${draft.owner}": wanted a party of the city or a person who may sign in`,
    );
  return decideReach(id, draft.reach, world);
}

export function decideReach(
  id: string,
  { data, sites }: Reach,
  { isSite }: Pick<Registering, 'isSite'>,
): Result<void, ServiceRefusal> {
  const strange = sites.find((site) => !isSite(site));
  if (strange !== undefined)
    return refuse('invalid', 'SITE_UNKNOWN', `let "${id}" reach site "${strange}": the city has no such site`);
  const others = data.filter((one) => one !== 'devices');
  return sites.length > 0 && others.length > 0
    ? refuse(
        'invalid',
        'REACH_NOT_VALID',
        `let "${id}" reach "${others[0]}" of some sites: only devices have a site, wanted the data "devices" alone`,
      )
    : ok(undefined);
}

/** What a service is to policy now; `granted`: what its token was asked for, which is never more than its reach. */
export function principalOf(service: ServiceRecord, granted: readonly string[] | null): Principal | null {
  if (service.ended) return null;
  const reach = granted ? service.reach.data.filter((one) => granted.includes(one)) : service.reach.data;
  const { sites } = service.reach;
  const attributes = { owner: service.owner, reach, ...(sites.length > 0 ? { sites } : {}) };
  return { type: 'Service', id: service.id, roles: [], attributes };
}

/** The scope of a token: what was asked for of its reach; null when that is nothing. */
export function scopeOf(reach: Reach, asked: string | null): readonly DataSet[] | null {
  const wanted = asked?.split(' ').filter((word) => word !== '') ?? [];
  if (wanted.length === 0) return reach.data;
  return wanted.every((word) => (reach.data as readonly string[]).includes(word))
    ? reach.data.filter((one) => wanted.includes(one))
    : null;
}
