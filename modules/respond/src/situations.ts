/** Takes findings in, groups them, and keeps situations in SQL and in memory. */
import { newId, type Clock, type SituationId } from '@cityward/kernel';
import type { DetectorName, Finding, LiveEvent, Situation } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';
import {
  bySeverityThenTime,
  situationsOf,
  worst,
  type Evidence,
  type Grouping,
  type InContact,
} from './domain/situations.ts';
import { causeOf, isOutside, titleOf } from './domain/words.ts';
import type { CityNeeds, FindingNeeds } from './needs.ts';
import {
  findingsOf,
  linkFindings,
  loadSituation,
  loadSituations,
  moveFindings,
  saveSituation,
  situationOfFinding,
} from './store.ts';

export interface SituationParts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly city: CityNeeds;
  readonly findings: FindingNeeds;
  readonly inContact: InContact;
  readonly tell: (event: LiveEvent) => void;
}
interface Held extends Grouping {
  situation: Situation;
  /** Findings by id: enough of each to write the title again. */
  readonly members: Map<string, Finding>;
}
export interface Situations {
  start(): Promise<void>;
  take(finding: Finding): Promise<void>;
  list(state?: Situation['state']): Promise<Situation[]>;
  get(id: string): Promise<Situation | null>;
  findings(id: string): Promise<Finding[]>;
  /** Saves a changed situation with the caller's transaction and keeps memory the same after it. */
  change(tx: Tx, situation: Situation): Promise<void>;
}

const MEMBERS_MAX = 5_000;

export const createSituations = (parts: SituationParts): Situations => new OpenSituations(parts);

class OpenSituations implements Situations {
  readonly #parts: SituationParts;
  readonly #open = new Map<string, Held>();
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: SituationParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    for (const state of ['open', 'incident'] as const) {
      for (const situation of await loadSituations(this.#parts.sql, state)) {
        const findings = await this.findings(situation.id);
        this.#hold(situation, new Map(findings.map((finding) => [finding.id, finding])));
        this.#mark(situation);
      }
    }
  }

  /** One at a time: two findings of one cause must not open two situations. */
  take(finding: Finding): Promise<void> {
    const mine = this.#turn.then(() => this.#take(finding));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async list(state?: Situation['state']): Promise<Situation[]> {
    return (await loadSituations(this.#parts.sql, state)).sort(bySeverityThenTime);
  }

  get(id: string): Promise<Situation | null> {
    return loadSituation(this.#parts.sql, id);
  }

  async findings(id: string): Promise<Finding[]> {
    const held = this.#open.get(id);
    if (held) return [...held.members.values()];
    const rows = await findingsOf(this.#parts.sql, id);
    const loaded = await Promise.all(rows.map((row) => this.#parts.findings.get(row.finding)));
    return loaded.filter((finding) => finding !== null);
  }

  async change(tx: Tx, situation: Situation): Promise<void> {
    await saveSituation(tx, situation);
    const held = this.#open.get(situation.id);
    if (situation.state === 'dismissed') this.#open.delete(situation.id);
    else if (held) held.situation = situation;
  }

  async #take(finding: Finding): Promise<void> {
    const known = await situationOfFinding(this.#parts.sql, finding.id);
    const held = known ? this.#open.get(known) : undefined;
    if (known) {
      if (held?.members.has(finding.id)) held.members.set(finding.id, finding);
      return; // counted already, or its situation was dismissed or closed
    }
    const device = this.#parts.city.device(finding.device);
    const evidence: Evidence = {
      ...finding,
      finding: finding.id,
      site: device?.site ?? null,
      ward: device?.ward?.id ?? null,
    };
    await this.#settle(finding, situationsOf(evidence, [...this.#open.values()], this.#parts.inContact));
  }

  /** Puts the finding into the oldest of the situations and the others with it; opens one when there is none. */
  async #settle(finding: Finding, ids: readonly string[]): Promise<void> {
    const { sql, city, clock, tell } = this.#parts;
    const [keep, ...others] = ids.map((id) => this.#open.get(id)!);
    const members = new Map(keep?.members);
    for (const other of others) for (const [id, member] of other.members) members.set(id, member);
    if (members.size < MEMBERS_MAX) members.set(finding.id, finding);
    const base = keep?.situation ?? null;
    const situation = describe({
      base,
      id: base?.id ?? newId<SituationId>('sit'),
      members: [...members.values()],
      city,
    });
    await sql.transact(async (tx) => {
      await saveSituation(tx, situation);
      await linkFindings(tx, situation.id, [{ finding: finding.id, device: finding.device, at: finding.at }]);
      for (const other of others) await merge(tx, { other: other.situation, into: situation.id, now: clock() });
      tx.record({
        module: 'respond',
        type: base ? 'situation.grown' : 'situation.opened',
        actor: 'system',
        subject: situation.id,
        at: clock(),
        data: { title: situation.title, devices: situation.devices.slice(0, 100), finding: finding.id },
      });
    });
    for (const other of others) this.#open.delete(other.id);
    this.#hold(situation, members);
    this.#mark(situation);
    tell({
      kind: 'situation',
      at: clock(),
      id: situation.id,
      title: situation.title,
      change: base ? 'grown' : 'opened',
    });
  }

  #hold(situation: Situation, members: Map<string, Finding>): void {
    const findings = [...members.values()];
    this.#open.set(situation.id, {
      id: situation.id,
      opened: situation.opened,
      lastAt: situation.lastAt,
      devices: new Set(situation.devices),
      peers: new Set(situation.peers),
      detectors: new Set(findings.map((finding) => finding.detector)),
      wards: new Set(findings.flatMap((finding) => this.#parts.city.device(finding.device)?.ward?.id ?? [])),
      replay: situation.replay,
      situation,
      members,
    });
  }

  #mark(situation: Situation): void {
    if (situation.severity === 'notice') return;
    for (const device of situation.devices) {
      this.#parts.city.mark(device, {
        state: 'suspect',
        reason: situation.title,
        incident: situation.incident,
        until: null,
      });
    }
  }
}

async function merge(tx: Tx, { other, into, now }: { other: Situation; into: string; now: number }): Promise<void> {
  await moveFindings(tx, other.id, into);
  await saveSituation(tx, {
    ...other,
    state: 'dismissed',
    dismissed: { by: 'system', at: now, reason: `Same cause as ${into}, which holds its findings now` },
  });
}

/** Writes the situation anew from its findings; what people decided about it stays. */
function describe(draft: {
  base: Situation | null;
  id: string;
  members: readonly Finding[];
  city: CityNeeds;
}): Situation {
  const { base, id, city } = draft;
  const members = [...draft.members].sort((a, b) => a.at - b.at);
  const first = members[0]!;
  const ids = [...new Set(members.map((finding) => finding.device))];
  const devices = ids.flatMap((device) => city.device(device) ?? []);
  const wards = [...new Set(devices.flatMap((device) => device.ward?.name ?? []))];
  const outside = sharedOutside(members, ids.length);
  const detectors = [...new Set(members.map((finding) => finding.detector))] as DetectorName[];
  const names = ids.map((device) => city.device(device)?.name ?? device);
  const facts = { classes: devices.map((device) => device.class), names, wards, detectors, outside, first };
  const services = city.services().filter((service) => service.devices.some((device) => ids.includes(device)));
  return {
    id,
    state: base?.state ?? 'open',
    incident: base?.incident ?? null,
    opened: Math.min(base?.opened ?? first.at, first.at),
    lastAt: Math.max(...members.map((finding) => finding.lastAt)),
    severity: worst(members.map((finding) => finding.severity)),
    title: titleOf(facts),
    summary: `It began at ${names[0] ?? first.device}: ${first.observed}`,
    cause: causeOf(facts),
    devices: ids as Situation['devices'],
    peers: [...new Set(members.flatMap((finding) => finding.peers))].slice(0, 1_000),
    findings: members.length,
    wards,
    touches: services.map((service) => service.name).slice(0, 12),
    replay: first.replay,
    simulated: members.every((finding) => finding.simulated),
    dismissed: base?.dismissed ?? null,
  };
}

/** Public addresses that new-peer findings name, those of most devices first; with several devices only what at least two share. */
function sharedOutside(members: readonly Finding[], devices: number): string[] {
  const users = new Map<string, Set<string>>();
  for (const finding of members) {
    if (finding.detector !== 'new-peer') continue;
    for (const peer of finding.peers.filter(isOutside))
      users.set(peer, (users.get(peer) ?? new Set()).add(finding.device));
  }
  const least = devices > 1 ? 2 : 1;
  return [...users]
    .filter(([, by]) => by.size >= least)
    .sort((a, b) => b[1].size - a[1].size)
    .map(([peer]) => peer);
}
