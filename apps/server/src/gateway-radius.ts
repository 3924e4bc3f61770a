/** What a RADIUS server asks and tells over mutual TLS: may this device join, in which VLAN, and which session is it. */
import { Compile } from 'typebox/compile';
import { Type, type Static } from 'typebox';
import { THE_CITY } from '@cityward/contracts';
import type { RawReply, RawRequest, RawRoute } from '@cityward/http';
import type { Identity } from '@cityward/identity';

export const RADIUS_JOIN_PATH = '/radius/v1/join';
/** Told, not asked: 802.1X has refused somebody. */
export const RADIUS_REFUSED_PATH = '/radius/v1/refused';
export const RADIUS_ACCOUNTING_PATH = '/radius/v1/accounting';
const BODY_MAX_BYTES = 65_536;
const ATTRIBUTES_MAX = 200;
const VALUE_MAX_CHARS = 253;

/** Attributes as FreeRADIUS's rlm_rest writes them. */
const Attributes = Type.Record(
  Type.String({ maxLength: 100 }),
  Type.Object({ value: Type.Array(Type.Union([Type.String(), Type.Number()]), { minItems: 1, maxItems: 64 }) }),
  { maxProperties: ATTRIBUTES_MAX },
);
type Attributes = Static<typeof Attributes>;
const attributes = Compile(Attributes);

const VLAN = 'VLAN';
const IEEE_802 = 'IEEE-802';
const STATUSES: Readonly<Record<string, 'start' | 'interim' | 'stop'>> = {
  '1': 'start',
  '2': 'stop',
  '3': 'interim',
  Start: 'start',
  Stop: 'stop',
  'Interim-Update': 'interim',
};

export function radiusRoutes({ identity }: { readonly identity: Pick<Identity, 'network'> }): RawRoute[] {
  const common = { method: 'POST', action: 'askNetworkAccess', bodyMaxBytes: BODY_MAX_BYTES, resource: () => THE_CITY };
  return [
    { ...common, name: 'radiusJoin', path: RADIUS_JOIN_PATH, handle: (request) => join(identity, request) },
    {
      ...common,
      name: 'radiusRefused',
      path: RADIUS_REFUSED_PATH,
      handle: (request) => refused(identity, request),
    },
    {
      ...common,
      name: 'radiusAccounting',
      path: RADIUS_ACCOUNTING_PATH,
      handle: (request) => account(identity, request),
    },
  ] as RawRoute[];
}

/** Null for what is no list of attributes. */
export function readAttributes(body: Uint8Array): Attributes | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return attributes.Check(value) ? value : null;
  } catch {
    return null;
  }
}

/** The first value, cut to what RADIUS can carry; null where there is none. */
function textOf(given: Attributes, name: string): string | null {
  const value = Object.hasOwn(given, name) ? given[name]!.value[0] : undefined;
  return value === undefined || value === '' ? null : String(value).slice(0, VALUE_MAX_CHARS);
}

const portOf = (given: Attributes): string | null =>
  (textOf(given, 'NAS-Port-Id') ?? textOf(given, 'NAS-Port'))?.slice(0, 64) ?? null;
const nasOf = (given: Attributes): string | null => {
  const address = textOf(given, 'NAS-IP-Address') ?? textOf(given, 'NAS-IPv6-Address');
  return address !== null && /^[0-9A-Fa-f.:]{2,45}$/.test(address) ? address : null;
};

async function join({ network }: Pick<Identity, 'network'>, { body }: RawRequest): Promise<RawReply> {
  const given = readAttributes(body);
  const nas = given && nasOf(given);
  const station = given && textOf(given, 'Calling-Station-Id');
  if (!given || nas === null || station === null)
    return malformed('read a request to join: wanted attributes with NAS-IP-Address and Calling-Station-Id');
  const commonName = textOf(given, 'TLS-Client-Cert-Common-Name');
  const serial = textOf(given, 'TLS-Client-Cert-Serial');
  const access = await network.join({
    peer: commonName !== null && serial !== null ? { commonName, serial } : null,
    nas,
    station,
    port: portOf(given),
    userName: textOf(given, 'User-Name') ?? '',
    acctSessionId: textOf(given, 'Acct-Session-Id'),
  });
  // To FreeRADIUS 401 is a refusal; everything but 2xx refuses.
  if (access.give === 'nothing') return answer(401, { 'reply:Reply-Message': 'not let in' });
  return answer(200, {
    'reply:Tunnel-Type': VLAN,
    'reply:Tunnel-Medium-Type': IEEE_802,
    'reply:Tunnel-Private-Group-Id': String(access.vlan),
  });
}

/** The certificate was not good enough, so all that it names is a claim; the city only ever asks such a one to come anew. */
async function refused({ network }: Pick<Identity, 'network'>, { body }: RawRequest): Promise<RawReply> {
  const given = readAttributes(body);
  const nas = given && nasOf(given);
  const station = given && textOf(given, 'Calling-Station-Id');
  const userName = given && textOf(given, 'User-Name');
  if (!given || nas === null || station === null || userName === null)
    return malformed('read a refusal: wanted attributes with User-Name, NAS-IP-Address and Calling-Station-Id');
  await network.refused({
    name: textOf(given, 'TLS-Client-Cert-Common-Name') ?? userName,
    ...{ nas, station, userName, port: portOf(given), acctSessionId: textOf(given, 'Acct-Session-Id') },
  });
  return { status: 204, headers: {}, body: '' };
}

async function account({ network }: Pick<Identity, 'network'>, { body }: RawRequest): Promise<RawReply> {
  const given = readAttributes(body);
  const nas = given && nasOf(given);
  const station = given && textOf(given, 'Calling-Station-Id');
  const what = given && STATUSES[textOf(given, 'Acct-Status-Type') ?? ''];
  if (!given) return malformed('read accounting: wanted attributes');
  // A switch that starts or stops accounting names no station: nothing to keep.
  if (nas !== null && station !== null && what)
    await network.account({ what, nas, station, port: portOf(given), acctSessionId: textOf(given, 'Acct-Session-Id') });
  return { status: 204, headers: {}, body: '' };
}

const malformed = (message: string): RawReply => ({
  ...answer(400, { message }),
  refused: ['ATTRIBUTES_MALFORMED'],
});

const answer = (status: number, body: object): RawReply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
