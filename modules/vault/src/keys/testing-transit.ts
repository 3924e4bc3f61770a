/**
 * A stand-in for the transit engine of OpenBao and Vault, for tests: the documented calls, headers, statuses and errors of keys,
 * encrypt and decrypt. The real one is asked in tests/foreign.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface TestTransit {
  readonly url: string;
  readonly asked: { readonly path: string; readonly namespace: string | undefined }[];
  token: string;
  isSealed: boolean;
  /** Answers 500 to so many questions. */
  failing: number;
  key: { type: string; derived: boolean; exportable: boolean };
  rotate(): void;
  stop(): Promise<void>;
}
type Body = Readonly<Record<string, string>>;
type Said = readonly [status: number, body: unknown];

const errors = (status: number, ...all: string[]): Said => [status, { errors: all }];
function engineOf(transit: Pick<TestTransit, 'key'>, versions: readonly Buffer[]) {
  const keyFor = (version: number, { context }: Body): Buffer =>
    transit.key.derived
      ? createHmac('sha256', versions[version - 1]!)
          .update(Buffer.from(context ?? '', 'base64'))
          .digest()
      : versions[version - 1]!;
  const encrypt = (body: Body): Said => {
    if (transit.key.derived && !body['context']) return errors(400, 'missing context for key derivation');
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', keyFor(versions.length, body), nonce);
    cipher.setAAD(Buffer.from(body['associated_data'] ?? '', 'base64'));
    const sealed = [cipher.update(Buffer.from(body['plaintext']!, 'base64')), cipher.final(), cipher.getAuthTag()];
    const text = Buffer.concat([nonce, ...sealed]).toString('base64');
    return [200, { data: { ciphertext: `vault:v${versions.length}:${text}`, key_version: versions.length } }];
  };
  const decrypt = (body: Body): Said => {
    const [, version, text = ''] = /^vault:v(\d+):(.+)$/.exec(body['ciphertext'] ?? '') ?? [];
    if (version === undefined) return errors(400, 'invalid ciphertext: no prefix');
    if (Number(version) > versions.length) return errors(400, 'invalid ciphertext: version is too new');
    const bytes = Buffer.from(text, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', keyFor(Number(version), body), bytes.subarray(0, NONCE_BYTES));
    decipher.setAAD(Buffer.from(body['associated_data'] ?? '', 'base64'));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const plain = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
      return [200, { data: { plaintext: plain.toString('base64') } }];
    } catch {
      return errors(400, 'cipher: message authentication failed');
    }
  };
  return { encrypt, decrypt };
}

export async function startTransit(): Promise<TestTransit> {
  const versions = [randomBytes(32)];
  const answer = (path: string, token: unknown, body: Body): Said => {
    if (transit.failing > 0) return (transit.failing--, errors(500, 'internal error'));
    if (transit.isSealed) return errors(503, 'Vault is sealed');
    if (token !== transit.token) return errors(403, 'permission denied');
    if (path === '/v1/transit/keys/cityward')
      return [200, { data: { ...transit.key, latest_version: versions.length, allow_plaintext_backup: false } }];
    if (path === '/v1/transit/encrypt/cityward') return engineOf(transit, versions).encrypt(body);
    if (path === '/v1/transit/decrypt/cityward') return engineOf(transit, versions).decrypt(body);
    return errors(404);
  };
  const server = createServer((asked, reply) => {
    void bodyOf(asked).then((body) => {
      transit.asked.push({ path: asked.url!, namespace: asked.headers['x-vault-namespace'] as string | undefined });
      const [status, said] = answer(asked.url!, asked.headers['x-vault-token'], body);
      reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const transit: TestTransit = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    token: 's.test',
    isSealed: false,
    failing: 0,
    key: { type: 'aes256-gcm96', derived: false, exportable: false },
    rotate: () => void versions.push(randomBytes(32)),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return transit;
}

async function bodyOf(asked: IncomingMessage): Promise<Body> {
  let text = '';
  for await (const chunk of asked as AsyncIterable<Buffer>) text += chunk.toString();
  return text === '' ? {} : (JSON.parse(text) as Body);
}
