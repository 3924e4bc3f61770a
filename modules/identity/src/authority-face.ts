/** The authority as other modules see it: certificates for listeners, nothing of its keys. */
import type { Secret } from '@cityward/kernel';
import type { ServerCertificate } from './authority.ts';
import type { Devices } from './devices.ts';

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

/** Reads through, so that it can be handed out before the start. */
export const authorityFace = (devices: () => Devices): AuthorityFace => ({
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
