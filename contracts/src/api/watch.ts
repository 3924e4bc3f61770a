/** What is unusual, and why we say so. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { Closed, Count, Id, OneOf, Reason, Time } from '../schema.ts';
import { DETECTORS } from '../words.ts';

export const Finding = Closed({
  id: Id,
  detector: OneOf(DETECTORS),
  device: Id,
  at: Time,
  lastAt: Time,
  count: Count,
  severity: OneOf(['notice', 'warning', 'alarm']),
  state: OneOf(['open', 'dismissed']),
  /** Plain sentences. */
  title: Type.String(),
  observed: Type.String(),
  expected: Type.String(),
  why: Type.String(),
  wouldNotHaveAlarmedIf: Type.String(),
  /** Other nodes that take part: device ids or `ip:` addresses. */
  peers: Type.Array(Type.String()),
  port: Type.Union([Type.Integer(), Type.Null()]),
  replay: Type.Boolean(),
  simulated: Type.Boolean(),
  authenticated: Type.Boolean(),
  dismissed: Type.Union([Closed({ by: Type.String(), at: Time, reason: Type.String() }), Type.Null()]),
});
export type Finding = Static<typeof Finding>;

/** One measure of one device by hour: what was seen over the band that was expected for that hour of day. */
export const Behaviour = Closed({
  device: Id,
  learning: Type.Boolean(),
  learnedHours: Count,
  neededHours: Count,
  measures: Type.Array(
    Closed({
      name: Type.String(),
      unit: Type.String(),
      hours: Type.Array(
        Closed({
          at: Time,
          value: Type.Union([Type.Number(), Type.Null()]),
          low: Type.Union([Type.Number(), Type.Null()]),
          high: Type.Union([Type.Number(), Type.Null()]),
          simulated: Type.Boolean(),
        }),
      ),
    }),
  ),
  peers: Type.Array(
    Closed({
      peer: Type.String(),
      port: Type.Integer(),
      firstSeen: Time,
      lastSeen: Time,
      count: Count,
      usualForKind: Type.Boolean(),
    }),
  ),
});
export type Behaviour = Static<typeof Behaviour>;

export const watch = {
  listFindings: endpoint({
    name: 'listFindings',
    method: 'GET',
    path: '/api/findings',
    action: 'readCity',
    summary: 'Findings, newest first',
    query: Closed({
      device: Type.Optional(Id),
      state: Type.Optional(OneOf(['open', 'dismissed'])),
      offset: Type.Optional(Count),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
    }),
    answer: Closed({ total: Count, findings: Type.Array(Finding) }),
  }),
  getFinding: endpoint({
    name: 'getFinding',
    method: 'GET',
    path: '/api/findings/:id',
    action: 'readCity',
    summary: 'One finding',
    params: Closed({ id: Id }),
    answer: Finding,
  }),
  dismissFinding: endpoint({
    name: 'dismissFinding',
    method: 'POST',
    path: '/api/findings/:id/dismiss',
    action: 'dismissFinding',
    summary: 'Dismiss a finding: its behaviour is then known',
    params: Closed({ id: Id }),
    body: Closed({ reason: Reason }),
    answer: Finding,
  }),
  behaviour: endpoint({
    name: 'behaviour',
    method: 'GET',
    path: '/api/devices/:id/behaviour',
    action: 'readDevice',
    summary: 'What a device usually does and what it does now',
    params: Closed({ id: Id }),
    answer: Behaviour,
  }),
} as const;
