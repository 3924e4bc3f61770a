/** The portal through the running server: an emergency, and coming in with an account at the city's provider. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_ID, CLIENT_SECRET, startProvider, type TestProvider } from '@cityward/identity/testing-provider';
import { DAY_MS, newId } from '@cityward/kernel';
import { portalOf } from './testing-portal.ts';
import { openTestServer, testConfig, type TestServer } from './testing.ts';

let server: TestServer;
let provider: TestProvider;
const folder = mkdtempSync(join(tmpdir(), 'cityward-portal-'));
const { browser, somebody, put } = portalOf(() => server);
beforeAll(async () => {
  const config = await testConfig();
  provider = await startProvider(`http://portal.localhost:${config.portalPort}/sign-in/account`);
  const oidcClientSecretFile = join(folder, 'secret');
  writeFileSync(oidcClientSecretFile, CLIENT_SECRET, { mode: 0o600 });
  server = await openTestServer({
    ...config,
    oidcIssuer: provider.issuer,
    oidcClientId: CLIENT_ID,
    oidcClientSecretFile,
  });
}, 180_000);
afterAll(async () => {
  await server?.stop();
  await provider?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** As the vault writes them (`blind/quorum.ts`); put there, since nobody holds a passkey here. */
const tell = (subject: string, kind: string, about: object): Promise<unknown> =>
  server.modules.sql.transact((tx) => {
    const at = Date.now();
    return tx
      .for<{ 'vault.notice': Record<string, string | number> }>()
      .insertInto('vault.notice')
      .values({
        ...{ id: newId<string>('not'), subject, kind, about: JSON.stringify(about), clauses: '["nz-ipp-3a"]' },
        ...{ at, shown_from: at },
      })
      .execute();
  });

describe('notices about shares of keys', () => {
  it('say in words who asks for what, and what somebody released, in both languages', async () => {
    const [tui, rua] = [await somebody('resident', 'Tui'), await somebody('resident', 'Rua')];
    const lee = await somebody('professional', 'Dr Wai');
    const ask = { ask: 'bla-1' };
    await tell(tui.id, 'blind-share-asked', { ...ask, kind: 'emergency', by: lee.id, of: rua.id });
    await tell(tui.id, 'blind-share-asked', { ...ask, kind: 'recovery', by: rua.id, of: rua.id });
    await tell(tui.id, 'blind-share-released', { ...ask, kind: 'emergency', by: rua.id, to: lee.id });
    await tell(tui.id, 'blind-share-released', { ...ask, kind: 'recovery', by: rua.id, to: tui.id });
    const inEnglish = (await tui.go('/notices')).body;
    const doctor = 'Dr Wai, a doctor at Quay Street Clinic';
    for (const words of [
      `${doctor} wants to see locked records of Rua in an emergency`,
      'Rua lost what opens their own key',
      `Rua released a share to ${doctor}, who asked for it in an emergency.`,
      'Rua released a share of your own key to you.',
      'Told by: Privacy Act 2020, section 22, principle 3A',
      '<a href="/private">Decide about it</a>',
    ])
      expect(inEnglish).toContain(words);
    await tui.go('/language/mi');
    const inMaori = (await tui.go('/notices')).body;
    for (const words of ['ngā mauhanga raka a Rua', 'Kua ngaro i a Rua', 'I tuku a Rua i tētahi wāhanga o tō ake kī'])
      expect(inMaori).toContain(words);
  });
});

describe('an emergency', () => {
  const SYSTEM = { by: 'svc-ward', organisation: 'party-quay-clinic' };
  const inCare = (subject: string) =>
    server.modules.vault.people.care.report({ subject, kind: 'encounter', until: Date.now() + DAY_MS }, SYSTEM);
  const draft = (number: string) => ({
    number,
    reason: 'cannot-answer',
    words: 'Unconscious after a fall at the quay',
  });

  it('opens the records of one patient in care here; the patient is told at once, and a review ends it', async () => {
    const [kiri, pat] = [await somebody('resident', 'Kiri'), await somebody('resident', 'Pat')];
    const [lee, max] = [await somebody('professional', 'Dr Lee'), await somebody('professional', 'Dr Max')];
    const record = await put(kiri.id);
    const form = (await lee.go('/emergency')).body;
    expect(form).toContain('for 30 minutes, and no longer than they are in care where you work');
    const empty = await lee.submit('/emergency');
    expect(empty.status).toBe(400);
    for (const field of ['number', 'reason', 'words']) expect(empty.body).toContain(`<a href="#${field}">`);
    const bare = (text: string): string => text.replaceAll(/value="[^"]*"/g, '');
    const [there, nobody] = [
      await lee.submit('/emergency', draft(kiri.id)),
      await lee.submit('/emergency', draft('per-0')),
    ];
    expect(there.body).toContain('Nobody with this number is in care where you work at this moment.');
    expect(bare(there.body)).toBe(bare(nobody.body));

    await Promise.all([inCare(kiri.id), inCare(pat.id)]);
    const open = (await lee.submit('/emergency', draft(kiri.id.toUpperCase()))).body;
    expect(open).toMatch(/The records of Kiri are open to you until \d+:\d\d/);
    expect(open).toContain(`action="/shared/${record}"`);
    const wish = { purpose: 'ETREAT', subject: kiri.id, rights: ['view', 'text'] };
    expect((await lee.submit(`/shared/${record}`, wish)).body).toMatch(
      /href="\/emergency".*data-purpose="ETREAT" data-as="pictures"/s,
    );
    expect((await lee.submit(`/shared/${record}/text`, wish)).body).toContain('5.1 mmol/L');
    expect((await lee.submit('/emergency', draft(pat.id))).body).toContain('You have one open for another patient.');

    expect((await kiri.go('/')).body).toMatch(/There are \d new notices for you/);
    expect((await kiri.go('/notices')).body).toContain(
      'Dr Lee, a doctor at Quay Street Clinic opened your records: you could not be asked.',
    );
    const looks = (await kiri.go('/looks')).body;
    expect(looks).toContain('looked at your blood tests, for treatment in an emergency.');
    expect(looks.match(/<\/span> Emergency<\/span>/g)!.length).toBeGreaterThanOrEqual(2);

    const id = /\/emergency\/(gla-[a-z0-9]+)\/end/.exec((await lee.go('/emergency')).body)![1]!;
    await max.go('/emergency');
    expect((await max.submit(`/emergency/${id}/end`)).status).toBe(404);
    expect((await lee.submit(`/emergency/${id}/end`)).body).toContain('Waits for review');
    expect((await lee.submit(`/shared/${record}/text`, wish)).status).toBe(404);
    await server.modules.vault.people.emergencies.review(id, 'not-justified', 'per-officer');
    expect((await kiri.go('/notices')).body).toContain('The officer found it not justified.');
    expect((await lee.submit('/emergency', draft(kiri.id))).body).toContain(
      'An earlier emergency of yours was not justified',
    );
  });
});

describe('a sealed record', () => {
  it('that two officers opened is offered to its reader to look at alone; the person reads who, until when and by which order', async () => {
    const [mere, lou] = [await somebody('resident', 'Mere'), await somebody('professional', 'Dr Lou')];
    const record = await put(mere.id);
    const { vault } = server.modules;
    const because = { clause: 'High Court Rules 8.3', reason: 'claim 12/27' };
    const hold = { subject: mere.id, category: null, record, basis: because.reason, clause: because.clause };
    await vault.desk().holds.ask(hold, 'per-officer');
    await vault.desk().erasing.erase({ subject: mere.id, by: 'per-officer', code: 'officer', reason: 'by letter' });
    const opening = { subject: mere.id, records: [record], reader: lou.id, days: 1, quiet: false };
    const asked = await vault.people.unsealings.ask({ ...opening, ...because, reference: 'CIV-27-12' }, 'per-asks');
    expect((await lou.go('/shared')).body).not.toContain('Sealed records opened for you');
    await vault.people.unsealings.approve(asked.ok ? asked.value.id : '', 'per-approves');
    const shared = (await lou.go('/shared')).body;
    expect(shared).toMatch(/Sealed records opened for you.*A record of Mere.*By CIV-27-12, until/s);
    expect(shared).toContain(`action="/shared/${record}"`);
    const wish = { purpose: 'HOPERAT', subject: mere.id, rights: ['view'] };
    expect((await lou.submit(`/shared/${record}`, wish)).body).toContain('data-purpose="HOPERAT" data-as="pictures"');
    expect((await lou.submit(`/shared/${record}/text`, wish)).status).toBe(404);
    expect((await mere.go('/notices')).body).toMatch(
      /A sealed record of yours was opened.*Dr Lou.* look at it, until .*CIV-27-12 \(High Court Rules 8\.3\)/s,
    );
    expect((await mere.go('/looks')).body).toContain(
      'opened sealed records of yours for somebody. Reason: claim 12/27.',
    );
  });
});

describe('an account at the city’s provider', () => {
  type Browser = ReturnType<typeof browser>;
  /** Leaves for the provider, signs in there as `account`, and comes back with what it said. */
  const atProvider = async ({ send }: Pick<Browser, 'send'>, account: string): Promise<string> => {
    const away = await send('GET', '/sign-in/account/begin');
    expect([away.status, String(away.headers['location']).startsWith(provider.issuer)]).toEqual([303, true]);
    return provider.visit(String(away.headers['location']), account);
  };

  it('is connected by its person, signs in from then on, and opens nothing once it is disconnected', async () => {
    const whina = await somebody('resident', 'Whina');
    expect((await whina.go('/me')).body).toContain('Connect my account at 127.0.0.1');
    const back = await atProvider(whina, 'whina-at-provider');
    // A browser keeps the cookie of the sign-in back from a visit that another site caused: the page knows nobody.
    const kept = [...whina.cookies].filter(([name]) => name !== 'cityward-portal').map((pair) => pair.join('='));
    const page = await whina.send('GET', `/sign-in/account?${back}`, { headers: { cookie: kept.join('; ') } });
    expect(page.body).not.toContain('Whina');
    const mark = /name="mark" value="([^"]+)"/.exec(page.body)![1];
    expect((await whina.submit('/me/account', { mark, answer: back })).body).toContain('An account is connected.');
    const later = browser();
    expect((await later.go('/sign-in')).body).toContain('Sign in with your account at 127.0.0.1');
    const arrived = await later.go(`/sign-in/account?${await atProvider(later, 'whina-at-provider')}`);
    expect(arrived.body).toContain('<meta http-equiv="refresh" content="0; url=/">');
    expect((await later.go('/')).body).toContain('Kia ora Whina');
    await later.go('/me');
    await later.submit('/me/account/disconnect');
    const after = browser();
    const refused = await after.go(`/sign-in/account?${await atProvider(after, 'whina-at-provider')}`);
    expect([refused.status, refused.body.includes('This account belongs to nobody here')]).toEqual([400, true]);
    expect((await after.go('/held')).body).toContain('Sign in with a code');
  });

  it('of nobody here opens nothing, and an attempt counts once, in the browser that began it', async () => {
    const [stranger, other] = [browser(), browser()];
    const answer = await atProvider(stranger, 'a-stranger');
    expect((await other.go(`/sign-in/account?${answer}`)).body).toContain('was not begun in this browser');
    expect((await stranger.go(`/sign-in/account?${answer}`)).body).toContain('This account belongs to nobody here');
    expect((await stranger.go(`/sign-in/account?${answer}`)).body).toContain('The attempt has ended');
  });
});
