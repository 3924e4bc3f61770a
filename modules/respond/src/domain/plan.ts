/** What to cut, what that does to the city, and what must not be touched: decided before anything is done. */
import { createHash } from 'node:crypto';
import type { ContainmentPlan, Criticality, DeviceClass, ServiceKind } from '@cityward/contracts';
import { canonicalJson, HOUR_MS } from '@cityward/kernel';
import { minimumVertexCut } from './cut.ts';
import { CLASS_WORDS, countOf } from './words.ts';

/** A device as a plan sees it. */
export interface PlanDevice {
  readonly id: string;
  readonly name: string;
  readonly class: DeviceClass;
  readonly criticality: Criticality;
  readonly neverCut: boolean;
  readonly failSafe: string;
  /** The site switch it hangs on; null for none. */
  readonly through: string | null;
}
export interface PlanService {
  readonly id: string;
  readonly name: string;
  readonly kind: ServiceKind;
  readonly criticality: Criticality;
  readonly devices: readonly string[];
}
export interface PlanInput {
  readonly incident: string;
  readonly now: number;
  readonly hours: number;
  readonly infected: readonly string[];
  readonly device: (id: string) => PlanDevice | null;
  /** Devices that hang on a site switch. */
  readonly behind: (through: string) => readonly string[];
  readonly services: readonly PlanService[];
  /** What each device feeds or steers, in words: `Pump 3 loses its controller`. */
  readonly dependants: (id: string) => readonly string[];
}

/** What it costs the city to lose a device of this criticality; a life-safety device is never cut by a plan. */
const WEIGHT: Readonly<Record<Criticality, number>> = {
  routine: 1,
  important: 3,
  essential: 30,
  'life-safety': Infinity,
};
/** A switch cut takes everything behind it, and a technician to bring it back. */
const SWITCH_PENALTY = 10;
export const HOURS_MAX = 72;

export const mayCut = (device: PlanDevice): boolean => !device.neverCut && device.criticality !== 'life-safety';
const weightOf = (device: PlanDevice): number => (mayCut(device) ? WEIGHT[device.criticality] : Infinity);

/**
 * The cheapest set of devices and switches that separates the infected from the rest of the city. An infected device that may not
 * be cut is spared and named; when nothing may be cut the plan says that no safe cut exists.
 */
export function planContainment(input: PlanInput): ContainmentPlan {
  const infected = input.infected.flatMap((id) => input.device(id) ?? []);
  const spared = infected.filter((device) => !mayCut(device));
  const cut = chooseCut(infected.filter(mayCut), input);
  const ends = input.now + input.hours * HOUR_MS;
  const effects = effectsOf(cut, input.services);
  const actions = cut.map((device) => ({
    device: device.id,
    name: device.name,
    class: device.class,
    by: device.through ? ('session-and-switch' as const) : ('session' as const),
    through: device.through,
    effect: [device.failSafe, ...input.dependants(device.id)].join('; '),
  }));
  const refusal = cut.length > 0 ? null : refusalOf(infected.length, spared);
  const body = { incident: input.incident, hours: input.hours, cut: cut.map((device) => device.id) };
  return {
    ...body,
    hash: createHash('sha256')
      .update(`cityward/containment/v1\0${canonicalJson(body)}`)
      .digest('hex'),
    at: input.now,
    possible: cut.length > 0,
    refusal,
    sentence: refusal ?? sentenceOf(cut, { effects, hours: input.hours }),
    cut: actions,
    spared: spared.map((device) => ({ device: device.id, name: device.name, reason: sparedBecause(device) })),
    effects,
    protects: input.services
      .filter((service) => service.criticality === 'life-safety')
      .map(({ id, name }) => ({ id, name })),
    ends,
  };
}

const sparedBecause = (device: PlanDevice): string =>
  device.neverCut
    ? `A ${CLASS_WORDS[device.class].one} is never cut: isolating it could hurt people. Send a technician`
    : `A ${CLASS_WORDS[device.class].one} is life-safety and is never cut by a plan. Send a technician`;

function refusalOf(infected: number, spared: readonly PlanDevice[]): string {
  if (infected === 0) return 'No device of this incident is known, so there is nothing to contain';
  return `No safe cut exists: ${countOf(spared.map((device) => device.class))} of this incident may never be cut. Send a technician to each`;
}

/**
 * Vertex cut on: infected device - its switch - the rest of the city. The rest is protected and so are the uncuttable; a switch may be cut only when
 * nothing behind it is uncuttable, and then everything behind it is.
 */
function chooseCut(infected: readonly PlanDevice[], input: PlanInput): PlanDevice[] {
  const through = [...new Set(infected.flatMap((device) => device.through ?? []))];
  const city = infected.length + through.length;
  const weight = new Float64Array(city + 1);
  const links: number[] = [];
  infected.forEach((device, index) => {
    weight[index] = weightOf(device);
    links.push(index, device.through ? infected.length + through.indexOf(device.through) : city);
  });
  const behind = through.map((id) => input.behind(id).flatMap((device) => input.device(device) ?? []));
  through.forEach((id, index) => {
    const node = infected.length + index;
    const own = input.device(id);
    weight[node] =
      SWITCH_PENALTY + [...behind[index]!, ...(own ? [own] : [])].reduce((sum, device) => sum + weightOf(device), 0);
    links.push(node, city);
  });
  const cut = minimumVertexCut({
    nodes: city + 1,
    links: Int32Array.from(links),
    weight,
    infected: infected.map((_, index) => index),
    protect: [city],
  });
  if (!cut.possible) return [];
  const chosen = cut.nodes.flatMap((node) =>
    node < infected.length ? [infected[node]!] : behind[node - infected.length]!,
  );
  return [...new Map(chosen.map((device) => [device.id, device])).values()]
    .filter(mayCut)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function effectsOf(cut: readonly PlanDevice[], services: readonly PlanService[]): ContainmentPlan['effects'] {
  const gone = new Set(cut.map((device) => device.id));
  return services
    .map((service) => ({
      service,
      affected: service.devices.filter((id) => gone.has(id)).length,
      of: service.devices.length,
    }))
    .filter(({ service, affected }) => affected > 0 || service.criticality === 'life-safety')
    .sort((a, b) => b.affected - a.affected)
    .map(({ service, affected, of }) => ({
      service: service.name,
      affected,
      of,
      text:
        affected === 0 ? `${service.name}: not affected` : `${service.name}: ${affected} of ${of} devices are isolated`,
    }));
}

/** `Isolates 14 of 120 cameras; no crossing is affected; ends in 4 hours`. */
function sentenceOf(
  cut: readonly PlanDevice[],
  { effects, hours }: { effects: ContainmentPlan['effects']; hours: number },
): string {
  const classes = cut.map((device) => device.class);
  const totals = effects.find((effect) => effect.affected === cut.length);
  const many = countOf(classes).replace(/^(\d+)/, totals && totals.of > cut.length ? `$1 of ${totals.of}` : '$1');
  const hurt = cut.some((device) => device.class === 'crossing' || device.class === 'signal');
  const crossings = hurt ? 'crossings or signals are affected' : 'no crossing is affected';
  return `Isolates ${many}; ${crossings}; ends in ${hours} ${hours === 1 ? 'hour' : 'hours'}`;
}
