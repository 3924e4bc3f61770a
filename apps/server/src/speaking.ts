/** The rule of who may speak about whom, asked for every observation: identity knows the sites, policy has the last word. */
import { topicOf, type Observation, type Resource } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { City } from '@cityward/city';
import type { Identity } from '@cityward/identity';
import { PLAIN_SYSLOG, type Access } from './access.ts';
import type { Reporter } from './ingest.ts';

export interface SpeakingParts {
  readonly identity: Identity;
  readonly access: Access;
  readonly city: City;
}

export function createSpeaking({ identity, access, city }: SpeakingParts) {
  const about = (id: string): Resource => {
    const record = city.record(id);
    return { type: 'Device', id, attributes: { class: record?.class ?? 'other', site: record?.site ?? '' } };
  };
  const spokenFor = (id: string, network: string): Resource => {
    const { attributes, ...device } = about(id);
    // Of itself a network says only whether it is there, see identity's rule.
    const spokenForBy = id === network ? [network] : identity.speakersFor(id);
    return { ...device, attributes: { ...attributes, spokenForBy } };
  };
  return (reporter: Reporter, body: Observation): Result<void, Refusal> => {
    // A replay is put in by a person whom policy let replay; it is marked for ever and speaks about addresses, not devices.
    if (reporter.replay) return ok(undefined);
    if (!reporter.authenticated) return unauthenticated(access, about, body);
    const known = identity.maySpeak(reporter.id, body);
    if (!known.ok) return known;
    const aloud = mayOtherwise(access, reporter);
    if (!aloud.ok) return aloud;
    if (identity.networkOf(reporter.id) !== null) {
      const subject = spokenEndOf(reporter.id, body, identity);
      return access.may(access.device(reporter.id), 'reportAbout', spokenFor(subject, reporter.id));
    }
    const subject = siteEndOf(reporter.id, body, city);
    const ask = subject === reporter.id ? access.mayAgain : access.may;
    return ask(access.device(reporter.id), 'reportAbout', about(subject));
  };
}

/** What comes by another way than MQTT is judged as if it came on the own topic: there is no way round a narrowing. */
function mayOtherwise(access: Access, { id, gateway }: Reporter): Result<void, Refusal> {
  if (gateway === 'mqtt') return ok(undefined);
  return access.mayAgain(access.device(id), 'publish', { type: 'Topic', id: topicOf(id, 'obs'), attributes: {} });
}

/** Of two ends, the one that the reporter's site holds; of one, itself. */
function siteEndOf(reporter: string, body: Observation, city: City): string {
  if ('subject' in body) return body.subject;
  const site = city.record(reporter)?.site;
  return city.record(body.src)?.site === site ? body.src : body.dst;
}

/** Of two ends, the one that the network may speak for. */
function spokenEndOf(network: string, body: Observation, identity: Identity): string {
  if ('subject' in body) return body.subject;
  return identity.speakersFor(body.src).includes(network) ? body.src : body.dst;
}

function unauthenticated(access: Access, about: (id: string) => Resource, body: Observation): Result<void, Refusal> {
  if (body.kind !== 'log')
    return refuse(
      'forbidden',
      'NOT_AUTHENTICATED',
      `take a ${body.kind} without a certificate: only log lines are taken so`,
    );
  return access.may(PLAIN_SYSLOG, 'reportAbout', about(body.subject));
}
