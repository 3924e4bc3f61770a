/** Trust for the mock: each part as a source might say it, with two that nobody has judged yet. */
import type { DeviceRow, DeviceState, Person, Trust, TrustComponent, TrustKind, TrustLevel } from '@cityward/contracts';

const DAY = 86_400_000;
export const TRUST_OF: Readonly<Partial<Record<DeviceState, TrustLevel>>> = {
  suspect: 'low',
  quarantined: 'none',
  contained: 'low',
  unknown: 'unknown',
};
const VALUE: Readonly<Record<TrustLevel, number>> = { full: 90, reduced: 60, low: 35, none: 0, unknown: 60 };

const partAt =
  (now: number) =>
  (kind: TrustKind, value: number | null, reason: string): TrustComponent =>
    value === null
      ? { kind, state: 'unknown', value, reason, source: null, since: null, expires: null }
      : { kind, state: 'known', value, reason, source: 'identity', since: now - 3 * DAY, expires: now + 4 * DAY };

export function personTrust({ id, lastSeen }: Person, now: number): Trust {
  const part = partAt(now);
  const seen = lastSeen !== null;
  const components = [
    part('behaviour', null, 'nothing is known yet of how it behaves'),
    part(
      'certificate',
      seen ? 100 : null,
      seen ? 'a passkey that stays in its device' : 'no passkey has been made yet',
    ),
    part('dormancy', seen ? 100 : null, seen ? 'they were here within the last days' : 'they have never been here'),
  ];
  const reason = components[0]!.reason;
  return { kind: 'person', id, level: seen ? 'reduced' : 'unknown', value: 60, since: now - DAY, reason, components };
}

/** One of them has asked for what it may not have. */
export function serviceTrust({ forgiven }: { readonly forgiven: boolean }, id: string, now: number): Trust {
  const part = partAt(now);
  const isBad = id === 'flood-model' && !forgiven;
  const behaviour = isBad
    ? {
        ...part('behaviour', 35, 'it asked 200 times and more within an hour for what it may not have'),
        source: 'calls',
      }
    : part('behaviour', null, 'nothing is known yet of how it behaves');
  const components = [
    behaviour,
    part('advisories', null, 'no advisories have been compared with it yet'),
    part('certificate', 100, 'its certificate is good, and its key never leaves it'),
    part('dormancy', 100, 'it was seen within the last days'),
  ];
  const level = isBad ? 'low' : 'reduced';
  return { kind: 'service', id, level, value: VALUE[level], since: now - DAY, reason: behaviour.reason, components };
}

export function mockTrust(row: DeviceRow, now: number): Trust {
  const level = row.trust;
  const part = partAt(now);
  const isBad = level === 'low' || level === 'none';
  const lied = level === 'none';
  const behaviour = lied
    ? 'it did not run what it said it would: runs 2.1.4, said 2.2.0'
    : isBad
      ? 'something unusual was seen: new peers by the dozen'
      : 'nothing unusual has been seen of it';
  const nothing = level === 'unknown';
  const components = [
    part('firmware', nothing ? null : 100, `it runs ${row.firmware ?? '1.0'}, as the last signed change left it`),
    part('baseline', null, 'it has not been checked against a baseline yet'),
    {
      ...part('behaviour', nothing ? null : isBad ? VALUE[level] : 100, behaviour),
      ...(nothing ? {} : { source: lied ? 'fleet' : 'watch' }),
    },
    part('advisories', null, 'no advisories have been compared with it yet'),
    part('certificate', nothing ? null : 100, 'its certificate is good until next month'),
    part('dormancy', nothing ? null : 100, 'it was seen within the last days'),
  ];
  const reason = isBad ? behaviour : 'it has not been checked against a baseline yet';
  return { kind: 'device', id: row.id, level, value: VALUE[level], since: now - 3 * DAY, reason, components };
}
