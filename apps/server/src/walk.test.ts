/** Walks every route and every topic as every role, as nobody, and as devices in each standing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACTIONS, ROLES, TOPIC_LEAVES, topicOf, type ActionName, type Role } from '@cityward/contracts';
import type { Asked, Caller } from '@cityward/http';
import { CITY_CLI } from './local-socket.ts';
import { openTestServer, type TestServer } from './testing.ts';

const EVERYBODY: readonly ActionName[] = [
  'openShell',
  'signIn',
  'readHealth',
  'readSession',
  'readCaCertificates',
  'readRevocations',
  'readServiceKeys',
  'readCheckpoint',
];
/** About oneself. What others let one see is no matter of roles: `viewRecord` is in none, nor `takeOut`, which a link does not open. */
const OWN_RECORDS: readonly ActionName[] = [
  'askRecord',
  'useBlind',
  'readHoldings',
  'giveConsent',
  'takeBackConsent',
  'setWishes',
  'askRight',
  'handOnConsent',
  'askConsent',
  'readPosts',
  'askGlass',
  'readRegister',
  'eraseRecords',
];
/** Anybody may of a record of their own: whose it is is asked after the form of the request, which here is none. */
const OF_ONES_OWN: readonly ActionName[] = ['restrictRecord'];
const SIGNED_IN: readonly ActionName[] = [
  ...EVERYBODY,
  'readCity',
  'readDevice',
  'readIncident',
  'readEvidence',
  'readChanges',
  'readBaseline',
  'readDeviceBaseline',
  'subscribeLive',
  'readProfessionals',
  'readApiDescription',
  'manageSelf',
  'askAccess',
  'endAccess',
  ...OWN_RECORDS,
];
/** For a time, and about devices only within the scope: see the walk of temporary access below. */
const FOR_A_TIME: readonly ActionName[] = [
  ...EVERYBODY,
  'manageSelf',
  'askAccess',
  'endAccess',
  'subscribeLive',
  'readProfessionals',
  ...OWN_RECORDS,
];
/** Written out, not computed: a change of policy must be meant. */
const MAY: Readonly<Record<Role, readonly ActionName[]>> = {
  administrator: [
    ...SIGNED_IN,
    'readServices',
    'manageServices',
    'readAccess',
    'judgeAccess',
    'readPeople',
    'invitePerson',
    'setRoles',
    'disablePerson',
    'readJobs',
  ],
  operator: [
    ...SIGNED_IN,
    'readServices',
    'readAccess',
    'judgeAccess',
    'importInventory',
    'undoImport',
    'replayObservations',
    'issueEnrolmentCode',
    'revokeDevice',
    'releaseDevice',
    'endDevice',
    'commissionDevice',
    'exceptGateCheck',
    'replaceDevice',
    'retireDevice',
    'reportStolen',
    'pinMaker',
    'judgeEnrolment',
    'manageNetworks',
    'addArtifact',
    'planChange',
    'steerChange',
    'scanBaseline',
    'exceptBaseline',
    'retryJob',
    'readJobs',
    'previewContainment',
    'applyContainment',
    'undoContainment',
  ],
  analyst: [
    ...SIGNED_IN,
    'scanBaseline',
    'restoreTrust',
    'restoreServiceTrust',
    'dismissFinding',
    'dismissSituation',
    'openIncident',
    'annotateIncident',
    'closeIncident',
    'replayObservations',
    'previewContainment',
    'applyContainment',
    'undoContainment',
    'exportEvidence',
  ],
  officer: [
    ...SIGNED_IN,
    'readServices',
    'readAccess',
    'readJobs',
    'signChange',
    'judgeEnrolment',
    'exceptBaseline',
    'restoreTrust',
    'restoreServiceTrust',
    'putRecord',
    'destroyRecord',
    'tracePicture',
    'readVault',
    'askWhoseData',
    'tellExposed',
    'recordLife',
    'readDesk',
    'keepPosts',
    'askExport',
    'releaseExport',
    'readExports',
    'fetchExport',
    'traceExport',
    'reviewGlass',
    'answerRequest',
    'restrictRecord',
    'putRecords',
    'readHolds',
    'judgeHold',
    'unsealRecords',
    'readDestructions',
    'verifyDestruction',
    'readRecipients',
    'keepRecipients',
    'takeReceipt',
  ],
  auditor: [
    ...SIGNED_IN,
    'readExports',
    'readVault',
    'readServices',
    'readAccess',
    'readPeople',
    'readMetrics',
    'readJobs',
    'exportEvidence',
    'readHolds',
    'readDestructions',
    'readRecipients',
  ],
  vendor: FOR_A_TIME,
  installer: FOR_A_TIME,
};

let server: TestServer;
let routes: readonly Asked[];
let host: string;
const LOCAL: Caller = {
  principal: CITY_CLI,
  id: 'req-walk',
  sessionToken: null,
  setSession: () => undefined,
  origin: '',
};

/** Where policy looks at more than the role it is asked after the body was read, so the body has to be a good one. */
const BODIES: Readonly<Record<string, object>> = {
  previewContainment: { hours: 4 },
  applyContainment: { hours: 4, hash: 'not-previewed', reason: 'walking the routes' },
  startBaselineScan: { classes: ['other'], sites: [], devices: [] },
  addBaselineException: {
    control: 'no-such-control',
    scope: 'device',
    key: 'cam-0001',
    owner: 'nobody',
    reason: 'walking the routes',
    until: 1,
  },
  endBaselineException: { reason: 'walking the routes' },
  undoContainment: { reason: 'walking the routes' },
  restoreDeviceTrust: { reason: 'walking the routes' },
  restoreServiceTrust: { reason: 'walking the routes' },
  judgeAccess: { approve: false, reason: 'walking the routes' },
};

/** The code of the problem, or `ok`. */
async function ask(asked: Pick<Asked, 'name' | 'method' | 'path'>, cookie?: string): Promise<string> {
  const url = asked.path
    .replace(/:index/g, '0')
    .replace(/:check/g, 'clock')
    .replace(/:class/g, 'camera')
    .replace(/:[a-z]+/g, 'cam-0001')
    .replace('*', 'checkpoint');
  const headers = {
    host,
    origin: `http://${host}`,
    ...(cookie ? { cookie } : {}),
    ...(asked.method === 'GET' ? {} : { 'content-type': 'application/json' }),
  };
  const payload = asked.method === 'GET' ? {} : { payload: JSON.stringify(BODIES[asked.name] ?? {}) };
  const answer = await server.listeners.console.inject({ method: asked.method, url, headers, ...payload });
  if (answer.statusCode < 400) return 'ok';
  return answer.body.startsWith('{') ? (JSON.parse(answer.body) as { code: string }).code : 'NOT_A_PROBLEM';
}
const DENIED = ['SIGN_IN_NEEDED', 'NOT_ALLOWED'];

/** Invited over the local socket's principal, signed in by the real one-time link. */
async function signIn(role: Role): Promise<string> {
  const { inject } = server.listeners.console;
  const headers = { host, origin: `http://${host}`, 'content-type': 'application/json' };
  const invite = await server.modules.identity.routes
    .find((route) => route.endpoint.name === 'invitePerson')!
    .handle({ params: undefined, query: undefined, body: { handle: `The ${role}`, roles: [role] } } as never, LOCAL);
  const { link } = (invite as { value: { link: string } }).value;
  const token = link.slice(link.indexOf('#token=') + '#token='.length);
  const answer = await inject({ method: 'POST', url: '/api/session/link', headers, payload: { token } });
  expect(answer.statusCode).toBe(200);
  return String(answer.headers['set-cookie']).split(';')[0]!;
}

beforeAll(async () => {
  server = await openTestServer();
  host = `localhost:${server.config.consolePort}`;
  routes = await server.listeners.console.routes();
}, 120_000);
afterAll(() => server.stop());

describe('routes', () => {
  it('are all there and each names a known action', () => {
    expect(routes.length).toBeGreaterThan(45);
    for (const { action } of routes) expect(Object.keys(ACTIONS)).toContain(action);
  });

  it('give nobody only what everybody may have', async () => {
    for (const asked of routes) {
      if (asked.path === '/api/live') continue;
      expect([asked.name, DENIED.includes(await ask(asked))]).toEqual([asked.name, !EVERYBODY.includes(asked.action)]);
    }
  });

  it.each(['administrator', 'operator', 'analyst', 'auditor'] as const)(
    'let a signed-in %s in by the same table, over HTTP',
    async (role) => {
      const cookie = await signIn(role);
      for (const asked of routes) {
        // A stream does not end by itself, and signing out would end the walk.
        if (asked.path === '/api/live' || asked.name === 'signOut') continue;
        expect([asked.name, DENIED.includes(await ask(asked, cookie))]).toEqual([
          asked.name,
          !MAY[role].includes(asked.action) && !OF_ONES_OWN.includes(asked.action),
        ]);
      }
    },
  );

  it.each(ROLES)('give the role %s what the table says, and no more', (role) => {
    const { policy } = server.modules;
    const principal = { type: 'Person' as const, id: 'person-walk', roles: [role], attributes: {} };
    for (const action of Object.keys(ACTIONS) as ActionName[]) {
      const type = ACTIONS[action];
      const resource = {
        type,
        id:
          type === 'Person'
            ? action === 'judgeAccess' || action === 'keepPosts' // never one's own
              ? 'person-other'
              : 'person-walk'
            : type === 'City'
              ? 'city'
              : type === 'Topic'
                ? topicOf('cam-0001', 'obs')
                : 'cam-0001',
        attributes: {},
      };
      const context = action === 'invitePerson' || action === 'setRoles' ? { roles: ['analyst'] } : {};
      expect([action, policy.decide(principal, action, resource, context).allow]).toEqual([
        action,
        MAY[role].includes(action),
      ]);
    }
  });

  it('refuse a foreign host, a foreign origin and an unknown path', async () => {
    const { inject } = server.listeners.console;
    expect(
      (await inject({ method: 'GET', url: '/health', headers: { host: 'evil.example' } })).statusCode,
    ).toBeGreaterThanOrEqual(400);
    expect(
      (
        await inject({
          method: 'POST',
          url: '/api/session/recovery',
          headers: { host, origin: 'http://evil.example', 'content-type': 'application/json' },
          payload: '{"code":"12345678"}',
        })
      ).statusCode,
    ).toBe(403);
    expect((await inject({ method: 'GET', url: '/api/nothing', headers: { host } })).statusCode).toBe(404);
  });
});

describe('topics', () => {
  const device = (id: string, standing: string, kind = 'camera') => ({
    type: 'Device' as const,
    id,
    roles: [],
    attributes: { class: kind, site: 'site-1', standing },
  });
  const may = (principal: ReturnType<typeof device>, action: 'publish' | 'subscribe', topic: string): boolean =>
    server.modules.policy.decide(principal, action, { type: 'Topic', id: topic, attributes: {} }).allow;

  it.each([
    [
      'an active device',
      device('cam-0001', 'active'),
      ['obs', 'will', 'ack', 'quarantine', 'report', 'readings'],
      ['orders', 'jobs', 'asks'],
    ],
    [
      'an active switch',
      device('switch-0001', 'active', 'site-switch'),
      ['obs', 'flows', 'will', 'ack', 'quarantine', 'report', 'behalf', 'readings'],
      ['orders', 'jobs', 'work', 'asks'],
    ],
    ['a held device', device('cam-0001', 'held'), ['quarantine'], ['orders']],
    ['a revoked device', device('cam-0001', 'revoked'), [], []],
    ['a device without a certificate', device('cam-0001', 'none'), [], []],
  ] as const)('%s speaks and hears only on its own', (...[, principal, speaks, hears]) => {
    for (const leaf of TOPIC_LEAVES) {
      expect([leaf, may(principal, 'publish', topicOf(principal.id, leaf))]).toEqual([
        leaf,
        (speaks as readonly string[]).includes(leaf),
      ]);
      expect([leaf, may(principal, 'subscribe', topicOf(principal.id, leaf))]).toEqual([
        leaf,
        (hears as readonly string[]).includes(leaf),
      ]);
      expect(may(principal, 'publish', topicOf('cam-0002', leaf))).toBe(false);
      expect(may(principal, 'subscribe', topicOf('cam-0002', leaf))).toBe(false);
    }
    for (const odd of [
      '#',
      '+/#',
      'cw/v1/+/obs',
      'cw/v1/cam-0001/../cam-0002/obs',
      '$SYS/broker',
      'cw/v2/cam-0001/obs',
    ]) {
      expect(may(principal, 'publish', odd)).toBe(false);
      expect(may(principal, 'subscribe', odd)).toBe(false);
    }
  });
});
