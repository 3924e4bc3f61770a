/** Identity as one: authority, enrolment, standing and people behind the facade that the server wires. */
import { refuse, type Refusal, type Result, type Secret } from '@cityward/kernel';
import type { DeviceIdentity } from '@cityward/contracts';
import type { ServerCertificate } from './authority.ts';
import { openDevices, type Admitted, type Devices, type Peer } from './devices.ts';
import type { Standing } from './domain/standing.ts';
import type { IssuedCode } from './enrolment.ts';
import type { EstHandler } from './est.ts';
import { createEstListener, type EstListener, type EstListenerOptions } from './est-listener.ts';
import type { IdentityOptions } from './needs.ts';
import type { Because, StandingListener } from './standing.ts';

export type { Admitted } from './devices.ts';

/** What the city's own authority gives to listeners and people. */
export interface AuthorityFace {
  /** Root, then issuing, PEM: `ca` of every mTLS listener, and what clients may pin. */
  readonly caPem: string;
  readonly rootPem: string;
  readonly trustDomain: string;
  /** SHA-256 of the root certificate, in the colon form. */
  readonly fingerprint: string;
  /** A fresh key and a certificate of the server profile; default names localhost, 127.0.0.1 and ::1. */
  serverCertificate(names?: readonly string[]): Promise<ServerCertificate>;
  /** The root's passphrase when this start made the authority, else null: show it once. */
  readonly passphrase: Secret | null;
}

export interface IdentityStatus {
  /** Changes that the journal held and SQL did not at start. */
  readonly replayed: number;
  /** Changes in force that SQL has not taken yet. */
  readonly unsaved: number;
}

export interface Identity {
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly authority: AuthorityFace;
  /** What lies upon the device and whether it is certified; from memory. */
  standing(device: string): Standing;
  /** May this peer connect, and under which standing? Ask on every connection, and again when standing changes. */
  admit(peer: Peer): Result<Admitted, Refusal>;
  /** In force when it resolves, and after a kill. `until` in milliseconds since 1970. */
  hold(device: string, hold: Because & { readonly until: number }): Promise<Result<void, Refusal>>;
  release(device: string, because: Because): Promise<Result<void, Refusal>>;
  revoke(device: string, because: Because): Promise<Result<void, Refusal>>;
  onStanding(listener: StandingListener): () => void;
  issueCodes(devices: readonly string[], by: string): Promise<readonly IssuedCode[]>;
  identityOf(device: string): DeviceIdentity;
  readonly est: EstHandler;
  createEstListener(options: EstListenerOptions): EstListener;
  /** The signed revocation list, DER. */
  revocations(): Buffer;
  status(): IdentityStatus;
}

export function createIdentity(options: IdentityOptions): Identity {
  let opened: Devices | null = null;
  const listeners = new Set<StandingListener>();
  const devices = (): Devices => {
    if (!opened) throw new Error('use identity: it has not started, wanted start first');
    return opened;
  };
  const known = (device: string): Result<void, Refusal> | null =>
    options.directory.device(device)
      ? null
      : refuse('not-found', 'DEVICE_UNKNOWN', `change standing of "${device}": the city has no such device`);

  return {
    start: async () => {
      opened = await openDevices(options);
      opened.standing.onStanding((device, standing) => {
        for (const listener of listeners) listener(device, standing);
      });
    },
    stop: async () => {
      const closing = opened;
      opened = null;
      await closing?.stop();
    },
    authority: authorityFace(devices),
    standing: (device) => devices().standing.of(device),
    admit: (peer) => devices().admit(peer),
    hold: async (device, hold) => known(device) ?? devices().standing.hold(device, hold),
    release: async (device, because) => devices().standing.release(device, because),
    revoke: async (device, because) => known(device) ?? devices().standing.revoke(device, because),
    onStanding: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    issueCodes: (ids, by) => devices().enrolment.issueCodes(ids, by),
    identityOf: (device) => devices().identityOf(device),
    est: (request) => devices().est(request),
    createEstListener: (listenerOptions) =>
      createEstListener(
        {
          handler: (request) => devices().est(request),
          caPem: () => devices().authority.caPem,
          certificate: () => devices().serverCertificate(),
          clock: options.clock,
        },
        listenerOptions,
      ),
    revocations: () => devices().revocations(),
    status: () => ({ replayed: devices().replayed, unsaved: devices().standing.unsaved() }),
  };
}

/** Reads through, so that it can be handed out before the start. */
const authorityFace = (devices: () => Devices): AuthorityFace => ({
  get caPem() {
    return devices().authority.caPem;
  },
  get rootPem() {
    return devices().authority.rootPem;
  },
  get trustDomain() {
    return devices().authority.trustDomain;
  },
  get fingerprint() {
    return devices().authority.fingerprint;
  },
  get passphrase() {
    return devices().passphrase;
  },
  serverCertificate: (names) => devices().serverCertificate(names),
});
