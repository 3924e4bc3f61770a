/** The listener for device certificates: observations, changes for devices that poll, the repository of artifacts. */
import { createHttpListener, type HttpListener, type HttpListenerOptions } from '@cityward/http';
import { systemClock } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Config } from './config.ts';
import { createDdiGateway, POLL_MS } from './gateway-ddi.ts';
import { behalfContentRoute } from './gateway-behalf.ts';
import { ingestRoute } from './gateway-http.ts';
import { createMenderGateway } from './gateway-mender.ts';
import { radiusRoutes } from './gateway-radius.ts';
import type { ListenerTls } from './listener-certificate.ts';
import { createPolled } from './polled-devices.ts';
import { ticketsOf } from './ticket-shelf.ts';
import type { Modules } from './wire.ts';

/** Of polling devices that may keep their connection; others come back on a resumed session. */
const DEVICE_CONNECTIONS_MAX = 10_000;
/** Longer than the latest of the polls, which are spread over a fifth to both sides. */
const DEVICE_KEEP_ALIVE_MS = 1.25 * POLL_MS;

export interface DeviceListenerParts {
  readonly config: Config;
  readonly modules: Modules;
  readonly tls: ListenerTls;
  readonly log: Log;
  /** What every listener of the server has. */
  readonly common: Pick<
    HttpListenerOptions,
    'host' | 'port' | 'allowedHosts' | 'screen' | 'authorise' | 'statusOf' | 'log'
  >;
  readonly isSimulated: (device: string) => boolean;
}

/** Nobody is turned away without a word of who it was, where a certificate of the city says so, and of what lies upon that. */
const noteRefused =
  (identity: Modules['identity']): NonNullable<HttpListenerOptions['refused']> =>
  ({ code, principal, peer, ip: address }) => {
    const admitted = peer?.authorized ? identity.admit(peer) : null;
    const known = principal !== null && principal.type !== 'Anonymous' ? principal.id : null;
    const who = known ?? (peer?.authorized ? peer.commonName : 'unknown');
    identity.refused(who, { way: 'HTTPS', code: admitted?.ok === false ? admitted.error.code : code, address });
  };

/** Its `stop` lets go of the desk as well. */
export function createDeviceListener(parts: DeviceListenerParts): HttpListener {
  const { config, modules, tls, log, common, isSimulated } = parts;
  const { access, city, fleet, identity, ingest } = modules;
  // Devices that poll are seen where the others report: their last sighting is kept as theirs is.
  const alive = (device: string, at: number): void => city.observedAlive(device, at);
  const polled = createPolled({
    desk: fleet.desk,
    clock: systemClock,
    log: log.part('polls'),
    alive,
    refused: (device, code) => identity.refused(device, { way: 'HTTPS', code }),
  });
  modules.polled = polled;
  const ddi = createDdiGateway({ polled, identity, access, hosts: common.allowedHosts });
  const mender = createMenderGateway({ polled });
  const listener = createHttpListener({
    ...common,
    https: { ...tls, requestCert: true, tickets: ticketsOf(config.dataFolder, log.part('ingest'), 'ingest') },
    connectionsMax: DEVICE_CONNECTIONS_MAX,
    keepAliveMs: DEVICE_KEEP_ALIVE_MS,
    allowedOrigins: [],
    routes: [],
    rawRoutes: [
      ingestRoute({ ingest, access, isSimulated }),
      ...fleet.deviceRoutes,
      ...ddi.routes,
      ...mender.routes,
      ...radiusRoutes(modules),
      behalfContentRoute({ desk: fleet.desk, gatewayOf: identity.gatewayOf }),
    ],
    shortWay: ddi.poll,
    authenticate: (facts) => access.authenticatePeer(facts),
    refused: noteRefused(identity),
  });
  return {
    ...listener,
    stop: async () => {
      polled.stop();
      await listener.stop();
    },
  };
}
