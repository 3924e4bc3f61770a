/** A trace as a person reads it: names instead of ids, a path graph, plain reasons. */
import type { Situation, Trace } from '@cityward/contracts';
import { MINUTE_MS } from '@cityward/kernel';
import type { ContactView } from './domain/contact-log.ts';
import { newOutsideContacts, type PathStep, type RankedSource, type TraceResult } from './domain/trace.ts';
import { addressOf } from './domain/words.ts';
import type { CityNeeds } from './needs.ts';

const EDGES_MAX = 400;

export interface Presented {
  readonly result: TraceResult;
  readonly view: ContactView;
  readonly situation: Situation;
  readonly city: CityNeeds;
  /** Devices that a containment in force has cut. */
  readonly cut: ReadonlySet<string>;
  readonly now: number;
  readonly ms: number;
}

const nameOf = (node: string, city: CityNeeds): string =>
  node.startsWith('ip:') ? addressOf(node) : (city.device(node)?.name ?? node);
export const stepText = (step: PathStep, city: CityNeeds): string =>
  `${nameOf(step.from, city)} ${step.kind === 'command' ? 'commanded' : 'contacted'} ${nameOf(step.to, city)}${step.port ? ` on port ${step.port}` : ''}`;

export function presentTrace({ result, view, situation, city, cut, now, ms }: Presented): Trace {
  const infected = new Set<string>(situation.devices);
  const outside = newOutsideContacts(view, situation.devices, situation.opened);
  const entries = result.sources[0]?.entry ? [result.sources[0].entry] : [];
  const steps = [...entries, ...result.steps, ...outside].slice(0, EDGES_MAX);
  const source = result.sources[0]?.node;
  const nodes = [...new Set([...situation.devices, ...steps.flatMap((step) => [step.from, step.to])])];
  return {
    at: now,
    determinable: result.determinable,
    note: noteOf(result, city),
    sources: result.sources.map((one, index) => ({
      rank: index + 1,
      node: one.node,
      name: nameOf(one.node, city),
      score: one.score,
      firstAt: one.firstAt,
      reason: reasonOf(one, city),
      reaches: one.reaches,
      path: one.path.map((step) => ({
        at: step.at,
        from: step.from,
        fromName: nameOf(step.from, city),
        to: step.to,
        toName: nameOf(step.to, city),
        kind: step.kind,
        text: stepText(step, city),
        rarity: step.rarity,
      })),
    })),
    graph: {
      nodes: nodes.map((id) => ({
        id,
        name: nameOf(id, city),
        kind: id.startsWith('ip:') ? 'address' : (city.device(id)?.class ?? 'other'),
        role: id === source ? 'source' : id.startsWith('ip:') ? 'outside' : infected.has(id) ? 'infected' : 'bystander',
        ward: city.device(id)?.ward?.name ?? '',
      })),
      edges: steps.map((step) => ({
        from: step.from,
        to: step.to,
        at: step.at,
        kind: step.kind,
        text: stepText(step, city),
        cut: cut.has(step.from) || cut.has(step.to),
      })),
    },
    considered: { events: result.considered.contacts, from: result.considered.from, to: result.considered.to, ms },
  };
}

/** The trace speaks in ids; people read names. */
const noteOf = ({ note, sources }: TraceResult, city: CityNeeds): string =>
  sources.slice(0, 2).reduce((text, source) => text.replace(source.node, nameOf(source.node, city)), note);

/** `It reached 13 of the devices first, by contacts never made before; 198.51.100.7 had contacted it 2 minutes earlier; installed 6 days ago by Northwind`. */
function reasonOf(source: RankedSource, city: CityNeeds): string {
  const parts = [`a chain of contacts leads from it to ${source.reaches} of the devices`];
  if (source.entry) {
    const minutes = Math.round((source.firstAt - source.entry.at) / MINUTE_MS);
    const when = minutes < 1 ? 'less than a minute' : minutes === 1 ? 'a minute' : `${minutes} minutes`;
    parts.push(`${addressOf(source.entry.from)} from outside had contacted it ${when} earlier, for the first time`);
  }
  const device = city.device(source.node);
  const installer = device?.installer ? city.party(device.installer) : null;
  if (device?.installed) {
    const days = Math.max(0, Math.round((source.firstAt - device.installed) / 86_400_000));
    if (days <= 30) parts.push(`it was installed ${days} days ago${installer ? ` by ${installer.name}` : ''}`);
  }
  const text = parts.join('; ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
