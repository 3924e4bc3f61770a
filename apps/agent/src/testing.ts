/** What the tests of this app share: a test authority, an EST server and a broker that do just enough of their protocols. */
import 'reflect-metadata';
import { createServer as createHttps, type Server as HttpsServer } from 'node:https';
import { createServer as createTls, type Server as TlsServer, type TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { createPublicKey, webcrypto, type KeyObject } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { newDeviceKey } from './signing-request.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

export interface TestAuthority {
  readonly ca: string;
  readonly server: { readonly key: string; readonly cert: string };
  /** A certs-only answer, base64, for the key of the request. */
  issue(request: Buffer, lifeDays?: number): Promise<{ readonly name: string; readonly answer: string }>;
}

/** Node and the browser have types of their own for the same keys. */
type Pair = x509.X509CertificateCreateSelfSignedParams['keys'];

async function keysOf(key: KeyObject): Promise<Pair> {
  const pkcs8 = new Uint8Array(key.export({ type: 'pkcs8', format: 'der' }));
  const spki = new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }));
  const pair = {
    privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, true, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', spki, ALGORITHM, true, ['verify']),
  };
  return pair as unknown as Pair;
}

export async function testAuthority(): Promise<TestAuthority> {
  x509.cryptoProvider.set(webcrypto as never);
  const caKey = newDeviceKey().privateKey;
  const caKeys = await keysOf(caKey);
  const life = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + 400 * DAY_MS) };
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...life,
    serialNumber: '01',
    name: 'CN=Test city',
    keys: caKeys,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
  });
  let serial = 1;
  const sign = (name: string, publicKey: Pair['publicKey'], rest: { days: number; names: boolean }) =>
    x509.X509CertificateGenerator.create({
      notBefore: life.notBefore,
      notAfter: new Date(Date.now() + rest.days * DAY_MS),
      serialNumber: (0x1000 + ++serial).toString(16),
      subject: `CN=${name}`,
      issuer: ca.subject,
      publicKey,
      signingKey: caKeys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: rest.names
        ? [
            new x509.SubjectAlternativeNameExtension([
              { type: 'dns', value: 'localhost' },
              { type: 'ip', value: '127.0.0.1' },
            ]),
          ]
        : [],
    });
  const serverKey = newDeviceKey().privateKey;
  const server = await sign('localhost', (await keysOf(serverKey)).publicKey, { days: 300, names: true });
  return {
    ca: ca.toString('pem'),
    server: { key: serverKey.export({ type: 'pkcs8', format: 'pem' }) as string, cert: server.toString('pem') },
    issue: async (request, lifeDays = 90) => {
      const parsed = new x509.Pkcs10CertificateRequest(new Uint8Array(request));
      if (!(await parsed.verify())) throw new Error('the request does not verify');
      const name = parsed.subjectName.getField('CN')[0]!;
      const certificate = await sign(name, await parsed.publicKey.export(), { days: lifeDays, names: false });
      const bundle = new x509.X509Certificates([certificate]);
      return { name, answer: Buffer.from(bundle.export('raw')).toString('base64') };
    },
  };
}

export interface EstAsked {
  readonly path: string;
  readonly authorization: string;
  /** Common name of the client's certificate, or an empty text. */
  readonly client: string;
}
export interface EstDouble {
  readonly url: string;
  readonly asked: readonly EstAsked[];
  readonly connections: number;
  /** Set to answer something else, once. */
  answerOnce: { readonly status: number; readonly body: string } | null;
  lifeDays: number;
  close(): Promise<void>;
}

const closed = (server: HttpsServer | TlsServer): Promise<void> =>
  new Promise((resolve) => server.close(() => resolve()));

export async function estDouble(authority: TestAuthority): Promise<EstDouble> {
  const asked: EstAsked[] = [];
  const state = { connections: 0, answerOnce: null as EstDouble['answerOnce'], lifeDays: 90 };
  const tls = { ...authority.server, ca: authority.ca, requestCert: true, rejectUnauthorized: false };
  const server = createHttps(tls, (request, response) => {
    const client = (request.socket as TLSSocket).getPeerCertificate().subject?.CN;
    asked.push({
      path: request.url ?? '',
      authorization: request.headers.authorization ?? '',
      client: String(client ?? ''),
    });
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const once = state.answerOnce;
      state.answerOnce = null;
      if (once) return void response.writeHead(once.status).end(once.body);
      const der = Buffer.from(Buffer.concat(chunks).toString('latin1'), 'base64');
      authority.issue(der, state.lifeDays).then(
        ({ answer }) => response.writeHead(200, { 'content-type': 'application/pkcs7-mime' }).end(answer),
        (fault: unknown) => response.writeHead(400).end(String(fault)),
      );
    });
  });
  server.on('secureConnection', () => state.connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(
    Object.defineProperties({} as { answerOnce: EstDouble['answerOnce']; lifeDays: number; connections: number }, {
      answerOnce: { get: () => state.answerOnce, set: (value: EstDouble['answerOnce']) => (state.answerOnce = value) },
      lifeDays: { get: () => state.lifeDays, set: (value: number) => (state.lifeDays = value) },
      connections: { get: () => state.connections },
    }),
    {
      url: `https://localhost:${(server.address() as AddressInfo).port}`,
      asked,
      close: () => {
        server.closeAllConnections();
        return closed(server);
      },
    },
  );
}

export interface Published {
  readonly client: string;
  readonly topic: string;
  readonly body: unknown;
}
export interface BrokerDouble {
  readonly port: number;
  readonly published: readonly Published[];
  connected(): string[];
  /** Sends a message to a client that subscribed to the topic; false when there is none. */
  send(topic: string, body: unknown): boolean;
  drop(client: string): void;
  /** Client ids that get CONNACK 5. */
  readonly refused: Set<string>;
  /** Called when a client has sent its CONNECT, before it is answered. */
  readonly asked: { before: () => void };
  close(): Promise<void>;
}

/** One MQTT packet from the front of the buffer: type, flags, body, whole length; null when it is not all there. */
function takePacket(buffer: Buffer): { head: number; body: Buffer; bytes: number } | null {
  let length = 0;
  for (let i = 1; i <= 4; i++) {
    const byte = buffer[i];
    if (byte === undefined) return null;
    length |= (byte & 0x7f) << (7 * (i - 1));
    if (byte & 0x80) continue;
    const bytes = 1 + i + length;
    return buffer.length < bytes ? null : { head: buffer[0]!, body: buffer.subarray(1 + i, bytes), bytes };
  }
  return null;
}

const remaining = (length: number): number[] => (length < 128 ? [length] : [(length & 0x7f) | 0x80, length >> 7]);

function publishPacket(topic: string, body: unknown): Buffer {
  const name = Buffer.from(topic);
  const payload = Buffer.from(JSON.stringify(body));
  const length = 2 + name.length + payload.length;
  return Buffer.concat([Buffer.from([0x30, ...remaining(length), 0, name.length]), name, payload]);
}

interface Session {
  readonly socket: TLSSocket;
  readonly topics: Set<string>;
}

function serveSession(
  socket: TLSSocket,
  world: { sessions: Map<string, Session>; published: Published[]; refused: Set<string>; asked: { before(): void } },
): void {
  const client = String(socket.getPeerCertificate().subject?.CN ?? '');
  const session: Session = { socket, topics: new Set() };
  let buffer: Buffer = Buffer.alloc(0);
  const handle = (head: number, body: Buffer): void => {
    const kind = head >> 4;
    if (kind === 1) {
      world.asked.before();
      const no = world.refused.has(client);
      socket.write(Buffer.from([0x20, 2, 0, no ? 5 : 0]));
      if (no) socket.end();
      else world.sessions.set(client, session);
    } else if (kind === 3) {
      const length = body.readUInt16BE(0);
      const payload = body.subarray(4 + length).toString('utf8');
      world.published.push({ client, topic: body.toString('utf8', 2, 2 + length), body: JSON.parse(payload) });
      socket.write(Buffer.from([0x40, 2, body[2 + length]!, body[3 + length]!]));
    } else if (kind === 8) {
      session.topics.add(body.toString('utf8', 4, 4 + body.readUInt16BE(2)));
      socket.write(Buffer.from([0x90, 3, body[0]!, body[1]!, 1]));
    } else if (kind === 12) socket.write(Buffer.from([0xd0, 0]));
    else if (kind === 14) socket.end();
  };
  socket.on('data', (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (let packet = takePacket(buffer); packet; packet = takePacket(buffer)) {
      handle(packet.head, packet.body);
      buffer = buffer.subarray(packet.bytes);
    }
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (world.sessions.get(client) === session) world.sessions.delete(client);
  });
}

export async function brokerDouble(authority: TestAuthority): Promise<BrokerDouble> {
  const world = {
    sessions: new Map<string, Session>(),
    published: [] as Published[],
    refused: new Set<string>(),
    asked: { before: (): void => undefined },
  };
  const tls = { ...authority.server, ca: authority.ca, requestCert: true, rejectUnauthorized: true };
  const server = createTls(tls, (socket) => serveSession(socket, world));
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    published: world.published,
    refused: world.refused,
    asked: world.asked,
    connected: () => [...world.sessions.keys()],
    send: (topic, body) => {
      const session = [...world.sessions.values()].find((one) => one.topics.has(topic));
      session?.socket.write(publishPacket(topic, body));
      return session !== undefined;
    },
    drop: (client) => world.sessions.get(client)?.socket.destroy(),
    close: () => {
      for (const { socket } of world.sessions.values()) socket.destroy();
      return closed(server);
    },
  };
}

const PATIENCE_MS = 60_000;

/** Waits until the condition holds; throws after a minute, for machines that are busy. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`waited too long until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}
