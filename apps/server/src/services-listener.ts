/** The listener of cloud services: their tokens and certificates, and the same API as the console's, authorised the same way. */
import { ANONYMOUS } from '@cityward/contracts';
import { ok, type Refusal, type Result } from '@cityward/kernel';
import {
  createHttpListener,
  type Caller,
  type HttpListener,
  type HttpListenerOptions,
  type Route,
} from '@cityward/http';
import type { ListenerTls } from './listener-certificate.ts';
import { publicKeyRoutes } from './public-keys.ts';
import { VERSION, type Modules } from './wire.ts';

export interface ServicesListening extends Pick<
  HttpListenerOptions,
  'host' | 'port' | 'allowedHosts' | 'screen' | 'authorise' | 'statusOf' | 'log'
> {
  readonly modules: Pick<Modules, 'identity'>;
  readonly tls: ListenerTls & Pick<NonNullable<HttpListenerOptions['https']>, 'tickets'>;
  readonly routes: readonly Route[];
}

/**
 * Asks for a certificate without insisting: a token may come alone. No session and no certificate of a device counts here, and
 * who shows a bad token is nobody, whatever else they show.
 */
export function servicesListener({ modules: { identity }, tls, routes, ...rest }: ServicesListening): HttpListener {
  /** A refusal of policy says something about a service that was let in. */
  const judged = (answer: Result<void, Refusal>, { principal }: Caller): Result<void, Refusal> => {
    if (!answer.ok && principal.type === 'Service') identity.services.refused(principal.id);
    return answer;
  };
  return createHttpListener({
    ...rest,
    https: { ...tls, requestCert: true, rejectUnauthorized: false },
    allowedOrigins: [],
    routes,
    rawRoutes: [...identity.services.own, ...publicKeyRoutes({ identity })],
    describe: { title: 'Cityward', version: VERSION },
    statusOf: (kind, code) => (code === 'SIGN_IN_NEEDED' ? 401 : rest.statusOf(kind, code)),
    challenge,
    screen: (asked, caller) => judged(rest.screen?.(asked, caller) ?? ok(undefined), caller),
    authorise: async (asked, input, caller) => judged(await rest.authorise(asked, input, caller), caller),
    authenticate: async ({ bearer, peer }) => (await identity.services.authenticate({ bearer, peer })) ?? ANONYMOUS,
  });
}

/** RFC 6750 section 3: whoever showed no token is told no more than that one is wanted. */
function challenge(status: 401 | 403, authorization: string | undefined): Readonly<Record<string, string>> {
  const shown = /^Bearer( |$)/i.test(authorization ?? '');
  const error = status === 401 ? 'invalid_token' : 'insufficient_scope';
  return { 'www-authenticate': `Bearer realm="cityward"${shown ? `, error="${error}"` : ''}` };
}
