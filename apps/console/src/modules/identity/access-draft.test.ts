/** Asking for access: what is missing is named, and what is asked for is what the form says. */
import { describe, expect, it } from 'vitest';
import { ACCESS_LENGTH_MAX_HOURS, TEMPORARY_ROLES } from '@cityward/contracts';
import { draftOf, EMPTY_ACCESS, faultsOf, idsIn, LENGTHS_HOURS, withRole } from './access-draft.ts';

const NOW = Date.parse('2026-11-22T10:00');
const HOUR = 3_600_000;
const full = { ...EMPTY_ACCESS, devices: ['cam-0007'], reason: 'mend the camera' };

describe('asking for access', () => {
  it('names what is missing, for whom it is only where it is for somebody else', () => {
    expect([...faultsOf(EMPTY_ACCESS, true, NOW)]).toEqual(['person', 'scope', 'reason']);
    expect([...faultsOf(full, false, NOW)]).toEqual([]);
    expect([...faultsOf({ ...full, sites: ['site-1'], devices: [] }, false, NOW)]).toEqual([]);
    expect([...faultsOf({ ...full, begins: '2026-11-22T09:00' }, false, NOW)]).toEqual(['begins']);
    expect([...faultsOf({ ...full, begins: 'tomorrow' }, false, NOW)]).toEqual(['begins']);
  });
  it('ends after the length that was chosen, counted from its beginning', () => {
    expect(draftOf({ ...full, hours: 4 }, NOW)).toEqual({
      role: 'vendor',
      sites: [],
      devices: ['cam-0007'],
      until: NOW + 4 * HOUR,
      reason: 'mend the camera',
    });
    const later = draftOf({ ...full, person: 'per-1', begins: '2026-11-22T12:00' }, NOW);
    expect(later).toMatchObject({ person: 'per-1', from: NOW + 2 * HOUR, until: NOW + 4 * HOUR });
  });
  it.each(TEMPORARY_ROLES)('offers a %s no more than the city allows, and keeps a length that the role has', (role) => {
    expect(Math.max(...LENGTHS_HOURS[role])).toBe(ACCESS_LENGTH_MAX_HOURS[role]);
    expect(LENGTHS_HOURS[role]).toContain(withRole({ ...full, hours: 1 }, role).hours);
    expect(withRole({ ...full, hours: 24 }, role).hours).toBe(24);
  });
  it('takes ids as people type them', () => {
    expect(idsIn(['CAM-0007, cam-0008', 'cam-0007', ' '])).toEqual(['cam-0007', 'cam-0008']);
  });
});
