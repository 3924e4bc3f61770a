/** What the city's own networks look like now, and how a plan of VLANs reads and changes. Pure but for its type. */
import { DEVICE_CLASSES, type DeviceClass } from '@cityward/contracts';
import type { PortMove, PortSession, VlanPlan } from '@cityward/contracts';
import type { Answer } from '../../live/client.ts';

export type NetworkAccess = Answer<'getNetworkAccess'>;
/** As a form holds it: an empty text is no VLAN. */
export type PlanDraft = Readonly<Record<string, string>>;

export const QUARANTINE = 'quarantine';
const VLAN_MIN = 1;
const VLAN_MAX = 4_094;

export const draftOfPlan = ({ quarantine, classes }: VlanPlan): PlanDraft => ({
  ...Object.fromEntries(classes.map((one) => [one.class, String(one.vlan)])),
  [QUARANTINE]: String(quarantine),
});

/** What may have a VLAN, by its name; gateways are no devices of the inventory. */
export const isDeviceClass = (name: string | null): name is DeviceClass => DEVICE_CLASSES.some((one) => one === name);

const isVlan = (text: string): boolean =>
  /^[0-9]{1,4}$/.test(text) && Number(text) >= VLAN_MIN && Number(text) <= VLAN_MAX;

/** The plan, or the names of the fields that hold no VLAN; quarantine has to be one. */
export function planOf(draft: PlanDraft): { readonly plan: VlanPlan } | { readonly wrong: readonly string[] } {
  const entries = Object.entries(draft).map(([name, text]) => [name, text.trim()] as const);
  const wrong = entries.filter(([name, text]) => (text === '' ? name === QUARANTINE : !isVlan(text)));
  if (wrong.length > 0) return { wrong: wrong.map(([name]) => name) };
  const classes = entries
    .filter(([name, text]) => name !== QUARANTINE && text !== '')
    .map(([name, text]) => ({ class: name as VlanPlan['classes'][number]['class'], vlan: Number(text) }));
  return { plan: { quarantine: Number(draft[QUARANTINE]), classes } };
}

const vlanIn = ({ quarantine, classes }: VlanPlan, name: string | null): number =>
  classes.find((one) => one.class === name)?.vlan ?? quarantine;

/** How many of the sessions that are listed a new plan moves: who is in quarantine goes with it, the rest with their class. */
export const movedBy = (plan: VlanPlan, { sessions, plan: before }: Pick<NetworkAccess, 'sessions' | 'plan'>): number =>
  sessions.filter((one) => {
    const should = one.quarantined && vlanIn(before, one.class) !== before.quarantine;
    return (should ? plan.quarantine : vlanIn(plan, one.class)) !== one.vlan;
  }).length;

export const SHOWS = ['all', 'quarantined', 'moving'] as const;
export const isShown = (one: PortSession, show: (typeof SHOWS)[number]): boolean =>
  show === 'all' || (show === 'quarantined' ? one.quarantined : one.moving !== null);

/** Those whose session is over: beside a port that is listed they would be said twice. */
export const goneOf = ({ moves, sessions }: Pick<NetworkAccess, 'moves' | 'sessions'>): readonly PortMove[] => {
  const here = new Set(sessions.map(({ nas, station }) => `${nas} ${station}`));
  return moves.filter(({ nas, station }) => !here.has(`${nas} ${station}`));
};
