/** Test helper: a real OpenID provider on loopback, and a browser that signs in there as whoever is wanted. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

export const CLIENT_ID = 'cityward';
export const CLIENT_SECRET = 'secret of the tests, long enough for any provider';
const HOPS_MAX = 12;

/** The little of oidc-provider that is used here; it comes without types. */
interface Grant {
  addOIDCScope(scope: string): void;
  save(): Promise<string>;
}
interface Context {
  body: Record<string, string>;
  readonly oidc?: {
    readonly route?: string;
    readonly client: { readonly clientId: string };
    readonly session: { readonly accountId: string };
  };
}
interface Provider {
  readonly Grant: new (of: { clientId: string; accountId: string }) => Grant;
  proxy: boolean;
  callback(): (request: IncomingMessage, response: ServerResponse) => void;
  use(middleware: (context: Context, next: () => Promise<void>) => Promise<void>): void;
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
}
type ProviderClass = new (issuer: string, configuration: object) => Provider;
const { Provider } = createRequire(import.meta.url)('oidc-provider') as { Provider: ProviderClass };

export interface TestProvider {
  readonly issuer: string;
  /** What happens to every ID token before it leaves; itself by default. */
  change: (idToken: string) => string;
  /** Requests that have come. */
  asked: number;
  /** Signs in there as `subject`; the query that the browser is sent back with. */
  visit(url: string, subject: string): Promise<string>;
  stop(): Promise<void>;
  again(): Promise<void>;
}

const FORM = `<!doctype html><html lang="en"><title>Sign in at the provider</title><main><h1>Provider of the tests</h1>
<form method="post"><label>Account <input name="account" required></label> <button>Sign in here</button></form></main></html>`;

/** The account that somebody wrote into the form. */
async function accountIn(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return new URLSearchParams(body).get('account') ?? '';
}

/** @param asks show a page that asks who it is, as people meet it; else whoever `visit` names is signed in */
export async function startProvider(
  redirectUri: string,
  { asks = false }: { readonly asks?: boolean } = {},
): Promise<TestProvider> {
  let subject = '';
  let handler: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  const open = (port: number) =>
    new Promise<ReturnType<typeof createServer>>((resolve) => {
      const server = createServer((request, response) => {
        made.asked++;
        handler(request, response);
      });
      server.listen(port, '127.0.0.1', () => resolve(server));
    });
  const made = { change: (token: string) => token, asked: 0 } as { change: TestProvider['change']; asked: number };
  let server = await open(0);
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;
  const provider: Provider = new Provider(
    issuer,
    configurationFor(redirectUri, () => provider),
  );
  provider.use(async (context, next) => {
    await next();
    if (context.oidc?.route === 'token' && context.body['id_token'])
      context.body['id_token'] = made.change(context.body['id_token']);
  });
  const answer = provider.callback();
  handler = (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return answer(request, response);
    if (asks && request.method !== 'POST')
      return void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(FORM);
    if (asks)
      return void accountIn(request).then((accountId) =>
        provider.interactionFinished(request, response, { login: { accountId } }),
      );
    void provider.interactionFinished(request, response, { login: { accountId: subject } });
  };
  return Object.assign(made, {
    issuer,
    visit: (url: string, who: string) => {
      subject = who;
      return visit(url, redirectUri);
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    again: async () => void (server = await open(port)),
  });
}

const configurationFor = (redirectUri: string, provider: () => Provider): object => ({
  clients: [{ client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [redirectUri] }],
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
  pkce: { required: () => true },
  findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
  loadExistingGrant: async ({ oidc }: Context) => {
    const grant = new (provider().Grant)({ clientId: oidc!.client.clientId, accountId: oidc!.session.accountId });
    grant.addOIDCScope('openid');
    await grant.save();
    return grant;
  },
});

/** Follows redirects as a browser does, with cookies, until it is sent back to the console. */
async function visit(url: string, redirectUri: string): Promise<string> {
  const cookies = new Map<string, string>();
  let at = url;
  for (let hop = 0; hop < HOPS_MAX; hop++) {
    if (at.startsWith(redirectUri)) return new URL(at).search.slice(1);
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(at, { redirect: 'manual', headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (value === '') cookies.delete(name!);
      else cookies.set(name!, value!);
    }
    const next = answer.headers.get('location');
    if (next === null) throw new Error(`visit the provider: ${answer.status} ${await answer.text()}`);
    at = new URL(next, at).href;
  }
  throw new Error('visit the provider: too many redirects');
}
