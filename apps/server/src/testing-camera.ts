/** A camera for whole-server tests: HTTPS and, when badly kept, HTTP; one account, whose password a test may change. */
import { createHash } from 'node:crypto';
import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface TestCamera {
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Changed while it runs. */
  password: string;
  plainHttp: boolean;
  stop(): Promise<void>;
}

const REALM = 'AXIS_ACCC8E000001';
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

function isRight(header: string, method: string, password: string): boolean {
  const part = (name: string): string => new RegExp(`\\b${name}="?([^",]*)"?`).exec(header)?.[1] ?? '';
  const secret = md5(`root:${REALM}:${password}`);
  const asked = md5(`${method}:${part('uri')}`);
  const wanted = md5(`${secret}:${part('nonce')}:${part('nc')}:${part('cnonce')}:auth:${asked}`);
  return part('username') === 'root' && part('response') === wanted;
}

/** @param host a loopback address of its own */
export async function startCamera(
  host: string,
  { firmware, tls }: { readonly firmware: string; readonly tls: { readonly key: string; readonly cert: string } },
): Promise<TestCamera> {
  const answer =
    (plain: boolean): RequestListener =>
    (request, response) => {
      if (request.method === 'POST')
        return void response.end(JSON.stringify({ data: { propertyList: { Version: firmware } } }));
      if (plain && !camera.plainHttp) return void response.writeHead(403).end();
      const given = request.headers.authorization;
      if (given !== undefined && isRight(given, 'GET', camera.password)) return void response.end('root');
      const challenge = `Digest realm="${REALM}", nonce="n1", algorithm=MD5, qop="auth"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
    };
  const servers: Server[] = [createHttp(answer(true)), createHttps(tls, answer(false))];
  for (const server of servers) await new Promise<void>((resolve) => void server.listen(0, host, () => resolve()));
  const [httpPort, httpsPort] = servers.map((server) => (server.address() as AddressInfo).port) as [number, number];
  const camera: TestCamera = {
    httpPort,
    httpsPort,
    password: 'pass',
    plainHttp: true,
    stop: async () => {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
  return camera;
}
