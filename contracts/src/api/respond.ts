/** Situations, incidents, trace and containment. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { Closed, Count, Id, OneId, OneOf, Reason, Time } from '../schema.ts';
import { Finding } from './watch.ts';

const Ratio = Type.Number({ minimum: 0, maximum: 1 });
export const Situation = Closed({
  id: Id,
  state: OneOf(['open', 'incident', 'dismissed']),
  incident: Type.Union([Id, Type.Null()]),
  opened: Time,
  lastAt: Time,
  severity: OneOf(['notice', 'warning', 'alarm']),
  /** What happened, to what, where, in one plain sentence. */
  title: Type.String(),
  summary: Type.String(),
  cause: Type.String(),
  devices: Type.Array(Id),
  peers: Type.Array(Type.String()),
  findings: Count,
  wards: Type.Array(Type.String()),
  touches: Type.Array(Type.String()),
  replay: Type.Boolean(),
  simulated: Type.Boolean(),
  dismissed: Type.Union([Closed({ by: Type.String(), at: Time, reason: Type.String() }), Type.Null()]),
});
export type Situation = Static<typeof Situation>;

export const TraceStep = Closed({
  at: Time,
  from: Type.String(),
  fromName: Type.String(),
  to: Type.String(),
  toName: Type.String(),
  kind: OneOf(['flow', 'command', 'install', 'alert']),
  text: Type.String(),
  rarity: Ratio,
});
export type TraceStep = Static<typeof TraceStep>;
export const TraceSource = Closed({
  rank: Count,
  node: Type.String(),
  name: Type.String(),
  score: Ratio,
  firstAt: Time,
  reason: Type.String(),
  reaches: Count,
  path: Type.Array(TraceStep),
});
export type TraceSource = Static<typeof TraceSource>;
/** `determinable` false says that the evidence does not single out a source, and why. */
export const Trace = Closed({
  at: Time,
  determinable: Type.Boolean(),
  note: Type.String(),
  sources: Type.Array(TraceSource),
  graph: Closed({
    nodes: Type.Array(
      Closed({
        id: Type.String(),
        name: Type.String(),
        kind: Type.String(),
        role: OneOf(['source', 'infected', 'outside', 'bystander', 'protected']),
        ward: Type.String(),
      }),
    ),
    edges: Type.Array(
      Closed({
        from: Type.String(),
        to: Type.String(),
        at: Time,
        kind: Type.String(),
        text: Type.String(),
        cut: Type.Boolean(),
      }),
    ),
  }),
  considered: Closed({ events: Count, from: Time, to: Time, ms: Type.Number() }),
});
export type Trace = Static<typeof Trace>;

export const Affected = Closed({
  services: Type.Array(Closed({ id: Id, name: Type.String(), effect: Type.String() })),
  datasets: Type.Array(
    Closed({ id: Id, name: Type.String(), cohort: Type.String(), people: Count, devices: Type.Array(Id), since: Time }),
  ),
  people: Count,
  parties: Type.Array(Closed({ id: Id, name: Type.String(), role: Type.String(), devices: Count })),
});
export type Affected = Static<typeof Affected>;

const CutAction = Closed({
  device: Id,
  name: Type.String(),
  class: Type.String(),
  by: OneOf(['session', 'switch', 'session-and-switch']),
  through: Type.Union([Id, Type.Null()]),
  effect: Type.String(),
});
/** What containing would do, said before it is done. `hash` names exactly this plan; applying asks for it. */
export const ContainmentPlan = Closed({
  incident: Id,
  hash: Type.String(),
  at: Time,
  possible: Type.Boolean(),
  refusal: Type.Union([Type.String(), Type.Null()]),
  sentence: Type.String(),
  cut: Type.Array(CutAction),
  spared: Type.Array(Closed({ device: Id, name: Type.String(), reason: Type.String() })),
  effects: Type.Array(Closed({ service: Type.String(), affected: Count, of: Count, text: Type.String() })),
  protects: Type.Array(Closed({ id: Id, name: Type.String() })),
  hours: Type.Number(),
  ends: Time,
});
export type ContainmentPlan = Static<typeof ContainmentPlan>;
export const Containment = Closed({
  id: Id,
  incident: Id,
  state: OneOf(['applying', 'in-force', 'partly-failed', 'undone', 'ended']),
  applied: Time,
  ends: Time,
  by: Type.String(),
  reason: Type.String(),
  sentence: Type.String(),
  devices: Type.Array(
    Closed({
      device: Id,
      name: Type.String(),
      session: OneOf(['cut', 'none', 'released']),
      certificate: OneOf(['held', 'released', 'none']),
      switch: OneOf(['applied', 'waiting', 'failed', 'lifted', 'none']),
      through: Type.Union([Id, Type.Null()]),
      note: Type.String(),
    }),
  ),
  undone: Type.Union([Closed({ by: Type.String(), at: Time, reason: Type.String() }), Type.Null()]),
});
export type Containment = Static<typeof Containment>;

export const TimelineItem = Closed({
  at: Time,
  lane: OneOf(['alert', 'attack', 'response', 'note']),
  text: Type.String(),
  actor: Type.String(),
  subject: Type.String(),
  entry: Type.Union([Count, Type.Null()]),
});
export type TimelineItem = Static<typeof TimelineItem>;
export const Incident = Closed({
  id: Id,
  state: OneOf(['open', 'closed']),
  opened: Time,
  openedBy: Type.String(),
  title: Type.String(),
  situation: Situation,
  devices: Type.Array(
    Closed({
      id: Id,
      name: Type.String(),
      class: Type.String(),
      ward: Type.String(),
      state: Type.String(),
      role: OneOf(['infected', 'suspected', 'bystander']),
    }),
  ),
  timeline: Type.Array(TimelineItem),
  containments: Type.Array(Containment),
  closed: Type.Union([Closed({ by: Type.String(), at: Time, reason: Type.String() }), Type.Null()]),
});
export type Incident = Static<typeof Incident>;
const BecauseOf = Closed({ reason: Reason });
const PlanQuery = Closed({
  hours: Type.Number({ exclusiveMinimum: 0, maximum: 72 }),
  /** Only these of the infected; absent means all of them. */
  devices: Type.Optional(Type.Array(Id, { maxItems: 10_000 })),
});

export const respond = {
  listSituations: endpoint({
    name: 'listSituations',
    method: 'GET',
    path: '/api/situations',
    action: 'readCity',
    summary: 'Grouped situations, worst and newest first',
    query: Closed({ state: Type.Optional(OneOf(['open', 'incident', 'dismissed'])) }),
    answer: Closed({ situations: Type.Array(Situation) }),
  }),
  getSituation: endpoint({
    name: 'getSituation',
    method: 'GET',
    path: '/api/situations/:id',
    action: 'readCity',
    summary: 'One situation with its findings',
    params: OneId,
    answer: Closed({ situation: Situation, findings: Type.Array(Finding) }),
  }),
  dismissSituation: endpoint({
    name: 'dismissSituation',
    method: 'POST',
    path: '/api/situations/:id/dismiss',
    action: 'dismissSituation',
    summary: 'Dismiss a situation with a reason',
    params: OneId,
    body: BecauseOf,
    answer: Situation,
  }),
  openIncident: endpoint({
    name: 'openIncident',
    method: 'POST',
    path: '/api/situations/:id/incident',
    action: 'openIncident',
    summary: 'Open a situation as an incident',
    params: OneId,
    answer: Incident,
  }),
  listIncidents: endpoint({
    name: 'listIncidents',
    method: 'GET',
    path: '/api/incidents',
    action: 'readCity',
    summary: 'Incidents, newest first',
    answer: Closed({ incidents: Type.Array(Type.Omit(Incident, ['timeline', 'devices', 'containments'])) }),
  }),
  getIncident: endpoint({
    name: 'getIncident',
    method: 'GET',
    path: '/api/incidents/:id',
    action: 'readIncident',
    summary: 'The incident room',
    params: OneId,
    answer: Incident,
  }),
  noteIncident: endpoint({
    name: 'noteIncident',
    method: 'POST',
    path: '/api/incidents/:id/notes',
    action: 'annotateIncident',
    summary: 'Write into the timeline',
    params: OneId,
    body: Closed({ text: Type.String({ minLength: 1, maxLength: 2_000 }) }),
    answer: Incident,
  }),
  closeIncident: endpoint({
    name: 'closeIncident',
    method: 'POST',
    path: '/api/incidents/:id/close',
    action: 'closeIncident',
    summary: 'Close an incident',
    params: OneId,
    body: BecauseOf,
    answer: Incident,
  }),
  traceIncident: endpoint({
    name: 'traceIncident',
    method: 'GET',
    path: '/api/incidents/:id/trace',
    action: 'readIncident',
    summary: 'Where it started: ranked sources with the path to each',
    params: OneId,
    answer: Trace,
  }),
  affectedBy: endpoint({
    name: 'affectedBy',
    method: 'GET',
    path: '/api/incidents/:id/affected',
    action: 'readIncident',
    summary: 'Services, datasets and people behind the devices',
    params: OneId,
    answer: Affected,
  }),
  previewContainment: endpoint({
    name: 'previewContainment',
    method: 'POST',
    path: '/api/incidents/:id/containment-plan',
    action: 'previewContainment',
    summary: 'What containing would do to the city',
    params: OneId,
    body: PlanQuery,
    answer: ContainmentPlan,
  }),
  applyContainment: endpoint({
    name: 'applyContainment',
    method: 'POST',
    path: '/api/incidents/:id/containments',
    action: 'applyContainment',
    summary: 'Contain, exactly as previewed',
    params: OneId,
    body: Type.Evaluate(Type.Intersect([PlanQuery, Closed({ hash: Type.String(), reason: Reason })])),
    answer: Containment,
  }),
  undoContainment: endpoint({
    name: 'undoContainment',
    method: 'POST',
    path: '/api/containments/:id/undo',
    action: 'undoContainment',
    summary: 'Take a containment back',
    params: OneId,
    body: BecauseOf,
    answer: Containment,
  }),
} as const;
