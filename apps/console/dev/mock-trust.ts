/** Trust for the mock: each part as a source might say it, with two that nobody has judged yet. */
import type { DeviceRow, DeviceState, Trust, TrustComponent, TrustKind, TrustLevel } from '@cityward/contracts';

const DAY = 86_400_000;
export const TRUST_OF: Readonly<Partial<Record<DeviceState, TrustLevel>>> = {
  suspect: 'low',
  quarantined: 'none',
  contained: 'low',
  unknown: 'unknown',
};
const VALUE: Readonly<Record<TrustLevel, number>> = { full: 90, reduced: 60, low: 35, none: 0, unknown: 60 };

export function mockTrust(row: DeviceRow, now: number): Trust {
  const level = row.trust;
  const part = (kind: TrustKind, value: number | null, reason: string): TrustComponent => {
    const known = { source: 'identity', since: now - 3 * DAY, expires: now + 27 * DAY };
    return value === null
      ? { kind, state: 'unknown', value, reason, source: null, since: null, expires: null }
      : { kind, state: 'known', value, reason, ...known };
  };
  const isBad = level === 'low' || level === 'none';
  const behaviour = isBad
    ? 'something unusual was seen: new peers by the dozen'
    : 'nothing unusual has been seen of it';
  const nothing = level === 'unknown';
  const components = [
    part('firmware', nothing ? null : 100, `it runs ${row.firmware ?? '1.0'}, as the last signed change left it`),
    part('baseline', null, 'it has not been checked against a baseline yet'),
    part('behaviour', nothing ? null : isBad ? VALUE[level] : 100, behaviour),
    part('advisories', null, 'no advisories have been compared with it yet'),
    part('certificate', nothing ? null : 100, 'its certificate is good until next month'),
    part('dormancy', nothing ? null : 100, 'it was seen within the last days'),
  ];
  const reason = isBad ? behaviour : 'it has not been checked against a baseline yet';
  return { kind: 'device', id: row.id, level, value: VALUE[level], since: now - 3 * DAY, reason, components };
}
