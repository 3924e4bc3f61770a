/** What identity wants from outside. */
import type { ActionName, Principal, Resource } from '@cityward/contracts';
import type { Clock, Refusal, Result } from '@cityward/kernel';
import type { AcmeHosts } from './acme-proof.ts';
import type { Log } from '@cityward/log';
import type { DynamicAuthorisation } from '@cityward/radius';
import type { Sql } from '@cityward/sql';

/** Which devices the city has; asked, never kept. */
export interface Directory {
  device(id: string): KnownDevice | null;
  siteOf(id: string): string | null;
  /** The device with this serial or MAC, as the purchase list says; without it no factory certificate is of any use. */
  bySerial?(serial: string): KnownDevice | null;
  /** The switch that carries a device: its gateway where none is registered. */
  switchOf?(id: string): string | null;
  /** When the city last heard of the device; null for never. */
  lastSeen?(id: string): number | null;
  /** Do lives rest on it, or may it never be cut? Such a device is flagged and never ended for being unseen. */
  isLifeSafety?(id: string): boolean;
  /** Is this a party of the city? Without it any id may be a maker's. */
  isParty?(id: string): boolean;
  /** What people call a party; null for none of this id. */
  partyName?(id: string): string | null;
  /** Is this a site of the city? Without it any id may be one. */
  isSite?(id: string): boolean;
}
export interface KnownDevice {
  readonly id: string;
  readonly class: string;
  readonly site: string | null;
  /** Party id of who made it; null or absent where not known. */
  readonly maker?: string | null;
  readonly serial?: string | null;
  /** Hex digits, with or without separators. */
  readonly mac?: string | null;
}

/** Asks policy; identity's own rules stand whatever it answers. */
export type Authorise = (principal: Principal, action: ActionName, resource: Resource) => Result<void, Refusal>;

export interface ProviderSettings {
  /** As the provider names itself. */
  readonly issuer: string;
  readonly clientId: string;
  /** A file of mode 0600 that holds the client secret. */
  readonly secretFile: string;
}

export interface IdentityOptions {
  readonly sql: Sql;
  /** A folder of its own for keys and the standing journal. */
  readonly folder: string;
  /** Becomes part of the authority's name and, made simple, the SPIFFE trust domain. Fixed at first start. */
  readonly cityName: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly directory: Directory;
  /** Where the console is served, e.g. `http://localhost:8080`; the first one stands in links. */
  readonly origins: readonly string[];
  /** Where residents and professionals sign in, e.g. `http://portal.localhost:8081`. Default: nowhere of their own. */
  readonly portal?: string | undefined;
  /** Base of the EST listener as devices reach it, e.g. `https://localhost:8443`; shown with a new code. */
  readonly estUrl?: string;
  /** Base of the public listener as others reach it, e.g. `http://status.example`: written into certificates. Default: not. */
  readonly statusUrl?: string | undefined;
  /** Base of the listener for cloud services as they reach it, e.g. `https://localhost:8445`: the issuer of their tokens. */
  readonly servicesUrl?: string | undefined;
  /** The city's OpenID provider, for people to sign in with. Default: none, and nothing is asked of anybody. */
  readonly provider?: ProviderSettings | undefined;
  /** A device that waits for a person is told to ask again after so long. Default a minute. */
  readonly approvalWaitMs?: number | undefined;
  /** The demo keeps the root's passphrase in a file of mode 0600 and says so. Default false: it is only shown once. */
  readonly keepPassphrase?: boolean;
  /** Asked by EST for every request (principal Anonymous or Device). Default: identity's own rules only. */
  readonly authorise?: Authorise;
  /** Does policy let this device or network join the city's own networks? Default: identity's own rules only. */
  readonly mayJoin?: (id: string) => boolean;
  /** Base of the listener that a RADIUS server asks, e.g. `https://localhost:8444`. */
  readonly accessUrl?: string;
  /** Hosts that may get certificates by ACME, and where they answer; null for no ACME at all. */
  readonly acme?: AcmeHosts | null;
  /** Speaks to switches; for tests. */
  readonly radius?: DynamicAuthorisation;
  /** How long a device has to put a new certificate in place before its session in quarantine is ended. For tests. */
  readonly anewAfterMs?: number;
  /** An identity that nobody has seen for so many days ends; 0: none does. Default 90. */
  readonly dormantDays?: number | undefined;
  /** Is the device connected now? For the device page. */
  readonly connected?: (device: string) => boolean;
  /** Public keys (SPKI, base64url) of the passkeys that the newest officers document names. Default: none. */
  readonly officerKeys?: () => ReadonlySet<string>;
  /** For the session answer of the console. */
  readonly about?: { readonly notice: string | null; readonly version: string };
}
