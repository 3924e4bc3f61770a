/** The other interfaces of a simulated camera: what it is, its clock, its network with 802.1X, and settings of AXIS OS. */
import { isIPv4 } from 'node:net';
import { compareVersions } from '@cityward/fleet/verify';
import { answerJson, fault, isRecord, json, NOT_FOUND, parseJson, xml } from './answers.ts';
import type { Answered, CameraAnswer, CameraRequest, JsonApi } from './answers.ts';
import type { CameraProperties } from './parameters.ts';
import { settingsOfFactory, type Flash, type Settings } from './flash.ts';
import { refused } from './certificates.ts';

/** Codes of most JSON interfaces. */
const CODES = { json: 4000, method: 2004, version: 2003 } as const;
const NAMES_MAX = 8;
/** First version with the camera's own EST client. */
export const EST_CLIENT_SINCE = '12.10.0';

export interface SettingsParts {
  readonly facts: CameraProperties;
  readonly flash: Flash;
  readonly now: () => number;
  readonly shown: () => string | null;
  /** Whether its port lets it in by its certificate. */
  readonly isLetIn: () => boolean;
}

const versionOf = ({ flash, shown }: SettingsParts): string => shown() ?? flash.firmware.active.version;

export const basicDeviceInfo = (parts: SettingsParts, isSignedIn: boolean): JsonApi => {
  const { facts } = parts;
  const everybody = (): Record<string, string> => ({
    Architecture: 'aarch64',
    Brand: facts.brand,
    BuildDate: 'Jan 15 2026 09:12',
    HardwareID: '8A2.1',
    ProdFullName: `${facts.model} Network Camera`,
    ProdNbr: facts.model,
    ProdShortName: facts.model,
    ProdType: 'Network Camera',
    ProdVariant: '',
    SerialNumber: facts.serial,
    Soc: 'CV22',
    SocSerialNumber: '',
    Version: versionOf(parts),
    WebURL: '',
  });
  return {
    id: 'basic-device-info',
    name: 'Basic Device Information',
    version: '1.3',
    codes: CODES,
    methods: {
      getAllUnrestrictedProperties: () => ({ data: { propertyList: everybody() } }),
      ...(isSignedIn ? { getAllProperties: () => ({ data: { propertyList: everybody() } }) } : {}),
    },
  };
};

const text = (value: unknown, most = 253): string | null =>
  typeof value === 'string' && value.length <= most ? value : null;
const names = (value: unknown): string[] | null =>
  Array.isArray(value) && value.length <= NAMES_MAX && value.every((one) => text(one) !== null)
    ? (value as string[])
    : null;

const ntpApi = ({ flash }: SettingsParts): JsonApi => ({
  id: 'ntp',
  name: 'NTP API',
  version: '1.5',
  codes: CODES,
  methods: {
    getNTPInfo: () => ({
      data: {
        client: { ...flash.ntp, advertisedServers: [], synced: flash.ntp.enabled, timeOffset: 0.002 },
        server: { enabled: false },
      },
    }),
    setNTPClientConfiguration: (params) => {
      const { enabled = flash.ntp.enabled, NTSEnabled = flash.ntp.NTSEnabled } = params;
      const servers = names(params['staticServers'] ?? flash.ntp.staticServers);
      const source = params['serversSource'] ?? flash.ntp.serversSource;
      if (
        typeof enabled !== 'boolean' ||
        typeof NTSEnabled !== 'boolean' ||
        !servers ||
        (source !== 'DHCP' && source !== 'static')
      )
        return fault(1003, 'Invalid parameter');
      flash.ntp = { enabled, NTSEnabled, serversSource: source, staticServers: servers };
      return { data: {} };
    },
  },
});

/** Answered to anybody: whether it has come up, and whether anybody was ever set up on it. */
export const systemReady = ({ flash }: SettingsParts): JsonApi => ({
  id: 'systemready',
  name: 'Systemready API',
  version: '1.4',
  codes: CODES,
  methods: {
    systemready: () => ({
      data: { systemready: 'yes', needsetup: Object.keys(flash.accounts).length === 0 ? 'yes' : 'no', uptime: '60' },
    }),
  },
});

const timeApi = ({ now }: SettingsParts): JsonApi => ({
  id: 'time-service',
  name: 'Time API',
  version: '1.2',
  codes: CODES,
  methods: {
    getDateTimeInfo: () => ({
      data: { dateTime: `${new Date(now()).toISOString().slice(0, 19)}Z`, dstEnabled: true, timeZone: 'Europe/London' },
    }),
  },
});

function setWired({ flash }: SettingsParts, params: Readonly<Record<string, unknown>>): Answered {
  const { deviceName, enabled, mode = flash.wired.mode } = params;
  const [identity, certClient] = [text(params['identity'] ?? ''), text(params['certClient'] ?? '')];
  const eapol = params['eapolVersion'] ?? flash.wired.eapolVersion;
  const certsCA = names(params['certsCA'] ?? []);
  if (deviceName !== 'eth0') return fault(2104, 'No such network device');
  if (typeof enabled !== 'boolean' || identity === null || certClient === null || !certsCA)
    return fault(4002, 'Invalid parameter');
  if (typeof mode !== 'string' || !/^EAPoLv[123]$/u.test(String(eapol))) return fault(4002, 'Invalid parameter');
  const isThere =
    Object.hasOwn(flash.keys, certClient) && certsCA.every((alias) => Object.hasOwn(flash.authorities, alias));
  if (enabled && (!isThere || certsCA.length === 0)) return fault(2105, 'No such certificate');
  flash.wired = { enabled, mode, identity, eapolVersion: String(eapol), certClient, certsCA };
  return { data: {} };
}

function wiredShown({ flash, isLetIn }: SettingsParts): object {
  const { enabled, mode, identity, eapolVersion, certClient, certsCA } = flash.wired;
  const params = { identity, eapolVersion, certClient, certsCA };
  const status = isLetIn() ? 'authorized' : 'unauthorized';
  return { enabled, status, mode, configurations: [{ mode, params }] };
}

const networkApi = (parts: SettingsParts): JsonApi => ({
  id: 'network-settings',
  name: 'Network Settings API',
  version: '1.32',
  codes: CODES,
  methods: {
    getNetworkInfo: () => ({
      data: { devices: [{ name: 'eth0', type: 'wired', wired: { linkMode: 'auto', '8021X': wiredShown(parts) } }] },
    }),
    setWired8021XConfiguration: (params) => setWired(parts, params),
    setResolverConfiguration: (params) => {
      const servers = names(params['staticNameServers'] ?? []);
      return servers?.every((one) => isIPv4(one)) ? { data: {} } : fault(4002, 'Invalid parameter');
    },
  },
});

/** Path and interface of every JSON interface that needs an account. */
export const jsonApis = (parts: SettingsParts): ReadonlyMap<string, JsonApi> =>
  new Map([
    ['/axis-cgi/ntp.cgi', ntpApi(parts)],
    ['/axis-cgi/time.cgi', timeApi(parts)],
    ['/axis-cgi/network_settings.cgi', networkApi(parts)],
  ]);

export const hasEstClient = (parts: SettingsParts): boolean =>
  compareVersions(parts.flash.firmware.active.version, EST_CLIENT_SINCE) >= 0;

export function apiDiscovery(parts: SettingsParts, apis: readonly JsonApi[]): JsonApi {
  const list = (): { readonly id: string; readonly version: string; readonly name: string }[] => [
    ...apis.map(({ id, version, name }) => ({ id, version, name })),
    { id: 'param-cgi', version: '1.0', name: 'Legacy Parameter Handling' },
    { id: 'onvif', version: '1.0', name: 'ONVIF' },
  ];
  return {
    id: 'api-discovery',
    name: 'API Discovery Service',
    version: '1.0',
    codes: CODES,
    methods: {
      getApiList: () => ({ data: { apiList: list().map((one) => ({ ...one, docLink: '', status: 'official' })) } }),
    },
  };
}

/** The REST interfaces, as `/config/discover` lists them. */
export const discover = (parts: SettingsParts): CameraAnswer =>
  json(200, {
    status: 'success',
    data: {
      apis: {
        cert: { v1: { state: 'released', rest_api: '/config/rest/cert/v1' } },
        ...(hasEstClient(parts)
          ? { 'cert-est': { v1: { state: 'released', rest_api: '/config/rest/cert-est/v1' } } }
          : {}),
        firewall: { v1: { state: 'released', rest_api: '/config/rest/firewall/v1' } },
        lldp: { v1: { state: 'released', rest_api: '/config/rest/lldp/v1' } },
        snmp: { v1: { state: 'released', rest_api: '/config/rest/snmp/v1' } },
        'user-management': { v2: { state: 'beta', rest_api: '/config/rest/user-management/v2' } },
      },
    },
  });

const REST: Readonly<Record<string, keyof Settings>> = {
  '/config/rest/firewall/v1': 'firewall',
  '/config/rest/lldp/v1': 'lldp',
  '/config/rest/snmp/v1': 'snmp',
  '/config/rest/user-management/v2': 'users',
};
const PATCH_DEPTH_MAX = 6;

/** Only fields that are there, of the type that they have: nobody can plant others. */
function patched(was: unknown, now: unknown, depth = 0): unknown {
  if (!isRecord(was)) {
    if (typeof was !== typeof now || Array.isArray(was) !== Array.isArray(now)) return undefined;
    return now;
  }
  if (!isRecord(now) || depth > PATCH_DEPTH_MAX) return undefined;
  const next: Record<string, unknown> = { ...was };
  for (const [name, value] of Object.entries(now)) {
    const one = Object.hasOwn(was, name) ? patched(was[name], value, depth + 1) : undefined;
    if (one === undefined) return undefined;
    next[name] = one;
  }
  return next;
}

/** One property by its own path, as `/config/rest/lldp/v1/activated`; below it only whole groups are asked for here. */
function placeOf(path: string): { readonly name: keyof Settings; readonly property: string | null } | null {
  if (Object.hasOwn(REST, path)) return { name: REST[path]!, property: null };
  const at = path.lastIndexOf('/');
  const group = path.slice(0, at);
  return Object.hasOwn(REST, group) ? { name: REST[group]!, property: path.slice(at + 1) } : null;
}

/** Null for a path that is none of these. */
export function answerSettings({ flash }: SettingsParts, { method, path, body }: CameraRequest): CameraAnswer | null {
  const place = placeOf(path);
  if (!place) return null;
  const { name, property } = place;
  // A camera whose flash is older than the interface has what the factory gives it.
  const was = flash.settings[name] ?? settingsOfFactory()[name];
  if (property !== null && !Object.hasOwn(was, property)) return NOT_FOUND;
  if (method === 'GET') return json(200, { status: 'success', data: property === null ? was : was[property] });
  if (method !== 'PATCH') return NOT_FOUND;
  const value = parseJson(body.toString('utf8'));
  const data = isRecord(value) ? value['data'] : undefined;
  const next = patched(was, property === null ? data : { [property]: data });
  if (!isRecord(next)) return refused(400, 'Invalid parameter');
  flash.settings[name] = next;
  return json(200, { status: 'success' });
}

/** `applications/config.cgi`: may applications run that nobody signed? */
export function applications({ flash }: SettingsParts, asked: URLSearchParams): CameraAnswer {
  const reply = (inside: string): CameraAnswer =>
    xml(200, `<reply result="${inside === '' ? 'error' : 'ok'}">${inside}</reply>\n`);
  const name = 'AllowUnsigned';
  if (asked.get('name') !== name) return reply('');
  const value = asked.get('value');
  if (asked.get('action') === 'set' && (value === 'true' || value === 'false'))
    flash.settings.applications = { [name]: value };
  else if (asked.get('action') !== 'get') return reply('');
  return reply(`<param name="${name}" value="${String(flash.settings.applications[name])}"/>`);
}

export const answerApi = (api: JsonApi, body: Buffer): CameraAnswer => answerJson(api, body.toString('utf8'));
