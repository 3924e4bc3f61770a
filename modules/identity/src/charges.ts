/** Whom the caretaker looks after: devices and networks by their certificates, people by their sign-ins, cloud services by their calls. */
import { openCaretaker, type Caretaker, type Charge, type Charges } from './caretaker.ts';
import type { Devices } from './devices.ts';
import { DORMANT_DAYS, type Judged } from './domain/health.ts';
import { credentialHealth } from './domain/service-health.ts';
import type { IdentityOptions } from './needs.ts';
import type { People } from './people.ts';
import type { Services } from './services.ts';
import type { TrustService } from './trust.ts';
import type { WaysIn } from './ways-in.ts';

export interface LookedAfter {
  readonly devices: Devices;
  readonly people: People;
  readonly waysIn: WaysIn;
  readonly trust: TrustService;
  readonly services: Services;
}

export async function openCare(options: IdentityOptions, after: LookedAfter): Promise<Caretaker> {
  const { devices, people, waysIn, trust, services } = after;
  const kindOf = (id: string): 'device' | 'network' => devices.holder(id)?.type ?? 'device';
  const caretaker = await openCaretaker({
    ...options,
    register: devices.register,
    trust,
    kindOf,
    isClaimedTwice: devices.approvals.isClaimedTwice,
    keyHealth: {
      person: (id) => passkeyHealth(waysIn.passkeysOf(id)),
      service: (id) => {
        const shown = services.shownBy(id);
        return shown && credentialHealth(shown, options.clock());
      },
    },
    charges: {
      device: holders(options, devices, { kind: 'device', kindOf }),
      network: holders(options, devices, { kind: 'network', kindOf }),
      person: persons(people),
      service: programs(services),
    },
    dormantDays: options.dormantDays ?? DORMANT_DAYS,
  });
  devices.standing.onStanding((id) => caretaker.judge(id));
  devices.approvals.onChange((id) => caretaker.judge(id));
  return caretaker;
}

const passkeyHealth = (passkeys: number): Judged =>
  passkeys > 0
    ? { value: 100, reason: 'there is a passkey to sign in with' }
    : { value: 60, reason: 'there is no passkey yet: signs in by links or codes' };

function holders(
  { directory }: IdentityOptions,
  { register, standing }: Devices,
  { kind, kindOf }: { readonly kind: 'device' | 'network'; readonly kindOf: (id: string) => string },
): Charges {
  const chargeOf = (id: string): Charge => ({
    subject: { kind, id },
    // Whoever was given a certificate was there then.
    lastSeen: Math.max(register.latest(id)?.notBefore ?? 0, directory.lastSeen?.(id) ?? 0),
    spared: directory.isLifeSafety?.(id) ? 'lives rest on it, so a person decides' : null,
  });
  return {
    *list() {
      for (const id of register.holders()) {
        const restriction = register.restriction(id)?.kind;
        if (kindOf(id) === kind && restriction !== 'revoked' && restriction !== 'ended') yield chargeOf(id);
      }
    },
    end: (id, reason) => standing.end(id, { as: 'dormant', reason, by: 'system' }),
  };
}

/** Whoever was registered or given a secret was there then; later, whoever asked for something. */
const programs = (services: Services): Charges => ({
  *list() {
    for (const { id, state, registered, secret, lastUsed } of services.list())
      if (state === 'active')
        yield {
          subject: { kind: 'service', id },
          lastSeen: Math.max(registered, secret ?? 0, lastUsed ?? 0),
          spared: null,
        };
  },
  end: (id, reason) => services.end(id, { reason, by: 'system' }),
});

function persons(people: People): Charges {
  const lastSeen = (): ReadonlyMap<string, number> => {
    const seen = new Map<string, number>();
    for (const one of people.sessions.activity())
      seen.set(one.person, Math.max(seen.get(one.person) ?? 0, one.lastSeen));
    return seen;
  };
  return {
    *list() {
      const active = lastSeen();
      // Residents have their records here whether they look at them or not.
      const living = people.working().filter(({ state }) => state !== 'disabled');
      const administrators = living.filter(({ roles, state }) => roles.includes('administrator') && state === 'active');
      const isLast = (id: string): boolean => administrators.every((one) => one.id === id);
      for (const { id, roles, lastSeen: signedIn } of living) {
        const seen = Math.max(active.get(id) ?? 0, signedIn ?? 0);
        yield {
          subject: { kind: 'person', id },
          lastSeen: seen === 0 ? null : seen,
          spared:
            roles.includes('administrator') && isLast(id)
              ? 'nobody else could let people in, so the last administrator stays'
              : null,
        };
      }
    },
    end: (id) => people.disable(id, 'system'),
  };
}
