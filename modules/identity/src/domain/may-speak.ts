/** Who may speak about whom: a device about itself, a site's switch or controller about what passes through its site. */
import type { DeviceClass, Observation } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';

/** Classes that see the traffic of others: the network itself, never an end device, since that may be the suspect. */
const WITNESSES: ReadonlySet<string> = new Set<DeviceClass>(['site-switch', 'plant-controller']);

export type SpeakRefusal = Refusal<
  'REPORTER_UNKNOWN' | 'SUBJECT_NOT_SELF' | 'NOT_A_WITNESS' | 'SITE_UNKNOWN' | 'NOT_OF_SITE' | 'SUBJECT_UNKNOWN'
>;

/** What the rule needs to know of the city. */
export interface Sites {
  device(id: string): { readonly class: string } | null;
  siteOf(id: string): string | null;
}

const isAddress = (node: string): boolean => node.startsWith('ip:');

/**
 * May this authenticated reporter say this? Telemetry, log and status only about itself; flows and commands only from a
 * switch or plant controller, about a device of its own site as one end. The other end may be any device of the city or any
 * address; an id that the city does not know is refused, so that nobody can invent a culprit.
 */
export function maySpeak(sites: Sites, reporter: string, body: Observation): Result<void, SpeakRefusal> {
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
