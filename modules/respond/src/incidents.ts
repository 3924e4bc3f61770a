/** The incident room: timeline, trace, who is affected, and the plan for containing it. */
import { newId, ok, refuse, type Clock, type IncidentId, type Refusal, type Result } from '@cityward/kernel';
import type {
  Affected,
  Containment,
  ContainmentPlan,
  Finding,
  Incident,
  LiveEvent,
  Situation,
  TimelineItem,
  Trace,
} from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';
import type { ContactLog } from './domain/contact-log.ts';
import { planContainment } from './domain/plan.ts';
import { traceSources } from './domain/trace.ts';
import type { Containments } from './containments.ts';
import type { CityNeeds, LedgerNeeds } from './needs.ts';
import type { Situations } from './situations.ts';
import {
  addToTimeline,
  closeIncidentRow,
  insertIncident,
  loadIncidents,
  loadTimeline,
  type IncidentRow,
  type TimelineRow,
} from './store.ts';
import { affectedBy } from './affected.ts';
import { presentTrace, stepText } from './present.ts';

export interface IncidentParts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly city: CityNeeds;
  readonly ledger: LedgerNeeds;
  readonly situations: Situations;
  readonly containments: Containments;
  readonly contacts: ContactLog;
  readonly tell: (event: LiveEvent) => void;
  /** An incident was opened, contained or closed. */
  readonly touched: () => Promise<void>;
}
type Outcome<T> = Promise<Result<T, Refusal>>;
export interface Incidents {
  open(situation: string, by: string): Outcome<Incident>;
  list(): Promise<Omit<Incident, 'timeline' | 'devices' | 'containments'>[]>;
  get(id: string): Outcome<Incident>;
  note(id: string, by: string, text: string): Outcome<Incident>;
  close(id: string, by: string, reason: string): Outcome<Incident>;
  dismiss(situation: string, by: string, reason: string): Outcome<Situation>;
  trace(id: string): Outcome<Trace>;
  affected(id: string): Outcome<Affected>;
  preview(id: string, ask: { hours: number; devices?: readonly string[] }): Outcome<ContainmentPlan>;
  apply(id: string, ask: { hash: string; reason: string; by: string }): Outcome<Containment>;
}

/** Previews that can still be applied: applying does exactly what was shown, not what would be planned now. */
const PREVIEWS_MAX = 200;
const PREVIEW_LIFE_MS = 15 * 60_000;

export const createIncidents = (parts: IncidentParts): Incidents => new IncidentRoom(parts);

class IncidentRoom implements Incidents {
  readonly #parts: IncidentParts;
  readonly #previews = new Map<string, ContainmentPlan>();

  constructor(parts: IncidentParts) {
    this.#parts = parts;
  }

  async open(id: string, by: string): Outcome<Incident> {
    const { sql, situations, clock, tell } = this.#parts;
    const situation = await situations.get(id);
    if (!situation) return noSituation('open', id);
    if (situation.state !== 'open')
      return refuse(
        'conflict',
        'SITUATION_NOT_OPEN',
        `open situation "${id}" as an incident: it is ${situation.state}; an open one is wanted`,
      );
    const now = clock();
    const incident = newId<IncidentId>('inc');
    await sql.transact(async (tx) => {
      const row: IncidentRow = {
        id: incident,
        situation: id,
        state: 'open',
        opened: now,
        openedBy: by,
        title: situation.title,
        closed: null,
      };
      await insertIncident(tx, row);
      await situations.change(tx, { ...situation, state: 'incident', incident });
      await this.#say(tx, incident, {
        lane: 'response',
        text: 'Opened as an incident',
        actor: by,
        type: 'incident.opened',
        data: { situation: id, title: situation.title },
      });
    });
    for (const device of situation.devices)
      this.#parts.city.mark(device, { state: 'suspect', reason: situation.title, incident, until: null });
    tell({ kind: 'situation', at: now, id, title: situation.title, change: 'incident' });
    await this.#parts.touched();
    return this.get(incident);
  }

  async list(): Promise<Omit<Incident, 'timeline' | 'devices' | 'containments'>[]> {
    const rows = await loadIncidents(this.#parts.sql);
    const all = await Promise.all(
      rows.map(async (row) => ({ row, situation: await this.#parts.situations.get(row.situation) })),
    );
    return all.flatMap(({ row, situation }) => (situation ? [headOf(row, situation)] : []));
  }

  async get(id: string): Outcome<Incident> {
    const found = await this.#load(id);
    if (!found.ok) return found;
    const { row, situation } = found.value;
    const containments = await this.#parts.containments.ofIncident(id);
    const devices = situation.devices.map((device) => {
      const known = this.#parts.city.device(device);
      return {
        id: device,
        name: known?.name ?? device,
        class: known?.class ?? 'other',
        ward: known?.ward?.name ?? '',
        state: known?.state ?? 'unknown',
        role: situation.severity === 'notice' ? ('suspected' as const) : ('infected' as const),
      };
    });
    return ok({ ...headOf(row, situation), devices, timeline: await this.#timeline(id, situation), containments });
  }

  note(id: string, by: string, text: string): Outcome<Incident> {
    return this.#change(id, (tx) =>
      this.#say(tx, id, { lane: 'note', text, actor: by, type: 'incident.noted', data: { text } }),
    );
  }

  async close(id: string, by: string, reason: string): Outcome<Incident> {
    const active = (await this.#parts.containments.ofIncident(id)).filter((one) =>
      ['applying', 'in-force', 'partly-failed'].includes(one.state),
    );
    if (active.length > 0)
      return refuse(
        'conflict',
        'CONTAINMENT_IN_FORCE',
        `close incident "${id}": a containment is in force; undo it or let it end first`,
      );
    const done = await this.#change(id, async (tx, { situation }) => {
      const closed = { by, at: this.#parts.clock(), reason };
      await closeIncidentRow(tx, id, closed);
      await this.#parts.situations.change(tx, { ...situation, state: 'dismissed', dismissed: closed });
      await this.#say(tx, id, {
        lane: 'response',
        text: `Closed. Reason: ${reason}`,
        actor: by,
        type: 'incident.closed',
        data: { reason },
      });
      this.#clear(situation);
    });
    await this.#parts.touched();
    return done;
  }

  async dismiss(id: string, by: string, reason: string): Outcome<Situation> {
    const { sql, situations, clock, tell } = this.#parts;
    const situation = await situations.get(id);
    if (!situation) return noSituation('dismiss', id);
    if (situation.state !== 'open')
      return refuse(
        'conflict',
        'SITUATION_NOT_OPEN',
        `dismiss situation "${id}": it is ${situation.state}; an open one is wanted`,
      );
    const next: Situation = { ...situation, state: 'dismissed', dismissed: { by, at: clock(), reason } };
    await sql.transact(async (tx) => {
      await situations.change(tx, next);
      tx.record({
        module: 'respond',
        type: 'situation.dismissed',
        actor: by,
        subject: id,
        at: clock(),
        data: { reason },
      });
    });
    this.#clear(situation);
    tell({ kind: 'situation', at: clock(), id, title: situation.title, change: 'dismissed' });
    return ok(next);
  }

  async trace(id: string): Outcome<Trace> {
    const found = await this.#load(id);
    if (!found.ok) return found;
    const { situation } = found.value;
    const findings = await this.#parts.situations.findings(situation.id);
    const began = performance.now();
    const view = this.#parts.contacts.view();
    const result = traceSources(view, firstAlerts(findings));
    const cut = new Set(
      (await this.#parts.containments.ofIncident(id))
        .filter((one) => one.undone === null && one.state !== 'ended')
        .flatMap((one) => one.devices.map((line) => line.device)),
    );
    return ok(
      presentTrace({
        result,
        view,
        situation,
        city: this.#parts.city,
        cut,
        now: this.#parts.clock(),
        ms: performance.now() - began,
      }),
    );
  }

  async affected(id: string): Outcome<Affected> {
    const found = await this.#load(id);
    if (!found.ok) return found;
    const since = new Map<string, number>();
    for (const finding of await this.#parts.situations.findings(found.value.situation.id))
      since.set(finding.device, Math.min(since.get(finding.device) ?? Infinity, finding.at));
    return ok(affectedBy(since, this.#parts.city));
  }

  async preview(id: string, ask: { hours: number; devices?: readonly string[] }): Outcome<ContainmentPlan> {
    const found = await this.#load(id);
    if (!found.ok) return found;
    const { situation, row } = found.value;
    if (row.state === 'closed')
      return refuse('conflict', 'INCIDENT_CLOSED', `plan containment of incident "${id}": it is closed`);
    const foreign = ask.devices?.find((device) => !situation.devices.includes(device));
    if (foreign)
      return refuse(
        'invalid',
        'DEVICE_NOT_IN_INCIDENT',
        `plan containment: device "${foreign}" is not part of incident "${id}"`,
      );
    const { city, clock } = this.#parts;
    const plan = planContainment({
      incident: id,
      now: clock(),
      hours: ask.hours,
      infected: ask.devices ?? situation.devices,
      device: (device) => city.device(device),
      behind: (through) => city.behind(through),
      services: city.services(),
      dependants: (device) => city.dependants(device),
    });
    this.#remember(plan);
    return ok(plan);
  }

  async apply(id: string, ask: { hash: string; reason: string; by: string }): Outcome<Containment> {
    const plan = this.#previews.get(ask.hash);
    const now = this.#parts.clock();
    if (!plan || plan.incident !== id || now - plan.at > PREVIEW_LIFE_MS) {
      return refuse(
        'conflict',
        'PLAN_NOT_PREVIEWED',
        `contain incident "${id}": the plan "${ask.hash.slice(0, 12)}" was not previewed in the last 15 minutes; preview it, then apply`,
      );
    }
    const asked = { ...plan, ends: now + (plan.ends - plan.at), at: now };
    const applied = await this.#parts.containments.apply(asked, ask.by, ask.reason);
    if (applied.ok) await this.#parts.touched();
    return applied;
  }

  #remember(plan: ContainmentPlan): void {
    this.#previews.delete(plan.hash);
    this.#previews.set(plan.hash, plan);
    for (const [hash] of this.#previews) {
      if (this.#previews.size <= PREVIEWS_MAX) break;
      this.#previews.delete(hash);
    }
  }

  async #load(id: string): Promise<Result<{ row: IncidentRow; situation: Situation }, Refusal>> {
    const [row] = await loadIncidents(this.#parts.sql, id);
    const situation = row ? await this.#parts.situations.get(row.situation) : null;
    return row && situation
      ? ok({ row, situation })
      : refuse('not-found', 'INCIDENT_NOT_FOUND', `find incident "${id}": there is none`);
  }

  async #change(id: string, work: (tx: Tx, found: { situation: Situation }) => Promise<void>): Outcome<Incident> {
    const found = await this.#load(id);
    if (!found.ok) return found;
    if (found.value.row.state === 'closed')
      return refuse('conflict', 'INCIDENT_CLOSED', `change incident "${id}": it is closed; open ones can be changed`);
    await this.#parts.sql.transact((tx) => work(tx, found.value));
    this.#parts.tell({ kind: 'incident', at: this.#parts.clock(), id, change: 'changed' });
    return this.get(id);
  }

  async #say(
    tx: Tx,
    incident: string,
    said: {
      lane: TimelineItem['lane'];
      text: string;
      actor: string;
      type: Parameters<Tx['record']>[0]['type'];
      data: Parameters<Tx['record']>[0]['data'];
    },
  ): Promise<void> {
    const at = this.#parts.clock();
    const fact = tx.record({
      module: 'respond',
      type: said.type,
      actor: said.actor,
      subject: incident,
      at,
      data: said.data,
      personal: said.lane === 'note',
    });
    await addToTimeline(tx, incident, {
      at,
      lane: said.lane,
      text: said.text,
      actor: said.actor,
      subject: incident,
      fact,
    });
  }

  #clear(situation: Situation): void {
    for (const device of situation.devices)
      this.#parts.city.mark(device, { state: 'clear', reason: '', incident: null, until: null });
  }

  /** Alerts from findings, the attack from the trace, responses and notes as they were written. */
  async #timeline(id: string, situation: Situation): Promise<TimelineItem[]> {
    const findings = await this.#parts.situations.findings(situation.id);
    const alerts = findings.map((finding): TimelineItem => ({
      at: finding.at,
      lane: 'alert',
      text: finding.title,
      actor: 'watch',
      subject: finding.device,
      entry: null,
    }));
    const traced = traceSources(this.#parts.contacts.view(), firstAlerts(findings));
    const steps = [...(traced.sources[0]?.entry ? [traced.sources[0].entry] : []), ...traced.steps];
    const attack = steps.map((step): TimelineItem => ({
      at: step.at,
      lane: 'attack',
      text: stepText(step, this.#parts.city),
      actor: step.from,
      subject: step.to,
      entry: null,
    }));
    const written = await Promise.all((await loadTimeline(this.#parts.sql, id)).map((row) => this.#withEntry(row)));
    return [...alerts, ...attack, ...written].sort((a, b) => a.at - b.at);
  }

  async #withEntry({ fact, ...row }: TimelineRow): Promise<TimelineItem> {
    return { ...row, entry: fact ? await this.#parts.ledger.entryOf(fact) : null };
  }
}

/** One alert for each device, its first: a device that alarms often must not weigh more than one that alarms once. */
function firstAlerts(findings: readonly Finding[]): { node: string; at: number }[] {
  const first = new Map<string, number>();
  for (const { device, at } of findings) first.set(device, Math.min(first.get(device) ?? Infinity, at));
  return [...first].map(([node, at]) => ({ node, at }));
}

const noSituation = (what: string, id: string) =>
  refuse('not-found', 'SITUATION_NOT_FOUND', `${what} situation "${id}": there is none`);
const headOf = (row: IncidentRow, situation: Situation) => ({
  id: row.id,
  state: row.state,
  opened: row.opened,
  openedBy: row.openedBy,
  title: situation.title,
  situation,
  closed: row.closed,
});
