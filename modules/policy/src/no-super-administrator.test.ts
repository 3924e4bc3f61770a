/** Nobody can do everything: not one role, not all the roles that one person may hold, not a temporary one. */
import { describe, expect, it } from 'vitest';
import { ACTIONS, STANDING_ROLES, TEMPORARY_ROLES } from '@cityward/contracts';
import type { ActionName, EntityAttributes, Principal, Resource, Role } from '@cityward/contracts';
import { silentLog } from '@cityward/log';
import { createPolicy } from './index.ts';

const policy = createPolicy({ log: silentLog, onFault: ({ faults }) => expect(faults).toEqual([]) });
const person = (roles: readonly string[], attributes: EntityAttributes = {}): Principal => ({
  type: 'Person',
  id: 'per-ann',
  roles,
  attributes,
});
const device = (id: string, site: string): Resource => ({ type: 'Device', id, attributes: { class: 'camera', site } });
const other: Resource = { type: 'Person', id: 'per-bob', attributes: {} };
const self: Resource = { type: 'Person', id: 'per-ann', attributes: {} };
/** Nobody is officer and administrator in one (identity refuses it): the most that one person can hold. */
const MOST = [
  ['administrator', 'operator', 'analyst', 'auditor'],
  ['officer', 'operator', 'analyst', 'auditor'],
] as const;
const people = (Object.keys(ACTIONS) as ActionName[]).filter((action) => !['publish', 'subscribe'].includes(action));
const may = (who: Principal, action: ActionName, about?: Resource): boolean => {
  const type = ACTIONS[action];
  const resource = about ?? { type, id: type === 'City' ? 'city' : 'per-bob', attributes: {} };
  const context = action === 'invitePerson' || action === 'setRoles' ? { roles: ['analyst'] } : {};
  return policy.decide(who, action, resource, context).allow;
};
const lacks = (roles: readonly Role[]): string[] => people.filter((action) => !may(person(roles), action));

describe('no standing super-administrator', () => {
  /** Written out: what matters most and is kept from each. */
  it.each([
    ['administrator', ['signChange', 'planChange', 'steerChange', 'issueEnrolmentCode', 'applyContainment']],
    ['operator', ['signChange', 'invitePerson', 'setRoles', 'disablePerson', 'exportEvidence']],
    ['analyst', ['signChange', 'planChange', 'invitePerson', 'setRoles', 'judgeAccess', 'issueEnrolmentCode']],
    ['officer', ['planChange', 'steerChange', 'invitePerson', 'setRoles', 'judgeAccess', 'applyContainment']],
    ['auditor', ['signChange', 'planChange', 'setRoles', 'judgeAccess', 'applyContainment', 'revokeDevice']],
    ['vendor', ['readCity', 'readIncident', 'readEvidence', 'planChange', 'issueEnrolmentCode', 'judgeAccess']],
    ['installer', ['readCity', 'readIncident', 'readEvidence', 'planChange', 'revokeDevice', 'judgeAccess']],
  ] as const)('%s cannot do everything', (role, kept) => {
    expect(lacks([role])).toEqual(expect.arrayContaining([...kept]));
  });
  it.each(MOST)('not even with %s, %s, %s and %s together', (...roles) => {
    const missing = lacks(roles);
    // What changes devices takes a plan and a signature: these never meet with the power over people.
    const [rules, signs] = [!missing.includes('setRoles'), !missing.includes('signChange')];
    expect([rules, signs].filter(Boolean)).toHaveLength(1);
    expect(missing).toEqual(expect.arrayContaining(['reissueLink', 'recordEvidence', 'enrol', 'reEnrol']));
  });
  it('nobody lets in themself, whatever roles they have', () => {
    const all = person([...STANDING_ROLES, ...TEMPORARY_ROLES]);
    expect([may(all, 'judgeAccess', other), may(all, 'judgeAccess', self)]).toEqual([true, false]);
    const cli: Principal = { type: 'Service', id: 'city-cli', roles: [], attributes: {} };
    expect([may(cli, 'askAccess', other), may(cli, 'judgeAccess', other)]).toEqual([true, false]);
  });
  it.each(['officer', ...TEMPORARY_ROLES])('nobody is made %s for good', (role) => {
    const all = person(STANDING_ROLES);
    const context = { roles: ['analyst', role] };
    expect(policy.decide(all, 'setRoles', other, context).allow).toBe(false);
    expect(policy.decide(all, 'invitePerson', { type: 'City', id: 'city', attributes: {} }, context).allow).toBe(false);
  });
});

describe('temporary roles', () => {
  const near = device('cam-0001', 'site-1');
  const named = device('cam-0009', 'site-9');
  const far = device('cam-0002', 'site-2');
  const placeless = device('cam-0003', '');
  const scope = (role: string): EntityAttributes => ({
    [`${role}Sites`]: ['site-1'],
    [`${role}Devices`]: ['cam-0009'],
  });
  it.each([
    ['vendor', 'readDevice'],
    ['installer', 'readDevice'],
    ['installer', 'readDeviceBaseline'],
    ['installer', 'issueEnrolmentCode'],
  ] as const)('let a %s %s within their scope and nowhere else', (role, action) => {
    const who = person([role], scope(role));
    const answers = [near, named, far, placeless].map((about) => may(who, action, about));
    expect(answers).toEqual([true, true, false, false]);
    // Without the role the scope is worth nothing, without the scope the role is.
    expect(may(person([], scope(role)), action, near)).toBe(false);
    expect(may(person([role]), action, near)).toBe(false);
  });
  it('do not mix: what one role may see the other may not enrol', () => {
    const who = person(['vendor', 'installer'], { vendorSites: ['site-1'], installerSites: ['site-2'] });
    expect([may(who, 'issueEnrolmentCode', near), may(who, 'issueEnrolmentCode', far)]).toEqual([false, true]);
    expect([may(who, 'readDevice', near), may(who, 'readDevice', far)]).toEqual([true, true]);
    expect([may(who, 'readDeviceBaseline', near), may(who, 'readDeviceBaseline', far)]).toEqual([false, true]);
  });
});
