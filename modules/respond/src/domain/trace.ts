/** Where it started: every alert is searched backward in time, and the nodes that best explain all of them are ranked. */
import { HOUR_MS } from '@cityward/kernel';
import { pathFrom, searchBackward, type Backward, type ContactCost } from './backward.ts';
import type { ContactView } from './contact-log.ts';
import { isOutside } from './words.ts';

/** One thing that was noticed: at which node and when. */
export interface Alert {
  readonly node: string;
  readonly at: number;
}
/** A contact of a path, by names. */
export interface PathStep {
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly kind: 'flow' | 'command';
  readonly port: number;
  /** 1: nobody made this contact before; 0: an everyday one. */
  readonly rarity: number;
}
export interface RankedSource {
  readonly node: string;
  /** Mean over alerts of how well the node explains each, 0 to 1. */
  readonly score: number;
  /** Alerts that a time-respecting path from here reaches. */
  readonly reaches: number;
  /** The first unusual contact that left it, or its own alert. */
  readonly firstAt: number;
  /** How it was itself reached from outside, when it was; then on to the farthest alert. */
  readonly path: readonly PathStep[];
  /** The outside address that touched it first by an unusual contact before that. */
  readonly entry: PathStep | null;
}
export interface TraceResult {
  readonly sources: readonly RankedSource[];
  readonly determinable: boolean;
  readonly note: string;
  /** The steps from the first source to every alert it reaches, without repeats. */
  readonly steps: readonly PathStep[];
  readonly considered: { readonly contacts: number; readonly from: number; readonly to: number };
}

/** Parameters, fixed once for all data; ARCHITECTURE.md says what they were measured on. */
export const TRACE = {
  /** How far back an alert is searched. */
  windowMs: 24 * HOUR_MS,
  /** A pair known for longer than this before a contact makes that contact an everyday one. */
  usualAfterMs: HOUR_MS,
  usualCost: 3,
  rareCost: 0.15,
  commandCost: 0.1,
  /** A contact that was not answered carries little: it may have been answered unseen. */
  triedCost: 2,
  /** Alerts beyond this are left out, the newest first, so that a flood of them cannot take the time. */
  alertsMax: 200,
  sourcesMax: 10,
  pathMax: 12,
  /** Below this lead over the next the evidence does not single out one source. */
  leadMin: 0.05,
} as const;

/** Rare contacts are cheap; the price of everyday ones keeps recorders, time servers and masters out of the ranking. */
export function contactCost(view: ContactView): ContactCost {
  return (index) => {
    const what = view.what[index]!;
    const kind = what & 3;
    const known = view.at[index]! - view.pairFirstAt(index) > TRACE.usualAfterMs;
    if (known) return TRACE.usualCost;
    return kind === 2 ? TRACE.commandCost : kind === 1 ? TRACE.triedCost : TRACE.rareCost;
  };
}

export function traceSources(view: ContactView, alerts: readonly Alert[]): TraceResult {
  const chosen = [...alerts].sort((a, b) => a.at - b.at).slice(0, TRACE.alertsMax);
  const costOf = contactCost(view);
  const searches = chosen.flatMap((alert) => {
    const node = view.indexOf(alert.node);
    return node === undefined
      ? []
      : [{ alert, search: searchBackward(view, { node, at: alert.at, since: alert.at - TRACE.windowMs }, costOf) }];
  });
  const first = chosen[0]?.at ?? 0;
  const considered = {
    contacts: view.length,
    from: view.at[0] ?? first,
    to: view.length > 0 ? view.at[view.length - 1]! : first,
  };
  if (searches.length === 0)
    return undetermined('no alert of this incident was seen in the recorded contacts', considered);
  const scores = scoreNodes(
    view,
    searches.map((one) => one.search),
  );
  const ranked = rank(view, scores).slice(0, TRACE.sourcesMax);
  const sources = ranked.map((node) => describe({ view, node, score: scores[node]!, searches, costOf }));
  const lead = (sources[0]?.score ?? 0) - (sources[1]?.score ?? 0);
  const steps = uniqueSteps(sources[0] ? searches.flatMap(({ search }) => stepsFrom(view, search, ranked[0]!)) : []);
  if (sources.length === 0)
    return undetermined('no device of the city leads to these alerts by any recorded contact', considered);
  const determinable = sources.length === 1 || lead >= TRACE.leadMin;
  const note = determinable
    ? `${sources[0]!.node} explains the alerts best`
    : `${sources[0]!.node} and ${sources[1]!.node} explain the alerts equally well; a contact before ${new Date(sources[0]!.firstAt).toISOString()} would tell them apart`;
  return { sources, determinable, note, steps, considered };
}

const undetermined = (note: string, considered: TraceResult['considered']): TraceResult => ({
  sources: [],
  determinable: false,
  note,
  steps: [],
  considered,
});

const explains = (cost: number): number => (cost === Infinity ? 0 : Math.exp(-cost));

function scoreNodes(view: ContactView, searches: readonly Backward[]): Float64Array {
  const scores = new Float64Array(view.nodes);
  for (const { cost } of searches) for (let node = 0; node < view.nodes; node++) scores[node]! += explains(cost[node]!);
  for (let node = 0; node < view.nodes; node++) scores[node]! /= searches.length;
  return scores;
}

// Addresses outside the city are how it came in, not where in the city it started: they are told as entries.
function rank(view: ContactView, scores: Float64Array): number[] {
  const nodes: number[] = [];
  for (let node = 0; node < view.nodes; node++)
    if (scores[node]! > 0.01 && !isOutside(view.nodeOf(node))) nodes.push(node);
  return nodes.sort((a, b) => scores[b]! - scores[a]!);
}

interface Described {
  readonly view: ContactView;
  readonly node: number;
  readonly score: number;
  readonly searches: readonly { readonly alert: Alert; readonly search: Backward }[];
  readonly costOf: ContactCost;
}

function describe({ view, node, score, searches, costOf }: Described): RankedSource {
  const name = view.nodeOf(node);
  const reaching = searches.filter(({ search }) => search.cost[node]! < TRACE.usualCost);
  const paths = reaching.map(({ search }) => stepsFrom(view, search, node));
  const longest = paths.reduce<PathStep[]>((best, path) => (path.length > best.length ? path : best), []);
  const own = searches.filter(({ alert }) => alert.node === name).map(({ alert }) => alert.at);
  const firstAt = Math.min(...own, ...paths.flatMap((path) => (path[0] ? [path[0].at] : [])), Infinity);
  const entry = entryOf(view, { node, before: firstAt, costOf });
  return {
    node: name,
    score: Math.min(1, score),
    reaches: reaching.length,
    firstAt: Number.isFinite(firstAt) ? firstAt : (searches[0]?.alert.at ?? 0),
    path: [...(entry ? [entry] : []), ...longest].slice(0, TRACE.pathMax),
    entry,
  };
}

/** The last unusual contact from outside before the node itself began. */
function entryOf(view: ContactView, ask: { node: number; before: number; costOf: ContactCost }): PathStep | null {
  const since = ask.before - TRACE.windowMs;
  for (let index = view.length - 1; index >= 0 && view.at[index]! >= since; index--) {
    if (view.to[index] !== ask.node || view.at[index]! > ask.before || ask.costOf(index) >= TRACE.triedCost) continue;
    if (isOutside(view.nodeOf(view.from[index]!))) return stepOf(view, index);
  }
  return null;
}

function stepOf(view: ContactView, index: number): PathStep {
  const what = view.what[index]!;
  const age = view.at[index]! - view.pairFirstAt(index);
  const rarity = Math.max(0, 1 - age / TRACE.usualAfterMs);
  return {
    at: view.at[index]!,
    from: view.nodeOf(view.from[index]!),
    to: view.nodeOf(view.to[index]!),
    kind: (what & 3) === 2 ? 'command' : 'flow',
    port: what >> 2,
    rarity,
  };
}

const stepsFrom = (view: ContactView, search: Backward, node: number): PathStep[] =>
  pathFrom(view, search, node).map((index) => stepOf(view, index));

function uniqueSteps(steps: readonly PathStep[]): PathStep[] {
  const seen = new Map<string, PathStep>();
  for (const step of steps) {
    const key = `${step.from} ${step.to} ${step.port}`;
    const before = seen.get(key);
    if (!before || step.at < before.at) seen.set(key, step);
  }
  return [...seen.values()].sort((a, b) => a.at - b.at);
}

/** Contacts from any of the nodes to outside addresses that are new: the beacons a screen should draw. */
export function newOutsideContacts(view: ContactView, nodes: readonly string[], since: number): PathStep[] {
  const wanted = new Set(nodes.map((node) => view.indexOf(node)).filter((index) => index !== undefined));
  const steps: PathStep[] = [];
  for (let index = view.length - 1; index >= 0 && view.at[index]! >= since - TRACE.windowMs; index--) {
    if (!wanted.has(view.from[index]!) || !isOutside(view.nodeOf(view.to[index]!))) continue;
    if (view.at[index]! - view.pairFirstAt(index) === 0 && view.at[index]! > since - TRACE.windowMs)
      steps.push(stepOf(view, index));
  }
  return uniqueSteps(steps);
}
