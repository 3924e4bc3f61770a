/** What each source of the baseline is on an AXIS camera: one question, and flat values made of the answer. Nothing here changes a camera. */
import type { BaselineRead, BaselineSource, BaselineValues, SourceReading } from '@cityward/contracts';
import { BASELINE_LIST_MAX, BASELINE_NAME, BASELINE_TEXT_MAX, BASELINE_VALUES_MAX } from '@cityward/contracts';
import { DAY_MS, type Refusal, type Result } from '@cityward/kernel';
import { allXml, parseXml } from '../camera-wire/xml.ts';
import { numberOf, readAllParameters, readData } from './camera-api.ts';
import { PATHS, type CameraAsk } from './camera-asks.ts';
import type { CameraAnswer, CameraClient } from './camera-client.ts';
import { AUTHORITIES, CA_ALIAS } from './certificates.ts';
import { WIRED_READ, wiredIn } from './wired.ts';

type Values = Record<string, BaselineValues[string]>;
type Read = Extract<SourceReading, { state: 'read' }>;
interface Asked {
  readonly ask: CameraAsk;
  /** Null where the answer is none that is understood. */
  readonly values: (answer: CameraAnswer) => Values | null;
}

const get = (path: string, query: Record<string, string>): CameraAsk => ({ kind: 'get', path, query });
const rest = (path: string): CameraAsk => ({ kind: 'rest', method: 'GET', path: `/config/rest/${path}` });
const call = (path: string, name: string): CameraAsk => ({ kind: 'json', path, call: name });

/** A member of a member of foreign JSON; own members only. */
function within(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string').slice(0, BASELINE_LIST_MAX) : [];

/** Only values that were there: what is missing must look missing. */
function kept(values: Readonly<Record<string, unknown>>): Values {
  const found: Values = {};
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'string') found[name] = cut(value);
    else if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) found[name] = value;
    else if (Array.isArray(value)) found[name] = texts(value).map(cut);
  }
  return found;
}
/** With a mark: what was cut off must not make the rest look good. */
const cut = (text: string): string =>
  text.length > BASELINE_TEXT_MAX ? `${text.slice(0, BASELINE_TEXT_MAX - 2)} …` : text;

const json =
  (of: (data: unknown) => Readonly<Record<string, unknown>>): Asked['values'] =>
  (answer) => {
    const data = readData('read the camera', answer);
    return data.ok ? kept(of(data.value)) : null;
  };

/** `pwdgrp.cgi`: groups with their members, and all who may sign in. Names of people stay here; counts are enough. */
function accountsIn({ status, body }: CameraAnswer): Values | null {
  if (status !== 200) return null;
  const groups = new Map<string, Set<string>>();
  for (const [, name, members] of body.matchAll(/^([a-z]{1,20})="?([^"\r\n]{0,8000})"?\s*$/gmu))
    groups.set(name!, new Set(members!.split(',').filter((one) => one !== '')));
  const [all, admins] = [groups.get('digusers'), groups.get('admin')];
  if (!all || !admins) return null;
  return { accounts: all.size, admins: admins.size, withoutAdmin: [...all].filter((one) => !admins.has(one)).length };
}

function disksIn({ status, body }: CameraAnswer): Values | null {
  const root = status === 200 ? parseXml(body) : null;
  if (!root) return null;
  const used = allXml(root, 'disk').filter(({ attributes }) => attributes['status']?.toLowerCase() === 'ok');
  const plain = used.filter(({ attributes }) => attributes['diskencrypted'] !== 'true');
  return { connected: used.length, plain: plain.length };
}

export function allowUnsignedIn({ status, body }: CameraAnswer): Values | null {
  const root = status === 200 ? parseXml(body) : null;
  const found = root && allXml(root, 'param').find(({ attributes }) => attributes['name'] === 'AllowUnsigned');
  const value = found?.attributes['value'];
  return value === 'true' || value === 'false' ? { allowUnsigned: value === 'true' } : null;
}

const ASKED: Readonly<Partial<Record<BaselineSource, Asked>>> = {
  accounts: { ask: get(PATHS.accounts, { action: 'get' }), values: accountsIn },
  'password-policy': {
    ask: rest('user-management/v2'),
    values: json((data) => ({ policy: within(data, 'settings', 'passphraseComplexity', 'policy') })),
  },
  ntp: {
    ask: call('/axis-cgi/ntp.cgi', 'getNTPInfo'),
    values: json((data) => {
      const client = within(data, 'client');
      const isStatic = String(within(client, 'serversSource')).toLowerCase() === 'static';
      return {
        enabled: within(client, 'enabled'),
        servers: texts(within(client, isStatic ? 'staticServers' : 'advertisedServers')),
        nts: within(client, 'NTSEnabled'),
        synced: within(client, 'synced'),
      };
    }),
  },
  disks: { ask: get('/axis-cgi/disks/list.cgi', { diskid: 'all' }), values: disksIn },
  applications: {
    ask: get('/axis-cgi/applications/config.cgi', { action: 'get', name: 'AllowUnsigned' }),
    values: allowUnsignedIn,
  },
  firewall: {
    ask: rest('firewall/v1'),
    values: json((data) => ({
      activated: within(data, 'activated'),
      defaultPolicy: within(data, 'conf', 'rules', 'activeDefaultPolicy'),
    })),
  },
  lldp: { ask: rest('lldp/v1'), values: json((data) => ({ activated: within(data, 'activated') })) },
  snmp: {
    ask: rest('snmp/v1'),
    values: json((data) => {
      const isOff = within(data, 'enabled') === false;
      const version = (name: string): unknown => (isOff ? false : within(data, name, 'enabled'));
      return { v1: version('snmpV1'), v2: version('snmpV2'), v3: version('snmpV3') };
    }),
  },
  oidc: {
    ask: rest('oidcsetup/v1'),
    values: json((data) => {
      const url = within(data, 'BaseConfigEntity', 'OIDC_ProviderMetadataURL');
      return { provider: typeof url === 'string' ? url.replaceAll('"', '') : undefined };
    }),
  },
  firmware: {
    ask: call(PATHS.firmware, 'status'),
    values: json((data) => ({
      version: within(data, 'activeFirmwareVersion'),
      committed: within(data, 'isCommited'),
      resetSource: within(data, 'resetSource'),
    })),
  },
};

const ABSENT: SourceReading = { state: 'absent', why: 'This product has no such interface' };
const unreadable = (why: string): SourceReading => ({ state: 'unreadable', why: why.slice(0, BASELINE_TEXT_MAX) });
/** HTTP: not found, gone. JSON: no such method. */
const NO_SUCH: readonly number[] = [404, 405, 410, 2_004];

/** Throws CameraUnreachable where the camera does not answer at all. */
export async function readSource(client: CameraClient, { source, names }: BaselineRead): Promise<SourceReading> {
  if (source === 'param') return readParam(client, names);
  if (source === 'tls') return readTls(client);
  if (source === 'network-access') return readNetworkAccess(client);
  const asked = ASKED[source];
  if (!asked) return unreadable('The gateway does not know how to read this of a camera');
  const answer = await client.read(asked.ask);
  if (!answer.ok) return unreadable(answer.error.message);
  if (NO_SUCH.includes(answer.value.status)) return ABSENT;
  const values = asked.values(answer.value);
  if (values) return { state: 'read', values };
  return whyNot(readData('read the camera', answer.value), answer.value.status);
}

function whyNot(data: Result<unknown, Refusal>, status: number): SourceReading {
  const number = data.ok ? null : numberOf(data.error);
  if (number !== null && NO_SUCH.includes(number)) return ABSENT;
  return unreadable(
    number === null || number === status
      ? `Its answer (HTTP ${status}) is not understood`
      : data.ok
        ? ''
        : data.error.message,
  );
}

/** Turned on or not, and whether all that it needs is there: the city's authority, and a certificate of the city in use. */
async function readNetworkAccess(client: CameraClient): Promise<SourceReading> {
  const info = await client.read(WIRED_READ);
  if (!info.ok) return unreadable(info.error.message);
  if (NO_SUCH.includes(info.value.status)) return ABSENT;
  const data = readData('read the network of the camera', info.value);
  if (!data.ok) return whyNot(data, info.value.status);
  const wired = wiredIn(data.value);
  if (!wired) return ABSENT;
  const authorities = await client.read({ kind: 'rest', method: 'GET', path: AUTHORITIES });
  const list = authorities.ok ? readData('list the authorities', authorities.value) : authorities;
  const isTrusted =
    list.ok && Array.isArray(list.value) && list.value.some((one: unknown) => within(one, 'alias') === CA_ALIAS);
  return {
    state: 'read',
    values: kept({
      enabled: wired.enabled,
      status: wired.status ?? undefined,
      prepared: isTrusted && client.shown()?.isOfCity === true,
    }),
  };
}

/** All names in one listing: cameras answer a hundred groups as fast as one. */
async function readParam(client: CameraClient, names: readonly string[]): Promise<SourceReading> {
  const groups = names.map((name) => name.replace(/\.\*$/u, ''));
  const listed = await readAllParameters(client, groups);
  if (!listed.ok) return unreadable(listed.error.message);
  const isWanted = wantedBy(names);
  const values: Values = {};
  let count = 0;
  for (const [name, value] of listed.value)
    if (isWanted(name) && NAME.test(name) && ++count <= BASELINE_VALUES_MAX) values[name] = cut(value);
  return { state: 'read', values } satisfies Read;
}
const NAME = new RegExp(BASELINE_NAME, 'u');

function wantedBy(names: readonly string[]): (name: string) => boolean {
  const exact = new Set(names);
  const below = names.flatMap((name) => (name.endsWith('.*') ? [name.slice(0, -1)] : []));
  return (name) => exact.has(name) || below.some((prefix) => name.startsWith(prefix));
}

/** What it showed when the connection was made, which the client has checked; a camera over plain HTTP was not reached so. */
function readTls(client: CameraClient): SourceReading {
  const shown = client.shown();
  if (!shown) return { state: 'read', values: { reached: false, chained: false } };
  const { isOfCity, validTo, at } = shown;
  return { state: 'read', values: { reached: true, chained: isOfCity, daysLeft: Math.floor((validTo - at) / DAY_MS) } };
}
