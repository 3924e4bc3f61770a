/** Which VLAN a device gets at a switch: its class's own where it is trusted, quarantine for everybody else, nothing for whoever is out. */
import { DEVICE_CLASSES, type VlanPlan } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Standing } from './standing.ts';

export type PortAccess =
  | { readonly give: 'vlan'; readonly vlan: number; readonly quarantined: boolean }
  | { readonly give: 'nothing'; readonly why: string };

const CLASS_VLAN_FIRST = 101;
const QUARANTINE_VLAN = 999;
const GATEWAY_VLAN = 100;

/** What counts until somebody says otherwise: every class apart. */
export const FIRST_PLAN: VlanPlan = {
  quarantine: QUARANTINE_VLAN,
  classes: [
    { class: 'site-gateway', vlan: GATEWAY_VLAN },
    ...DEVICE_CLASSES.map((name, index) => ({ class: name, vlan: CLASS_VLAN_FIRST + index })),
  ],
};

/** Two classes may share a VLAN; nobody shares the quarantine. */
export function checkPlan({ quarantine, classes }: VlanPlan): Result<void, Refusal<'VLANS_NOT_VALID'>> {
  const wrong = (what: string) => refuse('invalid', 'VLANS_NOT_VALID', `set VLANs: ${what}`);
  const seen = new Set<string>();
  for (const { class: name, vlan } of classes) {
    if (seen.has(name)) return wrong(`"${name}" is named twice`);
    seen.add(name);
    if (vlan === quarantine) return wrong(`"${name}" has the quarantine VLAN ${vlan}, wanted another`);
  }
  return ok(undefined);
}

/** A device as far as the rule looks at it. */
export interface Joining {
  /** Class of device or kind of network; null for whom the city does not know. */
  readonly class: string | null;
  readonly standing: Standing;
  /** Its trust is not at the bottom, and policy lets it join. */
  readonly allowed: boolean;
}

/** Held devices, and whoever is unknown, expired or not allowed, may still be looked at in quarantine; the revoked and the ended not even that. */
export function decideAccess(plan: VlanPlan, { class: name, standing, allowed }: Joining): PortAccess {
  if (standing === 'revoked' || standing === 'ended') return { give: 'nothing', why: `it is ${standing}` };
  const quarantine = { give: 'vlan', vlan: plan.quarantine, quarantined: true } as const;
  if (standing !== 'active' || !allowed || name === null) return quarantine;
  const own = plan.classes.find((one) => one.class === name);
  return own ? { give: 'vlan', vlan: own.vlan, quarantined: false } : quarantine;
}

const STATION =
  /^([0-9a-f]{2})[:.-]?([0-9a-f]{2})[:.-]?([0-9a-f]{2})[:.-]?([0-9a-f]{2})[:.-]?([0-9a-f]{2})[:.-]?([0-9a-f]{2})/i;

/** One spelling for a station, however the switch writes it in this packet; what is no MAC address stays as it is. */
export function stationOf(text: string): string {
  const match = STATION.exec(text);
  return match ? match.slice(1, 7).join('-').toUpperCase() : text.slice(0, 64);
}
