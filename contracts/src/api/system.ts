/** The system itself: health, jobs, enrolment of devices, replay of recorded traffic. */
import { Type, type Static } from 'typebox';
import { IMPORT_BODY_MAX_BYTES } from '@cityward/kernel';
import { endpoint } from '../endpoint.ts';
import { Closed, Count, Id, OneId, OneOf, Reason, Time } from '../schema.ts';

export const Health = Closed({
  status: OneOf(['starting', 'ok', 'degraded']),
  storage: Type.String(),
  promise: Type.String(),
  version: Type.String(),
  notes: Type.Array(Type.String()),
  /** What somebody has to do by a day, or should have done. */
  reminders: Type.Array(Type.String()),
});
export type Health = Static<typeof Health>;
export const Job = Closed({
  id: Id,
  kind: Type.String(),
  title: Type.String(),
  state: OneOf(['waiting', 'running', 'done', 'failed']),
  attempts: Count,
  attemptsMax: Count,
  progress: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()]),
  created: Time,
  started: Type.Union([Time, Type.Null()]),
  ended: Type.Union([Time, Type.Null()]),
  error: Type.Union([Type.String(), Type.Null()]),
});
export type Job = Static<typeof Job>;
export const DeviceIdentity = Closed({
  device: Id,
  state: OneOf(['none', 'code-issued', 'enrolled', 'held', 'revoked', 'expired', 'ended']),
  serial: Type.Union([Type.String(), Type.Null()]),
  spiffe: Type.Union([Type.String(), Type.Null()]),
  notAfter: Type.Union([Time, Type.Null()]),
  connected: Type.Boolean(),
  until: Type.Union([Time, Type.Null()]),
  reason: Type.Union([Type.String(), Type.Null()]),
});
export type DeviceIdentity = Static<typeof DeviceIdentity>;
const BecauseOf = Closed({ reason: Reason });

export const system = {
  health: endpoint({
    name: 'health',
    method: 'GET',
    path: '/health',
    action: 'readHealth',
    summary: 'Is it well, and what does its storage promise',
    answer: Health,
  }),
  listJobs: endpoint({
    name: 'listJobs',
    method: 'GET',
    path: '/api/jobs',
    action: 'readJobs',
    summary: 'Background jobs, newest first',
    answer: Closed({ jobs: Type.Array(Job) }),
  }),
  retryJob: endpoint({
    name: 'retryJob',
    method: 'POST',
    path: '/api/jobs/:id/retry',
    action: 'retryJob',
    summary: 'Try a failed job again',
    params: OneId,
    answer: Job,
  }),
  getIdentity: endpoint({
    name: 'getIdentity',
    method: 'GET',
    path: '/api/devices/:id/identity',
    action: 'readDevice',
    summary: "A device's certificate and standing",
    params: OneId,
    answer: DeviceIdentity,
  }),
  issueEnrolmentCode: endpoint({
    name: 'issueEnrolmentCode',
    method: 'POST',
    path: '/api/devices/:id/enrolment-code',
    action: 'issueEnrolmentCode',
    summary: 'A one-time code for EST, shown once',
    params: OneId,
    /** With `approve` a person must still let the device in when it comes with the code. */
    query: Closed({ approve: Type.Optional(Type.Boolean()) }),
    answer: Closed({ device: Id, code: Type.String(), expires: Time, url: Type.String() }),
  }),
  revokeDevice: endpoint({
    name: 'revokeDevice',
    method: 'POST',
    path: '/api/devices/:id/revoke',
    action: 'revokeDevice',
    summary: "Revoke a device's certificates; its sessions end within a second",
    params: OneId,
    body: BecauseOf,
    answer: DeviceIdentity,
  }),
  replay: endpoint({
    name: 'replay',
    method: 'POST',
    path: '/api/replays',
    action: 'replayObservations',
    summary: 'Play recorded Zeek lines in, marked as replay',
    query: Closed({
      file: Type.String({ maxLength: 200 }),
      speed: Type.Optional(Type.Number({ minimum: 0, maximum: 1_000_000, description: '0: as fast as it goes' })),
      learn: Type.Optional(Type.Boolean()),
    }),
    body: Type.String(),
    answer: Closed({ id: Id, accepted: Count, rejected: Type.Array(Closed({ line: Count, reason: Type.String() })) }),
    bodyMaxBytes: IMPORT_BODY_MAX_BYTES,
  }),
} as const;
