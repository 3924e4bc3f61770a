/** Enrolment over Secure Transport (RFC 7030) from the device's side: enrol with a one-time code, renew with the certificate. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { Agent, request, type RequestOptions } from 'node:https';
import { SECOND_MS } from '@cityward/kernel';
import { clockFault } from './clock-words.ts';
import { ANSWER_MAX_BYTES, certificateFor, readCertsOnly } from './certs-only.ts';
import type { Credential } from './credentials.ts';
import { newDeviceKey, signingRequest, type DeviceKey } from './signing-request.ts';

const REQUEST_TIMEOUT_MS = 20 * SECOND_MS;

export interface EstOptions {
  /** Base with or without the path, e.g. `https://localhost:8443`. */
  readonly url: string;
  /** PEM of the authority that the EST server's certificate must chain to. */
  readonly ca: string;
  readonly connections: number;
}
export interface EstClient {
  /** A new key and its certificate; throws EstRefused with the server's reason. */
  enrol(device: string, code: string): Promise<Credential>;
  /** A new key and certificate, asked for with the old ones; after the old one's end only its own key is taken, so that one stays. */
  renew(device: string, old: Credential): Promise<Credential>;
  close(): void;
}

/** The server said no; `status` is what HTTP it said it with. */
export class EstRefused extends Error {
  override readonly name = 'EstRefused';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Sent {
  readonly path: string;
  readonly der: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: Pick<RequestOptions, 'agent' | 'key' | 'cert'>;
}

/** Body of the answer as text; rejects on a status that is not 200, on a body that is too long and on silence. */
function post(base: URL, ca: string, sent: Sent): Promise<string> {
  const body = sent.der.toString('base64');
  const headers = { 'content-type': 'application/pkcs10', 'content-length': String(body.length), ...sent.headers };
  return new Promise((resolve, reject) => {
    const url = new URL(sent.path, base);
    const asked = request(url, { method: 'POST', headers, ca, timeout: REQUEST_TIMEOUT_MS, ...sent.tls }, (answer) => {
      let text = '';
      answer.setEncoding('latin1');
      answer.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > ANSWER_MAX_BYTES) asked.destroy(new Error(`post ${url.pathname}: the answer is too long`));
      });
      answer.on('error', reject);
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve(text);
        else reject(new EstRefused(answer.statusCode ?? 0, text.trim().slice(0, 300) || `HTTP ${answer.statusCode}`));
      });
    });
    asked.on('timeout', () => asked.destroy(new Error(`post ${url.pathname}: no answer in ${REQUEST_TIMEOUT_MS} ms`)));
    asked.on('error', (fault) => {
      const words = clockFault(fault, Date.now());
      reject(words === null ? fault : new Error(words, { cause: fault }));
    });
    asked.end(body);
  });
}

function credentialFrom(device: string, key: DeviceKey, answer: string): Credential {
  const read = readCertsOnly(answer);
  if (!read.ok) throw new Error(`enrol "${device}": ${read.error}`);
  const own = certificateFor(read.value, key.publicKey.export({ type: 'spki', format: 'der' }));
  if (!own) throw new Error(`enrol "${device}": the answer holds no certificate for its key`);
  const privateKey = key.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  return { device, key: privateKey, certificate: own.toString(), expires: Date.parse(own.validTo) };
}

function keyOf({ key }: Credential): DeviceKey {
  const privateKey = createPrivateKey(key);
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

const BEHALF_PATH = '/.well-known/est/behalf/simpleenroll';

/**
 * A certificate for a device behind this gateway, which made its own key and request: PEM, of that key alone. Throws EstRefused with
 * the server's reason.
 */
export async function enrolOnBehalf(
  { url, ca }: Pick<EstOptions, 'url' | 'ca'>,
  gateway: Credential,
  request: Buffer,
): Promise<string> {
  const tls = { agent: false, key: gateway.key, cert: gateway.certificate } as const;
  const answer = await post(new URL(url), ca, {
    path: BEHALF_PATH,
    der: request,
    headers: { connection: 'close' },
    tls,
  });
  const read = readCertsOnly(answer);
  if (!read.ok) throw new Error(`enrol for a device: ${read.error}`);
  const [first] = read.value;
  if (!first) throw new Error('enrol for a device: the answer holds no certificate');
  return first.toString();
}

export function createEstClient(options: EstOptions): EstClient {
  const base = new URL(options.url);
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections, scheduling: 'lifo' });
  const ask = async (device: string, rest: Omit<Sent, 'der'>, key = newDeviceKey()): Promise<Credential> => {
    const answer = await post(base, options.ca, { ...rest, der: signingRequest(device, key) });
    return credentialFrom(device, key, answer);
  };
  return {
    enrol: (device, code) => {
      const authorization = `Basic ${Buffer.from(`${device}:${code}`).toString('base64')}`;
      return ask(device, { path: '/.well-known/est/simpleenroll', headers: { authorization }, tls: { agent } });
    },
    // The client certificate belongs to the connection, so a renewal has one of its own.
    renew: (device, old) =>
      ask(
        device,
        {
          path: '/.well-known/est/simplereenroll',
          headers: { connection: 'close' },
          tls: { agent: false, key: old.key, cert: old.certificate },
        },
        old.expires > Date.now() ? newDeviceKey() : keyOf(old),
      ),
    close: () => agent.destroy(),
  };
}
