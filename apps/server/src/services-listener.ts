/** The listener of cloud services: their tokens and certificates, and the same API as the console's, authorised the same way. */
import { ANONYMOUS } from '@cityward/contracts';
import { createHttpListener, type HttpListener, type HttpListenerOptions, type Route } from '@cityward/http';
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
  return createHttpListener({
    ...rest,
    https: { ...tls, requestCert: true, rejectUnauthorized: false },
    allowedOrigins: [],
    routes,
    rawRoutes: [...identity.services.own, ...publicKeyRoutes({ identity })],
    describe: { title: 'Cityward', version: VERSION },
    authenticate: async ({ bearer, peer }) => (await identity.services.authenticate({ bearer, peer })) ?? ANONYMOUS,
  });
}
