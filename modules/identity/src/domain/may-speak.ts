/** Who may speak about whom: a device about itself, a site's switch or controller about what passes through its site, a network about its devices. */
import type { DeviceClass, NetworkKind, Observation } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { carriesTraffic } from './networks.ts';

/** Classes that see the traffic of others: the network itself, never an end device, since that may be the suspect. */
const WITNESSES: ReadonlySet<string> = new Set<DeviceClass>(['site-switch', 'plant-controller']);

export type SpeakRefusal = Refusal<
  | 'REPORTER_UNKNOWN'
  | 'SUBJECT_NOT_SELF'
  | 'NOT_A_WITNESS'
  | 'SITE_UNKNOWN'
  | 'NOT_OF_SITE'
  | 'SUBJECT_UNKNOWN'
  | 'NOT_SPOKEN_FOR'
>;

/** What the rule needs to know of the city. */
export interface Sites {
  device(id: string): { readonly class: string } | null;
  siteOf(id: string): string | null;
  /** A registered network; null for anything else. Without it there are none. */
  network?(id: string): NetworkSpeaker | null;
}
export interface NetworkSpeaker {
  readonly kind: NetworkKind;
  /** May it speak for this device now? */
  speaksFor(device: string): boolean;
}

const isAddress = (node: string): boolean => node.startsWith('ip:');

/**
 * May this authenticated reporter say this? Telemetry, log and status only about itself; flows and commands only from a
 * switch or plant controller, about a device of its own site as one end. The other end may be any device of the city or any
 * address; an id that the city does not know is refused, so that nobody can invent a culprit.
 */
export function maySpeak(sites: Sites, reporter: string, body: Observation): Result<void, SpeakRefusal> {
  const network = sites.network?.(reporter) ?? null;
  if (network) return networkMaySpeak(sites, { reporter, network }, body);
  const known = sites.device(reporter);
  if (!known)
    return refuse('forbidden', 'REPORTER_UNKNOWN', `take observation of "${reporter}": the city has no such device`);
  if ('subject' in body)
    return body.subject === reporter
      ? ok(undefined)
      : refuse(
          'forbidden',
          'SUBJECT_NOT_SELF',
          `take ${body.kind} of "${reporter}" about "${body.subject}": wanted it about itself`,
        );
  if (!WITNESSES.has(known.class))
    return refuse(
      'forbidden',
      'NOT_A_WITNESS',
      `take ${body.kind} of "${reporter}": wanted it from the switch or controller of the site`,
    );
  const site = sites.siteOf(reporter);
  if (site === null) return refuse('forbidden', 'SITE_UNKNOWN', `take ${body.kind} of "${reporter}": it has no site`);
  for (const node of [body.src, body.dst])
    if (!isAddress(node) && !sites.device(node))
      return refuse('forbidden', 'SUBJECT_UNKNOWN', `take ${body.kind} about "${node}": the city has no such device`);
  const ofSite = (node: string): boolean => !isAddress(node) && sites.siteOf(node) === site;
  return ofSite(body.src) || ofSite(body.dst)
    ? ok(undefined)
    : refuse(
        'forbidden',
        'NOT_OF_SITE',
        `take ${body.kind} of "${reporter}": wanted a device of its own site at one end`,
      );
}

interface NetworkReporter {
  readonly reporter: string;
  readonly network: NetworkSpeaker;
}

/**
 * A network passes on readings and states of the devices that it may speak for, and says of itself only whether it is there. One
 * that carries traffic may also tell of it, with such a device at one end.
 */
function networkMaySpeak(
  sites: Sites,
  { reporter, network }: NetworkReporter,
  body: Observation,
): Result<void, SpeakRefusal> {
  if ('subject' in body) {
    const own = body.subject === reporter && body.kind === 'status';
    const passedOn = body.kind !== 'log' && network.speaksFor(body.subject);
    return own || passedOn
      ? ok(undefined)
      : refuse(
          'forbidden',
          'NOT_SPOKEN_FOR',
          `take ${body.kind} of network "${reporter}" about "${body.subject}": wanted telemetry or status of a device it may speak for`,
        );
  }
  if (!carriesTraffic(network.kind))
    return refuse('forbidden', 'NOT_A_WITNESS', `take ${body.kind} of network "${reporter}": it carries no traffic`);
  for (const node of [body.src, body.dst])
    if (!isAddress(node) && !sites.device(node))
      return refuse('forbidden', 'SUBJECT_UNKNOWN', `take ${body.kind} about "${node}": the city has no such device`);
  return network.speaksFor(body.src) || network.speaksFor(body.dst)
    ? ok(undefined)
    : refuse(
        'forbidden',
        'NOT_SPOKEN_FOR',
        `take ${body.kind} of network "${reporter}": wanted a device it may speak for at one end`,
      );
}
