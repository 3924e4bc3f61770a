/** The one server certificate of the MQTT, ingest and syslog listeners: renewed at half of its life while they run. */
import { HOUR_MS, type Clock } from '@cityward/kernel';
import type { Log } from '@cityward/log';

/** How often it is asked whether the time has come; a renewal that failed is tried again after so long. */
export const RENEWAL_CHECK_MS = HOUR_MS;

/** PEM texts, as listeners take them. */
export interface ListenerTls {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}
export interface IssuedCertificate {
  readonly keyPem: string;
  readonly certPem: string;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
}
export interface ListenerCertificateParts {
  readonly issue: () => Promise<IssuedCertificate>;
  readonly ca: () => string;
  readonly clock: Clock;
  readonly log: Log;
  /** Calls back again and again until the answer is called; for tests. Default: an interval that keeps no process alive. */
  readonly every?: (ms: number, act: () => void) => () => void;
}
export interface ListenerCertificate {
  readonly tls: ListenerTls;
  /** Renews when it is time, and gives each listener the new one. */
  start(listeners: readonly ((tls: ListenerTls) => void)[]): void;
  /** Renews now if half of the life is over; resolves with whether it did. Never rejects. */
  check(): Promise<boolean>;
  stop(): void;
}

const byInterval = (ms: number, act: () => void): (() => void) => {
  const timer = setInterval(act, ms).unref();
  return () => clearInterval(timer);
};

/** Issues the first one. */
export async function openListenerCertificate(parts: ListenerCertificateParts): Promise<ListenerCertificate> {
  const { clock, log } = parts;
  let listeners: readonly ((tls: ListenerTls) => void)[] = [];
  let renewAt = 0;
  let tls = await issue();
  let stop = (): void => undefined;
  async function issue(): Promise<ListenerTls> {
    const { keyPem, certPem, notAfter } = await parts.issue();
    renewAt = (clock() + notAfter) / 2;
    return { key: keyPem, cert: certPem, ca: parts.ca() };
  }
  const check = async (): Promise<boolean> => {
    if (clock() < renewAt) return false;
    try {
      tls = await issue();
      for (const give of listeners) give(tls);
      log.info('the certificate of the listeners was renewed at half of its life');
      return true;
    } catch (fault) {
      log.error('renewing the certificate of the listeners failed; it is tried again in an hour', {
        fault: String(fault),
      });
      return false;
    }
  };
  return {
    get tls() {
      return tls;
    },
    start: (told) => {
      listeners = told;
      stop = (parts.every ?? byInterval)(RENEWAL_CHECK_MS, () => void check());
    },
    check,
    stop: () => stop(),
  };
}
