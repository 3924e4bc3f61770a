/** Fetches what a job names from the city's listener, with the device's own certificate; hash and size are the caller's to check. */
import { request } from 'node:https';
import { CONTENT_PATH } from '@cityward/contracts';
import { SECOND_MS } from '@cityward/kernel';
import type { Credential } from '../credentials.ts';
import { DownloadFault, type Wanted } from './work.ts';

/** Nothing arrives for so long: the connection is given up. */
const IDLE_MS = 30 * SECOND_MS;

export interface ContentHost {
  /** Such as `https://localhost:8444`; the only place that is ever asked, whatever an order says. */
  readonly url: string;
  /** PEM of the authority that the host's certificate must chain to. */
  readonly ca: string;
}

/** The path of an order's source, never its host: a lying server cannot send a device anywhere else. */
export function contentPath({ sha256, source }: Wanted): string {
  const path = source === null ? null : /^(?:https:\/\/[^/]*)?(\/[A-Za-z0-9/._-]{1,250})$/u.exec(source)?.[1];
  return path ?? `${CONTENT_PATH}${sha256}`;
}

/** Hands over the body piece by piece. Throws DownloadFault on anything but the whole of it, and whatever `write` throws. */
export function download(
  to: { readonly host: ContentHost; readonly credential: Credential; readonly wanted: Wanted },
  write: (piece: Uint8Array) => void,
  signal: AbortSignal,
): Promise<void> {
  const { host, credential, wanted } = to;
  const path = contentPath(wanted);
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => reject(new DownloadFault(`download "${path}": ${what}`));
    if (signal.aborted) return fail('it was taken back');
    const url = new URL(path, host.url);
    const tls = { ca: host.ca, key: credential.key, cert: credential.certificate, servername: 'localhost' };
    const asked = request(url, { ...tls, agent: false, timeout: IDLE_MS, signal }, (answer) => {
      if (answer.statusCode !== 200) {
        answer.resume();
        return fail(`HTTP ${answer.statusCode}`);
      }
      answer.on('data', (piece: Buffer) => {
        try {
          write(piece);
        } catch (fault) {
          asked.destroy();
          reject(fault as Error);
        }
      });
      answer.on('error', (fault) => fail(fault.message));
      answer.on('end', () => (answer.complete ? resolve() : fail('it was cut off')));
    });
    asked.on('timeout', () => asked.destroy(new Error(`nothing came for ${IDLE_MS} ms`)));
    asked.on('error', (fault) => fail(fault.message));
    asked.end();
  });
}
