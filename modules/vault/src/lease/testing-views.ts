/** A vault behind a listener of its own, and pages that open its records: for tests, attacks and measurements. */
import { ANONYMOUS, type Principal } from '@cityward/contracts';
import { createHttpListener, type HttpListener, type HttpListenerOptions } from '@cityward/http';
import type { RefusalKind } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import type { Vault } from '../service.ts';
import { openRecord, type DarkWhy, type OpenedPage, type ViewWish } from './client.ts';

const STATUS: Record<RefusalKind, number> = {
  invalid: 400,
  'not-found': 404,
  conflict: 409,
  forbidden: 403,
  gone: 410,
  'too-large': 413,
  unavailable: 503,
};
/** Signed in by a cookie that is a person's id, a dot, and whatever tells one sign-in from another. */
const COOKIE = 'cityward-session';
const OPEN_RIGHT_AWAY = { ok: true, value: undefined } as const;

export interface TestDoor {
  readonly listener: HttpListener;
  readonly base: string;
}
export async function openDoor(
  vault: Vault,
  more: Partial<Pick<HttpListenerOptions, 'port' | 'connectionsMax' | 'rawRoutes'>> = {},
): Promise<TestDoor> {
  const listener = createHttpListener({
    host: more.port === undefined ? '127.0.0.1' : 'localhost',
    port: 0,
    allowedHosts: ['127.0.0.1', 'localhost'],
    allowedOrigins: more.port === undefined ? [] : [`http://localhost:${more.port}`],
    routes: vault.routes,
    authenticate: ({ sessionToken }) => (sessionToken === null ? ANONYMOUS : signedIn(sessionToken)),
    authorise: (_route, _input, { principal }) =>
      Promise.resolve(
        principal === ANONYMOUS
          ? { ok: false, error: { kind: 'forbidden', code: 'NOT_SIGNED_IN', message: 'sign in first' } }
          : OPEN_RIGHT_AWAY,
      ),
    statusOf: (kind) => STATUS[kind],
    log: silentLog,
    ...more,
    rawRoutes: [...vault.rawRoutes, ...(more.rawRoutes ?? [])],
  });
  await listener.start();
  return { listener, base: listener.addresses()[0]! };
}
const signedIn = (token: string): Principal => ({
  type: 'Person',
  id: token.split('.')[0]!,
  roles: [],
  attributes: { signedInBy: 'passkey' },
});

/** As a browser fetches for somebody who has signed in. */
export const fetchAs =
  (person: string, signIn = 'first', call: typeof fetch = fetch): typeof fetch =>
  (where, init = {}) =>
    call(where, {
      ...init,
      headers: { ...init.headers, cookie: `${COOKIE}=${person}.${signIn}`, 'sec-fetch-site': 'same-origin' },
    });

export interface TestPage extends OpenedPage {
  /** Resolves when its handler ran. */
  readonly dark: Promise<DarkWhy>;
}
export async function openPage(
  { base }: Pick<TestDoor, 'base'>,
  wish: ViewWish,
  call: typeof fetch,
): Promise<TestPage> {
  let tell = (_why: DarkWhy): void => undefined;
  const dark = new Promise<DarkWhy>((resolve) => (tell = resolve));
  const page = await openRecord(wish, { fetch: call, base, onDark: (why) => tell(why) });
  return Object.assign(page, { dark });
}
