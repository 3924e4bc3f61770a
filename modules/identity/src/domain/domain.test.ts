/** Tables and properties of the rules: standing, renewal, people, who may speak. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '@cityward/kernel';
import type { Observation, Role, StandingRole } from '@cityward/contracts';
import { checkNames, decideRenewal, type IssuedRecord, type Renewal } from './enrolment.ts';
import { maySpeak, type Sites } from './may-speak.ts';
import { spiffeOf, trustDomainOf } from './names.ts';
import {
  decideDisable,
  decideInvite,
  decideRoles,
  RESIDENTS_MAX,
  roomFor,
  sameHandle,
  WORKING_MAX,
  type PersonRecord,
} from './people.ts';
import { endedBy, endOf, SESSION_IDLE_MS } from './session.ts';
import { decideStanding, evolveStanding, HOLD_MAX_MS, inForce, standingOf } from './standing.ts';
import type { Restriction, StandingChange, StandingCommand } from './standing.ts';

const codeOf = (result: { ok: true } | { ok: false; error: { code: string } }): string =>
  result.ok ? 'ok' : result.error.code;

describe('standing', () => {
  const held: Restriction = { kind: 'held', at: 0, until: 100, reason: 'test', by: 'per-1' };
  const revoked: Restriction = { kind: 'revoked', at: 0, reason: 'test', by: 'per-1' };

  it.each([
    [null, true, 50, 'active'],
    [null, false, 50, 'none'],
    [held, true, 99, 'held'],
    [held, true, 100, 'active'],
    [held, false, 100, 'none'],
    [revoked, true, 1e15, 'revoked'],
  ] as const)('%# follows from restriction, certificate and time', (...[restriction, certified, now, wanted]) => {
    expect(standingOf(restriction, certified, now)).toBe(wanted);
  });
  it.each([
    [null, { do: 'release' }, 'DEVICE_NOT_HELD'],
    [held, { do: 'release' }, 'ok'],
    [revoked, { do: 'release' }, 'DEVICE_REVOKED'],
    [revoked, { do: 'hold', until: 99 }, 'DEVICE_REVOKED'],
    [revoked, { do: 'revoke' }, 'ok'],
    [null, { do: 'hold', until: 50 }, 'HOLD_END_NOT_VALID'],
    [null, { do: 'hold', until: NaN }, 'HOLD_END_NOT_VALID'],
    [null, { do: 'hold', until: 50 + HOLD_MAX_MS + 1 }, 'HOLD_END_NOT_VALID'],
    [null, { do: 'hold', until: 51 }, 'ok'],
  ] as const)('%# is decided', (restriction, command, wanted) => {
    expect(codeOf(decideStanding(restriction, command, 50))).toBe(wanted);
  });
  it('is never shortened by a second hold', () => {
    const second = decideStanding(held, { do: 'hold', until: 60 }, 50);
    expect(second).toEqual({ ok: true, value: { do: 'hold', until: 100 } });
  });
  it('never leaves revoked, whatever is asked afterwards', () => {
    const command = fc.oneof(
      fc.record({ do: fc.constant('hold' as const), until: fc.nat(1_000) }),
      fc.record({ do: fc.constantFrom('release' as const, 'revoke' as const) }),
    ) as fc.Arbitrary<StandingCommand>;
    fc.assert(
      fc.property(fc.array(command, { maxLength: 12 }), (commands) => {
        let current: Restriction | null = revoked;
        for (const [index, one] of commands.entries()) {
          const change = { ...one, device: 'cam-1', at: index, reason: 'x', by: 'y', sequence: 1, serials: [] };
          current = evolveStanding(inForce(current, index), change as StandingChange);
          expect(current?.kind).toBe('revoked');
        }
      }),
    );
  });
});

describe('renewal', () => {
  const record: IssuedRecord = { serial: 'A', device: 'cam-1', notBefore: 0, notAfter: 1_000, state: 'live' };
  const asked = { commonName: 'cam-1', standing: 'active', sameKey: false, now: 500 } as const;
  const renewal: Renewal = { ...asked, record, notAfter: record.notAfter };
  it.each([
    [{}, 'ok'],
    [{ record: undefined }, 'CERTIFICATE_UNKNOWN'],
    [{ commonName: 'cam-2' }, 'CERTIFICATE_NOT_OF_DEVICE'],
    [{ record: { ...record, state: 'revoked' } }, 'CERTIFICATE_REVOKED'],
    [{ record: { ...record, state: 'superseded' } }, 'CERTIFICATE_SUPERSEDED'],
    [{ standing: 'held' }, 'DEVICE_HELD'],
    [{ standing: 'revoked' }, 'DEVICE_REVOKED'],
    [{ now: -1 }, 'CERTIFICATE_NOT_YET_VALID'],
    [{ now: 1_000 }, 'ok'],
    [{ now: 1_001 }, 'CERTIFICATE_EXPIRED'],
    [{ now: 1_001, sameKey: true }, 'ok'],
    [{ now: 1_000 + 90 * DAY_MS, sameKey: true }, 'ok'],
    [{ now: 1_001 + 90 * DAY_MS, sameKey: true }, 'CERTIFICATE_EXPIRED'],
    [{ now: 1_001 + 90 * DAY_MS, sameKey: true, record: undefined }, 'CERTIFICATE_EXPIRED'],
    [{ now: 1_001, sameKey: true, standing: 'held' }, 'DEVICE_HELD'],
    [{ now: 1_001, sameKey: true, standing: 'ended' }, 'DEVICE_ENDED'],
  ] as const)('%# is decided', (change, wanted) => {
    expect(codeOf(decideRenewal({ ...renewal, ...change } as Renewal))).toBe(wanted);
  });
});

describe('names in a request', () => {
  const cn = { type: '2.5.4.3', value: 'cam-1' };
  const spiffe = spiffeOf('port-merrow', 'cam-1');
  const uri = { kind: 'uri', value: spiffe } as const;
  it.each([
    [[cn], null, 'ok'],
    [[cn], [], 'ok'],
    [[cn], [uri], 'ok'],
    [[], null, 'SUBJECT_NOT_OF_DEVICE'],
    [[{ ...cn, value: 'cam-2' }], null, 'SUBJECT_NOT_OF_DEVICE'],
    [[cn, cn], null, 'SUBJECT_NOT_OF_DEVICE'],
    [[{ ...cn, type: '2.5.4.10' }], null, 'SUBJECT_NOT_OF_DEVICE'],
    [[cn], [uri, uri], 'NAMES_NOT_OF_DEVICE'],
    [[cn], [{ kind: 'dns', value: spiffe }], 'NAMES_NOT_OF_DEVICE'],
    [[cn], [{ kind: 'uri', value: `${spiffe}/../cam-2` }], 'NAMES_NOT_OF_DEVICE'],
  ] as const)('%# are checked', (subject, alternativeNames, wanted) => {
    expect(codeOf(checkNames({ subject, alternativeNames }, 'cam-1', spiffe))).toBe(wanted);
  });
  it.each([
    ['Port Merrow', 'port-merrow'],
    ['Saint-Étienne (Loire)', 'saint-etienne-loire'],
    ['???', 'city'],
    ['x'.repeat(100), 'x'.repeat(63)],
  ])('trust domain of %s', (name, wanted) => expect(trustDomainOf(name)).toBe(wanted));
});

describe('people', () => {
  const person = (id: string, roles: StandingRole[], state: PersonRecord['state'] = 'active'): PersonRecord => ({
    id,
    handle: `handle of ${id}`,
    kind: 'staff',
    position: null,
    roles,
    state,
  });
  const position = { profession: 'doctor', organisation: 'party-clinic' } as const;
  const ann = person('per-ann', ['administrator']);
  const bob = person('per-bob', ['operator']);
  const cem = person('per-cem', ['administrator'], 'invited');
  const dee = person('per-dee', ['officer']);
  const gone = person('per-gone', ['administrator'], 'disabled');
  const tui: PersonRecord = { ...person('per-tui', []), kind: 'resident' };
  const all = [ann, bob, cem, dee, gone, tui];

  it.each([
    [{ handle: 'new', roles: ['operator'] }, 'ok'],
    [{ handle: 'new', roles: ['operator', 'officer'] }, 'OFFICER_NOT_GRANTED'],
    [{ handle: 'new', roles: [] }, 'ok'],
    [{ handle: 'new', roles: ['vendor'] }, 'ROLE_ONLY_TEMPORARY'],
    [{ handle: ' Handle of PER-BOB ', roles: ['operator'] }, 'HANDLE_TAKEN'],
    [{ handle: 'new', roles: [], kind: 'resident' }, 'ok'],
    [{ handle: 'new', roles: ['auditor'], kind: 'resident' }, 'ROLES_ONLY_STAFF'],
    [{ handle: 'new', roles: [], kind: 'professional' }, 'POSITION_NOT_VALID'],
    [{ handle: 'new', roles: [], kind: 'professional', position }, 'ok'],
    [{ handle: 'new', roles: [], kind: 'resident', position }, 'POSITION_NOT_VALID'],
    [{ handle: 'new', roles: ['operator'], position }, 'POSITION_NOT_VALID'],
  ] as const)('%# are invited or not', (wanted, code) =>
    expect(
      codeOf(
        decideInvite(
          { count: all.length, isTaken: all.some(({ handle }) => sameHandle(handle, wanted.handle)) },
          { kind: 'staff', position: null, ...wanted },
        ),
      ),
    ).toBe(code),
  );
  it.each([
    ['staff', WORKING_MAX],
    ['resident', RESIDENTS_MAX],
  ] as const)('of %s are at most %d', (kind, most) => {
    const wanted = { handle: 'new', roles: [], kind, position: null };
    expect(codeOf(decideInvite({ count: most - 1, isTaken: false }, wanted))).toBe('ok');
    expect(codeOf(decideInvite({ count: most, isTaken: false }, wanted))).toBe('TOO_MANY_PEOPLE');
    expect(codeOf(roomFor(kind, most - 5, 6))).toBe('TOO_MANY_PEOPLE');
  });
  it.each([
    ['per-bob', ['analyst'], 'ok'],
    ['per-bob', ['officer'], 'OFFICER_NOT_GRANTED'],
    ['per-ann', ['operator'], 'LAST_ADMINISTRATOR'],
    ['per-ann', ['administrator', 'officer'], 'OFFICER_NOT_GRANTED'],
    ['per-cem', ['operator'], 'ok'],
    ['per-dee', ['officer', 'auditor'], 'ok'],
    ['per-dee', ['auditor'], 'ok'],
    ['per-dee', ['officer', 'administrator'], 'OFFICER_NOT_ADMINISTRATOR'],
    ['per-bob', ['operator', 'installer'], 'ROLE_ONLY_TEMPORARY'],
    ['per-gone', ['operator'], 'PERSON_DISABLED'],
    ['per-none', ['operator'], 'PERSON_UNKNOWN'],
    ['per-tui', ['auditor'], 'ROLES_ONLY_STAFF'],
  ] as const)('%s gets %j: %s', (id, roles, code) =>
    expect(codeOf(decideRoles(all, { id, roles, by: 'per-other' }))).toBe(code),
  );
  it('give no roles to themselves, and may lay down their own', () => {
    const both = person('per-fay', ['administrator', 'operator']);
    const set = (roles: Role[]): string => codeOf(decideRoles([...all, both], { id: 'per-fay', roles, by: 'per-fay' }));
    expect(set(['administrator', 'operator', 'auditor'])).toBe('OWN_ROLES_NOT_RAISED');
    expect([set(['administrator']), set(['operator'])]).toEqual(['ok', 'ok']);
  });
  it.each([
    ['per-ann', 'LAST_ADMINISTRATOR'],
    ['per-bob', 'ok'],
    ['per-cem', 'ok'],
    ['per-none', 'PERSON_UNKNOWN'],
  ] as const)('%s is disabled: %s', (id, code) => expect(codeOf(decideDisable(all, id))).toBe(code));
  it('keep an active administrator whatever is done in whatever order', () => {
    const roles = fc.subarray<StandingRole>(['administrator', 'operator', 'analyst', 'auditor']);
    const act = fc.record({
      id: fc.constantFrom('per-ann', 'per-bob', 'per-eve'),
      roles: fc.option(roles, { nil: null }),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 20 }), (acts) => {
        const people = new Map([ann, bob, person('per-eve', ['administrator'])].map((one) => [one.id, one]));
        for (const { id, roles: wanted } of acts) {
          const list = [...people.values()];
          const decision = wanted ? decideRoles(list, { id, roles: wanted, by: 'per-other' }) : decideDisable(list, id);
          if (decision.ok) people.set(id, decision.value);
          const left = [...people.values()].filter(
            (one) => one.state === 'active' && one.roles.includes('administrator'),
          );
          expect(left.length).toBeGreaterThan(0);
        }
      }),
    );
  });
});

describe('sessions', () => {
  it.each([
    [0, null],
    [SESSION_IDLE_MS - 1, null],
    [SESSION_IDLE_MS, 'idle'],
    [5_000_000, 'expired'],
  ] as const)('at %i have ended by %s', (now, wanted) => {
    expect(endedBy({ lastSeen: 0, expires: 4_000_000 }, now)).toBe(wanted);
  });
  it('end at the earlier of the two', () => {
    expect(endOf({ lastSeen: 0, expires: 100 })).toBe(100);
    expect(endOf({ lastSeen: 0, expires: SESSION_IDLE_MS + 1 })).toBe(SESSION_IDLE_MS);
  });
});

describe('who may speak about whom', () => {
  const devices: Record<string, { class: string; site: string | null }> = {
    'cam-0001': { class: 'camera', site: 'site-a' },
    'cam-0002': { class: 'camera', site: 'site-b' },
    'switch-0001': { class: 'site-switch', site: 'site-a' },
    'plant-0001': { class: 'plant-controller', site: 'site-b' },
    'switch-0009': { class: 'site-switch', site: null },
    'lamp-0009': { class: 'street-light', site: null },
  };
  const sites: Sites = {
    device: (id) => (Object.hasOwn(devices, id) ? devices[id]! : null),
    siteOf: (id) => (Object.hasOwn(devices, id) ? devices[id]!.site : null),
    network: (id) => {
      const kind = ({ 'lora-1': 'lorawan-network', 'gateway-1': 'site-gateway' } as const)[id];
      return kind ? { kind, speaksFor: (device) => device === 'cam-0001' } : null;
    },
  };
  const telemetry = (subject: string): Observation => ({ kind: 'telemetry', at: 1, subject, values: {} });
  const log = (subject: string): Observation => ({ kind: 'log', at: 1, subject, severity: 5, app: 'a', message: 'm' });
  const status = (subject: string): Observation => ({ kind: 'status', at: 1, subject, state: 'online' });
  const flow = (src: string, dst: string): Observation => ({
    kind: 'flow',
    at: 1,
    src,
    dst,
    dst_port: 80,
    protocol: 'tcp',
    outcome: 'answered',
    bytes_out: 1,
    bytes_in: 1,
  });
  const command = (src: string, dst: string): Observation => ({ kind: 'command', at: 1, src, dst, action: 'write' });

  it.each([
    ['cam-0001', telemetry('cam-0001'), 'ok'],
    ['cam-0001', log('cam-0001'), 'ok'],
    ['cam-0001', status('cam-0001'), 'ok'],
    ['cam-0001', telemetry('cam-0002'), 'SUBJECT_NOT_SELF'],
    ['switch-0001', telemetry('cam-0001'), 'SUBJECT_NOT_SELF'],
    ['switch-0001', status('cam-0001'), 'SUBJECT_NOT_SELF'],
    ['cam-0001', flow('cam-0001', 'cam-0002'), 'NOT_A_WITNESS'],
    ['cam-0001', command('cam-0001', 'cam-0002'), 'NOT_A_WITNESS'],
    ['switch-0001', flow('cam-0001', 'ip:203.0.113.9'), 'ok'],
    ['switch-0001', flow('ip:203.0.113.9', 'cam-0001'), 'ok'],
    ['switch-0001', flow('cam-0001', 'cam-0002'), 'ok'],
    ['switch-0001', flow('cam-0002', 'cam-0001'), 'ok'],
    ['switch-0001', flow('switch-0001', 'ip:203.0.113.9'), 'ok'],
    ['switch-0001', flow('cam-0002', 'ip:203.0.113.9'), 'NOT_OF_SITE'],
    ['switch-0001', flow('ip:203.0.113.8', 'ip:203.0.113.9'), 'NOT_OF_SITE'],
    ['switch-0001', flow('cam-0001', 'cam-9999'), 'SUBJECT_UNKNOWN'],
    ['switch-0001', flow('constructor', 'cam-0001'), 'SUBJECT_UNKNOWN'],
    ['plant-0001', command('plant-0001', 'cam-0002'), 'ok'],
    ['plant-0001', command('plant-0001', 'cam-0001'), 'ok'],
    ['plant-0001', flow('cam-0001', 'cam-0001'), 'NOT_OF_SITE'],
    ['switch-0009', flow('lamp-0009', 'cam-0001'), 'SITE_UNKNOWN'],
    ['toaster-1', telemetry('toaster-1'), 'REPORTER_UNKNOWN'],
    ['lora-1', telemetry('cam-0001'), 'ok'],
    ['lora-1', status('cam-0001'), 'ok'],
    ['lora-1', status('lora-1'), 'ok'],
    ['lora-1', telemetry('lora-1'), 'NOT_SPOKEN_FOR'],
    ['lora-1', log('cam-0001'), 'NOT_SPOKEN_FOR'],
    ['lora-1', telemetry('cam-0002'), 'NOT_SPOKEN_FOR'],
    ['lora-1', status('gateway-1'), 'NOT_SPOKEN_FOR'],
    ['lora-1', flow('cam-0001', 'ip:203.0.113.9'), 'NOT_A_WITNESS'],
    ['gateway-1', flow('cam-0001', 'ip:203.0.113.9'), 'ok'],
    ['gateway-1', command('cam-0002', 'cam-0001'), 'ok'],
    ['gateway-1', flow('cam-0002', 'ip:203.0.113.9'), 'NOT_SPOKEN_FOR'],
    ['gateway-1', flow('cam-0001', 'cam-9999'), 'SUBJECT_UNKNOWN'],
  ] as const)('%# %s', (reporter, body, wanted) => expect(codeOf(maySpeak(sites, reporter, body))).toBe(wanted));
});
