/** What a simulated camera keeps over a power cut: accounts, parameters, two firmware partitions, keys and certificates, settings. */
import type { DigestLogin } from '../camera-wire/digest.ts';

export const GROUPS = ['admin', 'operator', 'viewer', 'ptz'] as const;
export type Group = (typeof GROUPS)[number];
export interface Account {
  /** Readable, since ONVIF's UsernameToken is made over the password itself. */
  readonly password: string;
  readonly groups: readonly Group[];
}
export interface Partition {
  readonly version: string;
  /** Nine or ten digits, as `activeFirmwarePart`. */
  readonly part: string;
  readonly starts: 'well' | 'never';
}
export interface FirmwareFlash {
  active: Partition;
  inactive: Partition | null;
  isCommitted: boolean;
  /** When it goes back by itself, unless committed; null for never. */
  rollbackAt: number | null;
  /** Given with the upgrade: when the new one commits itself. */
  autoCommit: 'never' | 'boot' | 'started';
  rollbackMinutes: number | null;
  lastUpgradeAt: number | null;
  /** Written and complete, to be started with the next start. */
  isStaged: boolean;
}
export interface KeyEntry {
  /** PKCS#8 PEM. */
  readonly key: string;
  /** PEM, self-signed at first. */
  certificate: string;
  readonly keystore: string;
}
export interface Wired8021X {
  readonly enabled: boolean;
  readonly mode: string;
  readonly identity: string;
  readonly eapolVersion: string;
  readonly certClient: string;
  readonly certsCA: readonly string[];
}
export interface EstProfile {
  readonly id: string;
  readonly server: string;
  readonly certificate: string;
  readonly caCertificates: readonly string[];
  readonly services: readonly string[];
  readonly subject: { readonly cn: string };
  readonly subjectAlternativeNames: readonly string[];
  status: 'UNCONNECTED' | 'CONNECTED' | 'ENROLLED';
}
/** JSON objects that the REST interfaces hand out and patch as they are. */
export type Settings = Record<'firewall' | 'snmp' | 'users' | 'lldp' | 'applications', Record<string, unknown>>;
export interface Flash {
  readonly accounts: Record<string, Account>;
  /** Those that differ from the factory's. */
  readonly parameters: Record<string, string>;
  firmware: FirmwareFlash;
  readonly keys: Record<string, KeyEntry>;
  readonly authorities: Record<string, string>;
  webCertificate: string;
  wired: Wired8021X;
  ntp: { enabled: boolean; NTSEnabled: boolean; serversSource: string; staticServers: string[] };
  estProfiles: EstProfile[];
  settings: Settings;
  /** What lies on its memory card, which a factory default does not touch; a camera whose flash is older has an empty one. */
  card?: Card;
}
export interface Recording {
  readonly id: string;
  readonly disk: 'SD_DISK' | 'NetworkShare';
}
export interface Card {
  recordings: Recording[];
  /** The erasing under way, or the last one; until when it takes. */
  job: { readonly id: string; readonly until: number; readonly fails: boolean } | null;
}
export const EMPTY_CARD: Card = { recordings: [], job: null };
/** Where a camera's flash lies; writes are whole or not at all. */
export interface FlashStore {
  load(): Flash | null;
  save(flash: Flash): void;
}

export const NO_8021X: Wired8021X = {
  enabled: false,
  mode: 'WPA-Enterprise-EAPTLS',
  identity: '',
  eapolVersion: 'EAPoLv2',
  certClient: '',
  certsCA: [],
};

export const settingsOfFactory = (): Settings => ({
  firewall: {
    activated: false,
    conf: { rules: { activeDefaultPolicy: 'ACCEPT', activeRules: [], pendingRules: [], testTimeLeft: 0 } },
  },
  snmp: { enabled: false, snmpV1: { enabled: false }, snmpV2: { enabled: false }, snmpV3: { enabled: false } },
  users: { settings: { passphraseComplexity: { policy: 'none' } } },
  lldp: { activated: true },
  applications: { AllowUnsigned: 'true' },
});

export const partOf = (version: string): string =>
  String([...version].reduce((sum, sign) => (sum * 31 + sign.charCodeAt(0)) % 9_000_000_000, 7) + 1_000_000_000);

/** As it leaves the factory: no account, so no password that anybody could know. */
export const factoryFlash = (version: string, own: KeyEntry): Flash => ({
  accounts: {},
  parameters: {},
  firmware: {
    active: { version, part: partOf(version), starts: 'well' },
    inactive: null,
    isCommitted: true,
    rollbackAt: null,
    autoCommit: 'never',
    rollbackMinutes: null,
    lastUpgradeAt: null,
    isStaged: false,
  },
  keys: { [FACTORY_KEY]: own },
  authorities: {},
  webCertificate: FACTORY_KEY,
  wired: NO_8021X,
  ntp: { enabled: true, NTSEnabled: false, serversSource: 'DHCP', staticServers: [] },
  estProfiles: [],
  settings: settingsOfFactory(),
});
export const FACTORY_KEY = 'default';

/** Back to the factory's settings, the firmware apart; a soft one keeps the network, 802.1X among it. */
export function resetFlash(flash: Flash, mode: 'soft' | 'hard'): void {
  for (const name of Object.keys(flash.accounts)) delete flash.accounts[name];
  for (const name of Object.keys(flash.parameters))
    if (mode === 'hard' || !name.startsWith('Network.')) delete flash.parameters[name];
  const keeps = mode === 'soft' ? new Set([FACTORY_KEY, flash.wired.certClient]) : new Set([FACTORY_KEY]);
  for (const alias of Object.keys(flash.keys)) if (!keeps.has(alias)) delete flash.keys[alias];
  if (mode === 'hard') {
    flash.wired = NO_8021X;
    for (const alias of Object.keys(flash.authorities)) delete flash.authorities[alias];
  }
  flash.webCertificate = FACTORY_KEY;
  flash.estProfiles = [];
  flash.settings = settingsOfFactory();
  flash.ntp = { enabled: true, NTSEnabled: false, serversSource: 'DHCP', staticServers: [] };
}

export const setAccount = (flash: Flash, { user, password }: DigestLogin, groups: readonly Group[]): void =>
  void (flash.accounts[user] = { password, groups });
