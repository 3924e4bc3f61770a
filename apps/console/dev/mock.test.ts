/** The mock says nothing that the contracts do not allow: each answer is checked by its endpoint's schema. */
import { describe, expect, test } from 'vitest';
import { Value } from 'typebox/value';
import type { TSchema } from 'typebox';
import { api, type Endpoint } from '@cityward/contracts';
import { draftOf } from './mock-changes.ts';
import { HANDLERS } from './mock-data.ts';
import { mockState } from './mock-state.ts';

const DEVICES = 700;
const REASON = 'because it was asked';
const CHANGE = 'chg-7k2m9c0q4x1ab3d5';
const LINES = 'name,serial,latitude,longitude\nA,SN1,1,2\nB,SN2,1,2\nC,SN3,1,2\nD,SN4,1,2\nE,SN5,1,2';

/** What to ask, in an order that makes the later ones possible. */
const ASKED: readonly (readonly [string, { params?: object; query?: object; body?: unknown }])[] = [
  ['getSession', {}],
  ['cityNow', {}],
  ['cityMap', {}],
  ['devicePoints', {}],
  ['listDevices', { query: { sort: '-state', limit: '50', class: 'camera' } }],
  ['getDevice', { params: { id: 'cam-0001' } }],
  ['getIdentity', { params: { id: 'cam-0001' } }],
  ['getDeviceTrust', { params: { id: 'cam-0001' } }],
  ['behaviour', { params: { id: 'cam-0001' } }],
  ['listFindings', { query: { device: 'cam-0001' } }],
  ['issueEnrolmentCode', { params: { id: 'cam-0001' } }],
  ['listParties', {}],
  ['listSituations', { query: { state: 'open' } }],
  ['getSituation', { params: { id: 'sit-7k2m9c0q4x1ab3d5' } }],
  ['openIncident', { params: { id: 'sit-7k2m9c0q4x1ab3d5' } }],
  ['listIncidents', {}],
  ['getIncident', {}],
  ['traceIncident', {}],
  ['affectedBy', {}],
  ['noteIncident', { body: { text: 'seen' } }],
  ['previewContainment', { body: { hours: 4 } }],
  ['applyContainment', { body: { hours: 4, hash: 'x', reason: REASON } }],
  ['undoContainment', { body: { reason: REASON } }],
  ['dismissSituation', { params: { id: 'sit-2b8v0c9x3m6n7q1w' } }],
  ['listChanges', {}],
  ['getChange', { params: { id: CHANGE } }],
  ['listAttempts', { params: { id: CHANGE }, query: { outcome: 'done' } }],
  ['changeToSign', { params: { id: CHANGE } }],
  ['signChange', { params: { id: CHANGE } }],
  ['startChange', { params: { id: CHANGE }, body: { reason: REASON } }],
  ['rollBackChange', { params: { id: CHANGE }, body: { reason: REASON } }],
  ['planChange', { body: draftOf('Lamps', ['street-light'], 0) }],
  ['addChange', { body: draftOf('Lamps', ['street-light'], 0) }],
  ['listEnrolments', {}],
  ['approveEnrolment', { params: { id: 'enr-1m9c0q4x1ab3d5k7' }, body: { reason: REASON } }],
  ['listDiscoveries', {}],
  ['dismissDiscovery', { params: { id: 'dsc-1m9c0q4x1ab3d5k7' }, body: { reason: REASON } }],
  ['listMakerRoots', {}],
  ['listNetworks', {}],
  ['getNetworkAccess', {}],
  ['setVlans', { body: { quarantine: 998, classes: [{ class: 'camera', vlan: 7 }] } }],
  [
    'registerNetwork',
    { body: { id: 'trams', kind: 'mobile-apn', name: 'Trams', party: 'argus', speaksFor: { devices: [], sites: [] } } },
  ],
  ['setSpeaksFor', { params: { id: 'lora-east' }, body: { devices: ['lamp-0001'], sites: [] } }],
  ['issueNetworkCode', { params: { id: 'lora-east' } }],
  ['listServices', {}],
  [
    'registerService',
    { body: { id: 'tram-app', name: 'Trams', owner: 'argus', reach: { data: ['city'], sites: [] } } },
  ],
  ['setServiceReach', { params: { id: 'open-data' }, body: { data: ['city'], sites: [] } }],
  ['setServiceKey', { params: { id: 'open-data' }, body: { publicKey: '-----BEGIN PUBLIC KEY-----' } }],
  ['issueServiceSecret', { params: { id: 'open-data' } }],
  ['issueServiceCode', { params: { id: 'open-data' } }],
  ['endService', { params: { id: 'open-data' }, body: { reason: REASON } }],
  ['getRotation', {}],
  [
    'addRotation',
    { body: { what: 'certificate', selection: { classes: ['camera'], sites: [], devices: [] }, dueOnly: true } },
  ],
  ['getBaseline', {}],
  ['listGates', {}],
  [
    'exceptGateCheck',
    { params: { id: 'cam-0042', check: 'tls' }, body: { owner: 'Works', until: Date.now() + 9e8, reason: REASON } },
  ],
  ['withdrawGateException', { params: { id: 'cam-0042', check: 'tls' }, body: { reason: REASON } }],
  ['endNetwork', { params: { id: 'lora-east' }, body: { reason: REASON } }],
  ['pinMakerRoot', { body: { maker: 'argus', fingerprint: 'ab'.repeat(32) } }],
  ['removeMakerRoot', { params: { fingerprint: 'ab'.repeat(32) } }],
  ['listArtifacts', {}],
  ['listDrift', {}],
  ['listDesired', {}],
  ['setDesired', { params: { scope: 'class', key: 'camera' }, body: { document: { ssh: false }, reason: REASON } }],
  ['getDesired', { params: { id: 'cam-0003' } }],
  ['officerKeyChallenge', {}],
  ['showOfficerKey', { body: { officer: 'ann-doe', answer: {} } }],
  ['previewImport', { query: { file: 'a.csv' }, body: LINES }],
  ['listImports', {}],
  ['getImport', { params: { id: 'imp-1-x' } }],
  ['commitImport', { params: { id: 'imp-1-x' } }],
  ['undoImport', { params: { id: 'imp-1-x' } }],
  ['listJobs', {}],
  ['listPeople', {}],
  ['getPersonTrust', { params: { id: 'prs-0002' } }],
  ['restoreDeviceTrust', { params: { id: 'cam-0001' }, body: { reason: REASON } }],
  ['getServiceTrust', { params: { id: 'flood-model' } }],
  ['restoreServiceTrust', { params: { id: 'flood-model' }, body: { reason: REASON } }],
  ['invitePerson', { body: { handle: 'Ana', roles: ['analyst'] } }],
  ['listAccess', {}],
  ['myAccess', {}],
  ['myDevices', {}],
  ['askAccess', { body: { role: 'vendor', sites: [], devices: ['cam-0001'], until: 1, reason: REASON } }],
  ['judgeAccess', { params: { id: 'acc-1m9c0q4x1ab3d5k7' }, body: { approve: true, reason: REASON } }],
  ['endAccess', { params: { id: 'acc-3m9c0q4x1ab3d5k7' }, body: { reason: REASON } }],
  ['evidenceStatus', {}],
  ['listEntries', { query: { limit: '20' } }],
  ['listOpenRequests', {}],
  ['listGlassReviews', {}],
  ['listLifeProposals', {}],
  ['listWaitingRecords', {}],
  ['getLaw', {}],
  ['listHolds', {}],
  ['listUnsealings', {}],
  ['approveUnsealing', { params: { id: 'uns-1m9c0q4x1ab3d5k7' } }],
  ['endUnsealing', { params: { id: 'uns-1m9c0q4x1ab3d5k7' } }],
  ['countDesk', {}],
  ['listHeldPeople', { query: { q: 'per-' } }],
  ['listHeldCategories', {}],
  ['listDatasets', { query: { q: 'harbour' } }],
  ['listProfessionals', {}],
  ['listExportBudgets', {}],
  ['listRecipients', {}],
  ['listExports', {}],
  ['listDestructions', {}],
  ['vaultStanding', {}],
  [
    'draftCertificate',
    {
      params: { id: 'des-1m9c0q4x1ab3d5k7' },
      body: { verifier: { name: 'Mere', title: 'Officer', location: 'Port Merrow', contact: 'mere@example' } },
    },
  ],
  ['signCertificate', { params: { id: 'des-1m9c0q4x1ab3d5k7' } }],
  ['listRecords', { query: { subject: 'per-7k2m9c0q4x1ab3d5' } }],
  ['eraseRecords', { body: { subject: 'per-7k2m9c0q4x1ab3d5', trigger: 'officer', reason: REASON } }],
  ['listRecipientRequests', {}],
  ['listExposures', {}],
  ['askWhoseData', { body: { scope: { sources: ['cam-0003'], datasets: [], from: 1, to: 2 }, reason: REASON } }],
  ['listExposed', { params: { id: 'exp-9c0q4x1ab3d57k2m' } }],
  ['tellExposed', { params: { id: 'exp-9c0q4x1ab3d57k2m' }, body: { text: 'What happened in plain words.' } }],
  ['listRecordCopies', { params: { id: 'rec-7q1w2b8v0c9x3m6n' } }],
  ['extendRequest', { params: { id: 'req-2b8v0c9x3m6n7q1w' }, body: { clause: 'nz-pa-48', until: Date.now() } }],
  ['answerRequest', { params: { id: 'req-2b8v0c9x3m6n7q1w' }, body: { outcome: 'refused', clauses: ['nz-pa-49'] } }],
  ['reviewGlass', { params: { id: 'gls-1m9c0q4x1ab3d5k7' }, body: { outcome: 'justified' } }],
  ['confirmLife', { params: { id: 'prp-1m9c0q4x1ab3d5k7' } }],
  ['setHold', { params: { id: 'hld-1m9c0q4x1ab3d5k7' } }],
  ['liftHold', { params: { id: 'hld-2b8v0c9x3m6n7q1w' }, body: { basis: REASON } }],
  [
    'askHold',
    { body: { subject: 'per-a', category: null, record: null, basis: REASON, clause: 'High Court Rules 8.3' } },
  ],
  ['releaseExport', { params: { id: 'exp-1m9c0q4x1ab3d5k7' } }],
  ['refuseExport', { params: { id: 'exp-2b8v0c9x3m6n7q1w' }, body: { reason: REASON } }],
  ['issueRecoveryCodes', {}],
  ['health', {}],
];

describe('each answer of the mock', () => {
  const state = mockState({ devices: DEVICES, calm: false, signedIn: true });
  test.each(ASKED)('%s keeps to its schema', (name, asked) => {
    const endpoint = (api as unknown as Readonly<Record<string, Endpoint>>)[name]!;
    const said: unknown = JSON.parse(
      JSON.stringify(HANDLERS[name]!(state, { params: {}, query: {}, body: undefined, ...asked } as never)),
    );
    const faults = [...Value.Errors(endpoint.answer as TSchema, said)]
      .slice(0, 3)
      .map((fault) => JSON.stringify(fault));
    expect(faults).toEqual([]);
  });
});

test('a calm city has no situation and nothing that needs an eye', () => {
  const state = mockState({ devices: DEVICES, calm: true, signedIn: true });
  expect(HANDLERS['listSituations']!(state, { params: {}, query: {}, body: undefined })).toEqual({ situations: [] });
  expect(new Set(state.rows.map((row) => row.state))).toEqual(new Set(['trusted']));
});
