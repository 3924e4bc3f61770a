/** Every setting of the server: one table yields type, default, environment name, flag and help. */
import { resolve } from 'node:path';
import { err, isZone, ok, type Result } from '@cityward/kernel';
import type { LogLevel } from '@cityward/log';
import { hostsIn, isIssuer, keyServiceIn, port, whole, yesNo, type KeyService } from './config-values.ts';

export interface Config {
  readonly dataFolder: string;
  readonly seed: string;
  readonly devices: number;
  readonly calm: boolean;
  readonly simulator: boolean;
  readonly storyAfterSeconds: number;
  readonly consolePort: number;
  readonly portalPort: number;
  /** Where people reach the portal; by itself this machine's own name for it. */
  readonly portalUrl: string | undefined;
  readonly estPort: number;
  readonly ingestPort: number;
  readonly mqttPort: number;
  readonly servicesPort: number;
  readonly syslogTlsPort: number;
  readonly syslogPort: number;
  readonly databaseUrl: string | undefined;
  readonly statusUrl: string | undefined;
  /** 0: identities never end for being unseen. */
  readonly dormantDays: number;
  /** Hosts that may get certificates by ACME, with the address where each answers; empty for no ACME. */
  readonly acme: ReadonlyMap<string, string>;
  readonly acmePort: number;
  readonly timeServers: string;
  /** IANA name: where the city's days, weeks and birthdays begin. */
  readonly timeZone: string;
  /** Without it people sign in by link, passkey and recovery code only, and nothing outbound happens. */
  readonly oidcIssuer: string | undefined;
  readonly oidcClientId: string | undefined;
  readonly oidcClientSecretFile: string | undefined;
  /** Without it nobody outside sees what the ledger says, and nothing outbound happens. */
  readonly witnessesFile: string | undefined;
  /** Without it the root key of records is in a file. */
  readonly kms: KeyService | undefined;
  readonly logLevel: LogLevel;
}

interface Setting {
  readonly key: keyof Config;
  readonly flag: string;
  readonly env: string;
  readonly help: string;
  readonly fallback: string;
  readonly read: (text: string) => Config[keyof Config] | null;
  readonly wanted: string;
  /** A flag without a value. */
  readonly bare?: boolean;
}

const LOG_LEVELS: readonly string[] = ['error', 'warn', 'info', 'debug', 'silent'] satisfies LogLevel[];

export const SETTINGS: readonly Setting[] = [
  {
    key: 'dataFolder',
    flag: 'data',
    env: 'CITYWARD_DATA',
    help: 'folder of everything that is kept',
    fallback: 'data',
    read: (text) => (text ? resolve(text) : null),
    wanted: 'a folder',
  },
  {
    key: 'seed',
    flag: 'seed',
    env: 'CITYWARD_SEED',
    help: 'what the reference city grows from',
    fallback: 'port-merrow',
    read: (text) => (/^[\w.-]{1,40}$/.test(text) ? text : null),
    wanted: '1 to 40 letters, digits, dots or hyphens',
  },
  {
    key: 'devices',
    flag: 'devices',
    env: 'CITYWARD_DEVICES',
    help: 'devices of the reference city',
    fallback: '600',
    read: whole(200, 100_000),
    wanted: 'a number from 200 to 100000',
  },
  {
    key: 'calm',
    flag: 'calm',
    env: 'CITYWARD_CALM',
    help: 'start without the attack',
    fallback: 'false',
    read: yesNo,
    wanted: 'true or false',
    bare: true,
  },
  {
    key: 'simulator',
    flag: 'simulator',
    env: 'CITYWARD_SIMULATOR',
    help: 'run the simulated devices',
    fallback: 'true',
    read: yesNo,
    wanted: 'true or false',
  },
  {
    key: 'storyAfterSeconds',
    flag: 'attack-after',
    env: 'CITYWARD_ATTACK_AFTER',
    help: 'seconds until the attack begins',
    fallback: '60',
    read: whole(1, 86_400),
    wanted: 'seconds from 1 to 86400',
  },
  {
    key: 'dormantDays',
    flag: 'dormant-days',
    env: 'CITYWARD_DORMANT_DAYS',
    help: 'days unseen after which an identity ends; 0 for never',
    fallback: '90',
    read: (text) => (text === '0' ? 0 : whole(7, 3_650)(text)),
    wanted: '0, or days from 7 to 3650',
  },
  { key: 'consolePort', flag: 'port', env: 'CITYWARD_PORT', help: 'console and API', fallback: '8080', ...port },
  {
    key: 'portalPort',
    flag: 'portal-port',
    env: 'CITYWARD_PORTAL_PORT',
    help: 'portal of residents and professionals',
    fallback: '8081',
    ...port,
  },
  {
    key: 'portalUrl',
    flag: 'portal-url',
    env: 'CITYWARD_PORTAL_URL',
    help: 'where people reach the portal, if something with TLS stands before it; without it http://portal.localhost',
    fallback: '',
    read: (text) => (text === '' || /^https:\/\/[a-z0-9.-]{1,253}(:\d{1,5})?$/.test(text) ? text : null),
    wanted: 'https:// and a name in small letters, with a port or without',
  },
  {
    key: 'estPort',
    flag: 'est-port',
    env: 'CITYWARD_EST_PORT',
    help: 'enrolment of devices (EST)',
    fallback: '8443',
    ...port,
  },
  {
    key: 'ingestPort',
    flag: 'ingest-port',
    env: 'CITYWARD_INGEST_PORT',
    help: 'observations over HTTPS',
    fallback: '8444',
    ...port,
  },
  {
    key: 'mqttPort',
    flag: 'mqtt-port',
    env: 'CITYWARD_MQTT_PORT',
    help: 'devices over MQTT with certificates',
    fallback: '8883',
    ...port,
  },
  {
    key: 'servicesPort',
    flag: 'services-port',
    env: 'CITYWARD_SERVICES_PORT',
    help: 'tokens and API for cloud services',
    fallback: '8445',
    ...port,
  },
  {
    key: 'syslogTlsPort',
    flag: 'syslog-tls-port',
    env: 'CITYWARD_SYSLOG_TLS_PORT',
    help: 'syslog over TLS with certificates',
    fallback: '6514',
    ...port,
  },
  {
    key: 'syslogPort',
    flag: 'syslog-port',
    env: 'CITYWARD_SYSLOG_PORT',
    help: 'plain syslog over TCP, loopback only, marked unauthenticated',
    fallback: '5514',
    ...port,
  },
  {
    key: 'databaseUrl',
    flag: 'database-url',
    env: 'DATABASE_URL',
    help: 'PostgreSQL 15 or later; without it the embedded database',
    fallback: '',
    read: (text) => (text === '' || /^postgres(ql)?:\/\//.test(text) ? text : null),
    wanted: 'a URL that begins with postgres://',
  },
  {
    key: 'statusUrl',
    flag: 'status-url',
    env: 'CITYWARD_STATUS_URL',
    help: 'where others ask whether a certificate is revoked (OCSP, list); written into new certificates',
    fallback: '',
    read: (text) => (text === '' || /^http:\/\/[A-Za-z0-9.:[\]-]{1,100}$/.test(text) ? text : null),
    wanted: 'http:// and a host, with a port or without',
  },
  {
    key: 'acme',
    flag: 'acme',
    env: 'CITYWARD_ACME',
    help: 'hosts that may get certificates by ACME, and are asked to prove it: NAME=ADDRESS,…',
    fallback: '',
    read: hostsIn,
    wanted: 'NAME=ADDRESS, divided by commas',
  },
  {
    key: 'acmePort',
    flag: 'acme-port',
    env: 'CITYWARD_ACME_PORT',
    help: 'where those hosts answer http-01 challenges',
    fallback: '80',
    ...port,
  },
  {
    key: 'timeServers',
    flag: 'time-servers',
    env: 'CITYWARD_TIME_SERVERS',
    help: 'time servers of the city, as the baseline wants them on devices; names or addresses with commas between',
    fallback: 'ntp-1.port-merrow.example,ntp-2.port-merrow.example',
    read: (text) => (/^[A-Za-z0-9.:-]{1,253}(,[A-Za-z0-9.:-]{1,253}){0,4}$/.test(text) ? text : null),
    wanted: 'one to five names or addresses with commas between',
  },
  {
    key: 'timeZone',
    flag: 'time-zone',
    env: 'CITYWARD_TIME_ZONE',
    help: "where the city's days begin",
    fallback: 'Pacific/Auckland',
    read: (text) => (isZone(text) ? text : null),
    wanted: 'a name such as Pacific/Auckland',
  },
  {
    key: 'oidcIssuer',
    flag: 'oidc-issuer',
    env: 'CITYWARD_OIDC_ISSUER',
    help: "the city's OpenID provider, for people to sign in with",
    fallback: '',
    read: (text) => (text === '' || isIssuer(text) ? text : null),
    wanted: 'an https URL without query; http on this machine only',
  },
  {
    key: 'oidcClientId',
    flag: 'oidc-client-id',
    env: 'CITYWARD_OIDC_CLIENT_ID',
    help: 'what the provider knows this city by',
    fallback: '',
    read: (text) => (/^[\x21-\x7e]{0,200}$/.test(text) ? text : null),
    wanted: 'at most 200 characters without spaces',
  },
  {
    key: 'oidcClientSecretFile',
    flag: 'oidc-client-secret-file',
    env: 'CITYWARD_OIDC_CLIENT_SECRET_FILE',
    help: "file with the provider's secret for this city, mode 600",
    fallback: '',
    read: (text) => (text === '' ? '' : resolve(text)),
    wanted: 'a file',
  },
  {
    key: 'witnessesFile',
    flag: 'witnesses',
    env: 'CITYWARD_WITNESSES',
    help: 'file with a witness of the ledger on each line: URL and key',
    fallback: '',
    read: (text) => (text === '' ? '' : resolve(text)),
    wanted: 'a file',
  },
  {
    key: 'kms',
    flag: 'kms',
    env: 'CITYWARD_KMS',
    help: 'root key of records at OpenBao or Vault: URL of the transit key, ?token-file=FILE, &namespace=NAME',
    fallback: '',
    read: keyServiceIn,
    wanted: 'such as https://bao.example:8200/v1/transit/keys/cityward?token-file=/etc/cityward/token',
  },
  {
    key: 'logLevel',
    flag: 'log',
    env: 'CITYWARD_LOG',
    help: 'error, warn, info, debug or silent',
    fallback: 'warn',
    read: (text) => (LOG_LEVELS.includes(text) ? (text as LogLevel) : null),
    wanted: LOG_LEVELS.join(', '),
  },
];

/**
 * Reads flags over environment over defaults. Refuses unknown flags and unreadable values, all at once.
 * @param args as after the program's name
 */
export function readConfig(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Result<Config, readonly string[]> {
  const faults: string[] = [];
  const given = readFlags(args, faults);
  const values: Record<string, unknown> = {};
  for (const setting of SETTINGS) {
    const flag = given.get(setting.flag);
    const text = flag ?? env[setting.env] ?? setting.fallback;
    const value = setting.read(text);
    const from = flag !== undefined ? `--${setting.flag}` : setting.env;
    if (value === null) faults.push(`read ${from} "${text}": wanted ${setting.wanted}`);
    else values[setting.key] = OPTIONAL.has(setting.key) && value === '' ? undefined : value;
  }
  for (const name of Object.keys(env)) {
    if (name.startsWith('CITYWARD_') && !KNOWN_ENV.has(name))
      faults.push(`read environment "${name}": no such setting; see --help`);
  }
  const set = TOGETHER.filter((key) => values[key] !== undefined);
  if (faults.length === 0 && set.length > 0 && set.length < TOGETHER.length)
    faults.push(
      'read the sign-in provider: wanted --oidc-issuer, --oidc-client-id and --oidc-client-secret-file together',
    );
  return faults.length > 0 ? err(faults) : ok(values as unknown as Config);
}

/** Empty means not set. */
const OPTIONAL: ReadonlySet<keyof Config> = new Set([
  'databaseUrl',
  'statusUrl',
  'portalUrl',
  'oidcIssuer',
  'oidcClientId',
  'oidcClientSecretFile',
  'witnessesFile',
  'kms',
]);
/** Of no use one without another. */
const TOGETHER = ['oidcIssuer', 'oidcClientId', 'oidcClientSecretFile'] as const;

/** Read by tests, benchmarks and evaluations, not by the server. */
const OTHER_ENV = [
  'CITYWARD_CORPORA',
  'CITYWARD_ORACLE_REQUESTS',
  'CITYWARD_BENCH_FOLDER',
  'CITYWARD_BENCH_KILLS',
  'CITYWARD_URL',
];
const KNOWN_ENV = new Set([...SETTINGS.map((setting) => setting.env), ...OTHER_ENV]);

function readFlags(args: readonly string[], faults: string[]): Map<string, string> {
  const given = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const [, name = '', inline] = /^--([a-z-]+)(?:=(.*))?$/.exec(args[i]!) ?? [];
    const setting = SETTINGS.find((one) => one.flag === name);
    if (!setting) {
      faults.push(`read "${args[i]}": no such flag; see --help`);
    } else if (inline !== undefined || setting.bare) {
      given.set(name, inline ?? 'true');
    } else if (args[i + 1] === undefined) {
      faults.push(`read --${name}: a value is missing; wanted ${setting.wanted}`);
    } else {
      given.set(name, args[++i]!);
    }
  }
  return given;
}

/** The text of --help. */
export function helpText(): string {
  const rows = SETTINGS.map(
    (one) => [`--${one.flag}${one.bare ? '' : ' …'}`, one.env, `${one.help} (${one.fallback || 'none'})`] as const,
  );
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => `  ${row[0].padEnd(widths[0]!)}  ${row[1].padEnd(widths[1]!)}  ${row[2]}`);
  return [
    'Cityward keeps a city safe and lets strangers verify it.',
    '',
    'npm start -- [flags]',
    ...lines,
    '',
    'Example: npm start -- --devices 5000 --calm',
    '',
  ].join('\n');
}
