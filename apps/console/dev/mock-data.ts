/** Answers of the mock by endpoint name; held to the contracts' schemas by mock.test.ts. */
import type { Person } from '@cityward/contracts';
import { accessHandlers } from './mock-access.ts';
import { changeHandlers } from './mock-changes.ts';
import { baselineHandlers } from './mock-baseline.ts';
import { enrolHandlers } from './mock-enrol.ts';
import { mockReminders, networkHandlers } from './mock-networks.ts';
import { serviceHandlers } from './mock-services.ts';
import { deskFormHandlers } from './mock-desk-forms.ts';
import { deskHandlers } from './mock-desk.ts';
import { gateHandlers } from './mock-gate.ts';
import { MAKERS, mockMap } from './mock-city.ts';
import {
  cityNow,
  deviceOf,
  entriesOf,
  importOf,
  incidentOf,
  jobs,
  preview,
  setImport,
  situations,
} from './mock-answers.ts';
import {
  devicePoints,
  HOUR,
  listDevices,
  MockRefusal,
  sessionOf,
  storyOf,
  type Asked,
  type MockState,
} from './mock-state.ts';
import * as story from './mock-story.ts';
import { trace } from './mock-trace.ts';
import { mockTrust, personTrust, serviceTrust } from './mock-trust.ts';

type Handler = (state: MockState, asked: Asked) => unknown;
const body = <T>(asked: Asked): T => asked.body as T;
const SIZE = 1_284;

const respondHandlers: Readonly<Record<string, Handler>> = {
  listSituations: (state, { query }) => ({
    situations: situations(state).filter((one) => !query['state'] || one.state === query['state']),
  }),
  getSituation: (state, { params }) => {
    const found = situations(state).find((one) => one.id === params['id']);
    if (!found) throw new MockRefusal(404, 'SITUATION_UNKNOWN', `read situation "${params['id']}": no such situation`);
    const told = storyOf(state);
    return {
      situation: found,
      findings:
        found.severity === 'alarm'
          ? told.suspects.map((row, i) => story.finding(row, told.now - 9 * 60_000 + i * 34_000, i))
          : [],
    };
  },
  dismissSituation: (state, { params }) => (
    state.dismissed.add(params['id']!),
    situations(state).find((one) => one.id === params['id'])
  ),
  openIncident: (state) => ((state.incident = true), incidentOf(state)),
  listIncidents: (state) => ({
    incidents: state.incident
      ? [incidentOf(state)].map(({ timeline: _t, devices: _d, containments: _c, ...rest }) => rest)
      : [],
  }),
  getIncident: (state) => incidentOf(state),
  noteIncident: (state, asked) => (
    state.notes.push({
      at: Date.now(),
      lane: 'note',
      text: body<{ text: string }>(asked).text,
      actor: 'Mere',
      subject: 'inc-4d6f8h0j2k5m7p9r',
      entry: 840,
    }),
    incidentOf(state)
  ),
  closeIncident: (state, asked) => ({
    ...incidentOf(state),
    state: 'closed',
    closed: { by: 'Mere', at: Date.now(), reason: body<{ reason: string }>(asked).reason },
  }),
  traceIncident: (state) =>
    trace(
      storyOf(state),
      state.containments.some((one) => one.undone === null),
    ),
  affectedBy: (state) => story.affected(storyOf(state)),
  previewContainment: (state, asked) =>
    story.plan(storyOf(state), body<{ hours: number }>(asked).hours, body<{ devices?: string[] }>(asked).devices),
  applyContainment: (state, asked) => {
    const made = story.containment(storyOf(state), body(asked));
    state.containments.unshift(made);
    for (const device of made.devices) state.byId.get(device.device)!.state = 'contained';
    return made;
  },
  undoContainment: (state, asked) => {
    state.containments = state.containments.map((one) => ({
      ...one,
      state: 'undone',
      undone: { by: 'Mere', at: Date.now(), reason: body<{ reason: string }>(asked).reason },
      devices: one.devices.map((device) => ({
        ...device,
        session: 'released',
        certificate: 'released',
        switch: device.through === null ? 'none' : 'lifted',
      })),
    }));
    for (const device of state.containments[0]?.devices ?? []) state.byId.get(device.device)!.state = 'suspect';
    return state.containments[0];
  },
};

const sessionHandlers: Readonly<Record<string, Handler>> = {
  getSession: sessionOf,
  signInByLink: (state) => ((state.signedIn = true), sessionOf(state)),
  signInByRecoveryCode: (state, asked) => {
    if (!body<{ code: string }>(asked).code.startsWith('good'))
      throw new MockRefusal(403, 'RECOVERY_CODE_UNKNOWN', 'sign in with recovery code: it is not known or was used');
    state.signedIn = true;
    return sessionOf(state);
  },
  beginAccountSignIn: () => ({
    url: '/sign-in/account?code=mock&state=mock',
    attempt: 'k2m9c0q4x1ab3d5k2m9c0q4x1ab3d5',
  }),
  signInByAccount: (state) => {
    if (!state.account)
      throw new MockRefusal(
        403,
        'ACCOUNT_NOT_CONNECTED',
        'sign in with the city account: it belongs to nobody here, wanted one that was connected under "My account"',
      );
    state.signedIn = true;
    return sessionOf(state);
  },
  beginAccountConnection: () => ({
    url: '/sign-in/account?code=mock&state=mock',
    attempt: 'k2m9c0q4x1ab3d5k2m9c0q4x1ab3d5',
  }),
  connectAccount: (state) => ((state.account = true), sessionOf(state)),
  disconnectAccount: (state) => ((state.account = false), sessionOf(state)),
  disconnectPersonAccount: (state, asked) => (
    (state.account = false),
    state.people.find((one) => one.id === asked.params['id'])
  ),
  signOut: (state) => ((state.signedIn = false), sessionOf(state)),
  passkeyChallenge: () => ({ challenge: 'AAAA', rpId: 'localhost' }),
  newPasskeyChallenge: () => ({
    challenge: 'AAAA',
    rp: { id: 'localhost', name: 'Cityward' },
    user: { id: 'AAAA', name: 'Mere', displayName: 'Mere' },
    pubKeyCredParams: [{ alg: -7, type: 'public-key' }],
  }),
  officerKeyChallenge: () => ({ challenge: 'AAAA', rpId: 'localhost' }),
  showOfficerKey: (_state, asked) => ({
    id: `${body<{ officer: string }>(asked).officer}-passkey-3f9a1c07`,
    officer: body<{ officer: string }>(asked).officer,
    alg: 'webauthn',
    publicKey: `MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE${'k2m9c0q4'.repeat(10)}ab3d5g`,
    cose: -7,
    origin: 'http://localhost:8080',
    rpId: 'localhost',
  }),
  issueRecoveryCodes: () => ({
    codes: Array.from({ length: 8 }, (_, i) => `merrow-${1000 + i * 37}-quay-${2000 + i * 91}`),
  }),
  listPeople: (state) => ({
    people: state.people,
    connected: state.account ? ['prs-0001', 'prs-0002'] : ['prs-0002'],
    trust: state.people.map((person) => personTrust(person, Date.now()).level),
  }),
  getPersonTrust: (state, { params }) => {
    const person = state.people.find((one) => one.id === params['id']);
    if (!person) throw new MockRefusal(404, 'PERSON_UNKNOWN', `find person "${params['id']}": there is nobody`);
    return personTrust(person, Date.now());
  },
  restoreDeviceTrust: (state, { params }) => {
    const row = deviceOf(state, params['id']!);
    row.trust = 'reduced';
    return mockTrust(row, Date.now());
  },
  getServiceTrust: (state, { params }) => serviceTrust(state, params['id']!, Date.now()),
  restoreServiceTrust: (state, { params }) => {
    state.forgiven = true;
    return serviceTrust(state, params['id']!, Date.now());
  },
  invitePerson: (state, asked) => {
    const { handle, roles } = body<Pick<Person, 'handle' | 'roles'>>(asked);
    const person: Person = { id: `prs-${1000 + state.people.length}`, handle, roles, state: 'invited', lastSeen: null };
    state.people = [...state.people, person];
    return { person, link: 'http://localhost:8080/#token=k2m9c0q4x1ab3d5k2m9c0q4x1ab3d5' };
  },
  setRoles: (state, asked) => {
    state.people = state.people.map((one) =>
      one.id === asked.params['id'] ? { ...one, roles: body<Pick<Person, 'roles'>>(asked).roles } : one,
    );
    return state.people.find((one) => one.id === asked.params['id']);
  },
  disablePerson: (state, asked) => {
    state.people = state.people.map((one) => (one.id === asked.params['id'] ? { ...one, state: 'disabled' } : one));
    return state.people.find((one) => one.id === asked.params['id']);
  },
};

/** By endpoint name. An endpoint without one answers 501. */
export const HANDLERS: Readonly<Record<string, Handler>> = {
  ...sessionHandlers,
  ...respondHandlers,
  ...accessHandlers,
  ...changeHandlers,
  ...enrolHandlers,
  ...gateHandlers,
  ...networkHandlers,
  ...serviceHandlers,
  ...baselineHandlers,
  ...deskHandlers,
  ...deskFormHandlers,
  cityNow,
  cityMap: () => mockMap(),
  devicePoints,
  listDevices: (state, { query }) => listDevices(state, query),
  getDevice: (state, { params }) => story.detail(deviceOf(state, params['id']!), Date.now()),
  listParties: (state) => ({
    parties: Object.entries(MAKERS).map(([id, name]) => ({
      id,
      name,
      kind: 'maker',
      devices: state.rows.filter((row) => row.maker?.id === id).length,
    })),
  }),
  getIdentity: (state, { params }) => story.identity(deviceOf(state, params['id']!)),
  getDeviceTrust: (state, { params }) => mockTrust(deviceOf(state, params['id']!), Date.now()),
  issueEnrolmentCode: (state, { params }) => ({
    device: deviceOf(state, params['id']!).id,
    code: 'quay-4410-lamp-9271',
    expires: Date.now() + HOUR,
    url: 'https://localhost:8443/.well-known/est',
  }),
  revokeDevice: (state, { params }) => ({
    ...story.identity(deviceOf(state, params['id']!)),
    state: 'revoked',
    connected: false,
  }),
  behaviour: (state, { params }) => story.behaviour(deviceOf(state, params['id']!), Date.now()),
  listFindings: (state, { query }) => {
    const row = state.byId.get(query['device'] ?? '');
    const findings = row?.state === 'suspect' ? [story.finding(row, Date.now() - 500_000, 1)] : [];
    return { total: findings.length, findings };
  },
  dismissFinding: (state, { params }) => ({
    ...story.finding(deviceOf(state, params['id']!.replace('fnd-', '')), Date.now(), 1),
    state: 'dismissed',
  }),
  previewImport: preview,
  listImports: (state) => ({ imports: state.imports.map(({ rows: _r, columns: _c, ...rest }) => rest) }),
  getImport: (state, { params }) => importOf(state, params['id']!),
  commitImport: (state, { params }) => setImport(state, params['id']!, 'committed'),
  undoImport: (state, { params }) => setImport(state, params['id']!, 'undone'),
  listJobs: () => ({ jobs: jobs() }),
  retryJob: (_state, { params }) => ({
    ...jobs().find((job) => job.id === params['id'])!,
    state: 'waiting',
    error: null,
  }),
  evidenceStatus: () => ({
    origin: 'port-merrow.example/log',
    size: SIZE,
    root: 'kX9vJ2mQ8rT4wY6zB1dF3gH5jL7nP0sU2xA4cE6iK8o=',
    checkpoint: `port-merrow.example/log\n${SIZE}\nkX9vJ2mQ8rT4wY6zB1dF3gH5jL7nP0sU2xA4cE6iK8o=\n\n— port-merrow.example/log Az3grlgtzPICa5OS8npVmf1Myq`,
    signedAt: Date.now() - 3_000,
    verifierKey: 'port-merrow.example/log+1f3a9c2e+AeQ0m8Zs7v1Kk3Fq5Yw9Bd2Hx4Jn6Lp8Rt0Uc1Ve3Xg',
    behind: 0,
  }),
  listEntries: (_state, { query }) => {
    const limit = Number(query['limit'] ?? 100);
    const wanted = (['type', 'subject', 'actor'] as const).filter((key) => query[key]);
    const all = entriesOf(SIZE, Math.min(SIZE, Number(query['before'] ?? SIZE)), wanted.length > 0 ? SIZE : limit);
    return { size: SIZE, entries: all.filter((one) => wanted.every((key) => one[key] === query[key])).slice(0, limit) };
  },
  health: (state) => ({
    ...{ status: 'ok', storage: 'mock', promise: 'Nothing is kept', version: '0.1.0', notes: [] },
    reminders: mockReminders(state),
  }),
};
