/** The portal through the running server: its pages, forms, languages, headers, and what its visitors may and may not. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConsentDraft } from '@cityward/contracts';
import { verifyReceipt } from '@cityward/vault/verify';
import { callLocally, eventually } from './testing-clients.ts';
import { allowing, draftFor, nextYear, portalOf } from './testing-portal.ts';
import { openTestServer, type TestServer } from './testing.ts';

let server: TestServer;
const { browser, somebody, put } = portalOf(() => server);
beforeAll(async () => {
  server = await openTestServer();
}, 120_000);
afterAll(() => server.stop());

describe('a resident without a script', () => {
  it('signs in by a code of her sheet, once by each', async () => {
    const aroha = await somebody('resident', 'Aroha Ngata');
    expect(aroha.home.body).toContain('<p class="muted">Kia ora Aroha Ngata</p>');
    expect(aroha.home.body).toContain('Nobody can see your records');
    const again = browser();
    await again.go('/sign-in');
    const [code] = aroha.codes;
    expect((await again.submit('/sign-in', { code: code!.toLowerCase().replaceAll('-', ' ') })).status).toBe(200);
    const used = browser();
    await used.go('/sign-in');
    const refused = await used.submit('/sign-in', { code });
    expect([refused.status, used.cookies.size]).toEqual([400, 0]);
    expect(refused.body).toContain('<a href="#code">This code is not known');
    expect(refused.body).toMatch(/<title>Error: /);
  });

  it('lets a doctor see, after a page that says so in words, and takes it back with one click', async () => {
    const [mere, ben] = [await somebody('resident', 'Mere Tamihana'), await somebody('professional', 'Dr Ben Harris')];
    const record = await put(mere.id);
    const form = (await mere.go('/give')).body;
    expect(form).not.toMatch(/ checked| selected/);
    expect(form).toContain('<option value="' + ben.id + '">Dr Ben Harris, doctor</option>');
    const empty = await mere.submit('/give');
    expect(empty.status).toBe(400);
    for (const field of ['person', 'what', 'how', 'purpose', 'until'])
      expect(empty.body).toContain(`<a href="#${field}">`);
    const check = await mere.submit('/give', allowing(ben.id));
    const sentence = `Dr Ben Harris, a doctor at Quay Street Clinic, can see your blood tests for treatment until the end of 1 March ${nextYear()}.`;
    const draft = { ...draftFor(mere.id, ben.id), rights: ['view', 'text'] as ConsentDraft['rights'] };
    const preview = server.modules.vault.grants.preview({ ...draft, refrains: ['NORDSCLCD', 'NOPERSISTP'] }, mere.id);
    // What is said before it is given are the vault's own sentences; the times alone differ from this draft's.
    for (const { english } of preview.sentences.filter(({ about }) => about !== 'when'))
      expect(check.body).toContain(`<li>${english.replaceAll("'", '&#39;')}</li>`);
    expect(check.body).toContain('No byte is served from the moment the revocation is confirmed.');
    expect(await server.modules.vault.consents(mere.id)).toEqual([]);
    const given = await mere.submit('/consents', allowing(ben.id));
    expect(given.body).toContain(sentence);
    const [consent] = await server.modules.vault.consents(mere.id);
    expect(consent).toMatchObject({ person: ben.id, rights: ['view', 'text'], refrains: ['NORDSCLCD', 'NOPERSISTP'] });
    const look = { record, right: 'text', purpose: 'TREAT', principal: asDoctor(ben.id) } as const;
    expect((await server.modules.vault.view(look)).ok).toBe(true);
    expect((await mere.go('/')).body).toContain(sentence);
    const taken = await mere.submit(`/consents/${consent!.id}/take-back`);
    expect(taken.body).toContain('Dr Ben Harris can see nothing by this consent any more.');
    for (const promise of ['No byte is served', 'within 150 ms (aim)', 'cannot be recalled'])
      expect(taken.body).toContain(promise);
    expect((await server.modules.vault.view(look)).ok).toBe(false);
    const link = `/consents/${consent!.id}/receipt`;
    expect(taken.body).toContain(`<a href="${link}" download>Download the signed receipt</a>`);
    const receipt = await eventually('the ledger has it', async () => {
      const answer = await mere.go(link);
      return answer.status === 200 ? answer : null;
    });
    expect(receipt.headers['content-disposition']).toContain(`receipt-${consent!.id}-taken-back.json`);
    const keys = {
      ca: server.modules.identity.authority.rootPem,
      verifierKey: server.modules.ledger.status().verifierKey,
    };
    const verified = verifyReceipt({ json: Buffer.from(receipt.body), ...keys });
    expect(verified.ok && verified.value.receipt.events.map(({ entity_id }) => entity_id)).toEqual([mere.id, mere.id]);
    expect((await (await somebody('resident', 'Not Mere')).go(link)).status).not.toBe(200);
    const looks = (await mere.go('/looks')).body;
    expect(looks).toContain('You let Dr Ben Harris, a doctor at Quay Street Clinic see your records.');
    expect((await mere.go('/')).body).toContain('looked at 1 time by others, and 1 look was refused.');
    await mere.go('/looks');
    const proofs = await mere.submit('/looks/proof', { week: /name="week" value="([^"]+)"/.exec(looks)![1] });
    expect(proofs.headers).toMatchObject({
      'content-type': 'application/zip',
      'content-disposition': expect.stringMatching(/^attachment; filename="who-looked-\d{4}-W\d\d\.zip"$/) as string,
    });
    expect(proofs.body.startsWith('PK')).toBe(true);
    expect((await mere.go('/looks?week=1999-W01')).body).toContain('Nothing was done in this week.');
    expect(looks).toContain('Dr Ben Harris, a doctor at Quay Street Clinic looked at your blood tests, for treatment.');
    expect(looks).toContain('was refused: you had taken the consent back.');
    expect(looks).toMatch(/<h2>Week of \d+ \w+ \d{4}<\/h2>/);
  });

  it('lets whoever has a post see, in her own language too', async () => {
    const [hira, ngaio] = [await somebody('resident', 'Hira'), await somebody('professional', 'Dr Ngaio Bell')];
    await put(hira.id);
    const { person: _, ...wish } = allowing(ngaio.id);
    const post = { ...wish, post: 'doctor@party-quay-clinic' };
    expect((await hira.go('/give')).body).toContain(
      '<option value="doctor@party-quay-clinic">every doctor at Quay Street Clinic</option>',
    );
    expect((await hira.submit('/give', { ...post, person: ngaio.id })).body).toContain('one of them</a>');
    expect((await hira.submit('/give', post)).body).toContain(
      'Whoever is a doctor at Quay Street Clinic will be let in.',
    );
    await hira.go('/language/mi?back=/give');
    const mi = (await hira.submit('/give', post)).body;
    expect(mi).toContain('Ka āhei a ngā rata katoa i Quay Street Clinic te kite.');
    expect(mi).not.toContain('will be let in');
    await hira.submit('/consents', post);
    const [consent] = await server.modules.vault.consents(hira.id);
    expect(consent).toMatchObject({ person: null, organisation: 'party-quay-clinic', role: 'doctor' });
    expect((await ngaio.go('/shared')).body).toContain('Hira lets you see their blood tests');
    expect((await ngaio.go('/shared')).body).toMatch(/<summary>You may<\/summary>.*You must not pass it on/s);
  });

  it('sees what is held and opens her own record, escaped and in words; nobody else does', async () => {
    const [rangi, ben] = [await somebody('resident', 'Rangi'), await somebody('professional', 'Dr Cole')];
    const record = await put(rangi.id);
    expect((await rangi.go('/held')).body).toContain(`href="/records/${record}"`);
    const page = await rangi.go(`/records/${record}`);
    expect(page.body).toContain('<h1>Glucose &lt;fasting&gt;</h1>');
    expect(page.body).toContain('<dd><span lang="en-NZ">5.1 mmol/L</span></dd>');
    const [other, none] = [await ben.go(`/records/${record}`), await ben.go('/records/rec-0000000000000000')];
    expect([other.status, none.status]).toEqual([404, 404]);
    const bare = (text: string): string => text.replaceAll(/req-[a-z0-9]+|rec-[a-z0-9]+|value="[^"]*"/g, '');
    expect(bare(other.body)).toBe(bare(none.body));
  });

  it('reads in her notices that an incident touched data about her, until she says that she has read it', async () => {
    const moana = await somebody('resident', 'Moana');
    await put(moana.id);
    const { exposures } = server.modules.vault;
    const scope = { sources: ['system'], datasets: [], from: 0, to: Date.now() };
    const asked = await exposures.ask(scope, 'a system was taken over', 'system');
    if (!asked.ok) throw new Error(asked.error.message);
    await exposures.tell(asked.value.id, 'A system of the city was taken over.\nIt is clean again.', 'system');
    expect((await moana.go('/')).body).toContain('There are 2 new notices for you.');
    const notices = (await moana.go('/notices')).body;
    expect(notices).toContain('<h2>An incident may have touched data about you</h2>');
    expect(notices).toContain('<p>A system of the city was taken over.</p>');
    expect(notices).toContain('Records of yours were stored in that time: blood tests.');
    expect(notices).toContain('A record about you was stored by somebody else');
    const ids = [...notices.matchAll(/name="notice" value="([^"]+)"/g)].map(([, id]) => id);
    const stranger = await somebody('resident', 'Stranger');
    expect((await stranger.go('/notices')).body).toContain('There are no notices');
    await stranger.submit('/notices/read', { notice: ids });
    expect((await moana.go('/notices')).body).toContain('I have read these');
    expect((await moana.submit('/notices/read', { notice: ids })).body).not.toContain('I have read these');
    expect((await moana.go('/')).body).not.toContain('class="banner"');
  });

  it('reads the pages in te reo Māori, and stays where she is', async () => {
    const hine = await somebody('resident', 'Hine');
    expect(hine.home.body).toContain('<html lang="en-NZ">');
    const answer = await hine.go('/language/mi?back=/held');
    expect(answer.body).toContain('<html lang="mi">');
    expect(answer.body).toContain('He aha e puritia ana mōku');
    expect(answer.body).toContain('lang="en-NZ" aria-label="Pages in English">English</a>');
    const away = await hine.send('GET', '/language/en?back=//evil.example');
    expect(away.headers['location']).toBe('/');
  });

  it('makes a new sheet, shown once, and signs out', async () => {
    const tama = await somebody('resident', 'Tama');
    await tama.go('/me');
    const made = await tama.submit('/me/sheet');
    expect(made.body.match(/<li>[a-zA-Z0-9]{5}(-[a-zA-Z0-9]{5}){3}<\/li>/g)).toHaveLength(8);
    await tama.go('/');
    expect((await tama.submit('/sign-out')).body).toContain('Sign in with a code');
    expect((await tama.go('/held')).body).toContain('Sign in with a code');
  });
});

describe('the way to the records desk', () => {
  it('is shown to an auditor or an officer, and to nobody else', async () => {
    const asked = { handle: 'Aud Itor', roles: ['auditor'] };
    const { dataFolder, consolePort } = server.config;
    const { body } = await callLocally<{ person: { id: string } }>(dataFolder, '/api/people', asked);
    const codes = await server.modules.identity.issueSheet(body.person.id);
    const auditor = browser();
    await auditor.go('/sign-in');
    await auditor.submit('/sign-in', { code: codes[0] });
    const address = `href="http://localhost:${consolePort}/desk"`;
    expect((await auditor.go('/shared')).body).toContain(address);
    const doctor = await somebody('professional', 'Dr Way Finder');
    const shared = (await doctor.go('/shared')).body;
    expect(shared).toContain('Shared with me');
    expect(shared).not.toContain('/desk');
  });
});

describe('asking to be let see', () => {
  const wish = (number: string) => ({
    number,
    what: 'blood-tests',
    how: ['text'],
    purpose: 'TREAT',
    days: '7',
    why: 'Your blood pressure, before the visit on Friday',
  });

  it('answers alike for somebody and nobody, and is answered by the resident alone', async () => {
    const [ria, dana] = [await somebody('resident', 'Ria Moana'), await somebody('professional', 'Dr Dana Fox')];
    await dana.go('/ask');
    const bare = (text: string): string => text.replaceAll(/value="[^"]*"/g, '');
    const real = await dana.submit('/ask', wish(ria.id.toUpperCase()));
    await dana.go('/ask');
    const none = await dana.submit('/ask', wish('per-0000000000000000'));
    expect([real.status, bare(real.body)]).toEqual([none.status, bare(none.body)]);
    const shared = (await dana.go('/shared')).body;
    expect(shared).toContain(ria.id);
    expect(shared).not.toContain('Ria Moana');
    expect((await ria.go('/')).body).toContain('Somebody asks to see your records');
    const page = (await ria.go('/requests')).body;
    expect(page).toContain(
      'Dr Dana Fox, a doctor at Quay Street Clinic, asks to see your blood tests for treatment, for 7 days.',
    );
    const id = /\/requests\/(ask-[a-z0-9]+)\/decline/.exec(page)![1]!;
    expect(page).toContain('Your blood pressure, before the visit on Friday');
    // Nobody but the resident answers it.
    await dana.go('/shared');
    expect((await dana.submit(`/requests/${id}/decline`)).status).toBe(403);
    await ria.go('/requests');
    expect((await ria.submit(`/requests/${id}/decline`)).body).toContain('You said no');
    expect((await dana.go('/shared')).body).toContain('Declined');
    await ria.go('/');
    expect((await ria.submit(`/requests/${id}/decline`)).status).toBe(404);
  });

  it('is withdrawn by whoever asked, alone, and at most so many wait at once', async () => {
    const [gus, hal] = [await somebody('professional', 'Dr Gus Ito'), await somebody('professional', 'Dr Hal Orr')];
    await gus.go('/ask');
    for (let n = 0; n < 20; n++) expect((await gus.submit('/ask', wish(`per-${n}-unknown`))).status).toBe(200);
    await gus.go('/ask');
    const full = await gus.submit('/ask', wish('per-one-more'));
    expect([full.status, full.body.includes('You have asked too often')]).toEqual([400, true]);
    const id = /\/asks\/(ask-[a-z0-9]+)\/withdraw/.exec((await gus.go('/shared')).body)![1]!;
    await hal.go('/shared');
    expect((await hal.submit(`/asks/${id}/withdraw`)).status).toBe(404);
    expect((await gus.go('/shared')).body).toContain(id);
    await gus.submit(`/asks/${id}/withdraw`);
    await gus.go('/ask');
    expect((await gus.submit('/ask', wish('per-one-more'))).status).toBe(200);
  });

  it('shows what is shared, and as text, without a script, only where that right was given', async () => {
    const [ivy, jon] = [await somebody('resident', 'Ivy Rose'), await somebody('professional', 'Dr Jon Kerr')];
    const record = await put(ivy.id);
    const drawn = await server.modules.vault.give({ ...draftFor(ivy.id, jon.id), rights: ['view'] }, ivy.id);
    const body = (await jon.go('/shared')).body;
    expect(body).toContain('Ivy Rose lets you see their blood tests for treatment until the end of');
    expect(body).toContain(`action="/shared/${record}"`);
    const open = { purpose: 'TREAT', subject: ivy.id };
    const seen = (await jon.submit(`/shared/${record}`, { ...open, rights: ['view'] })).body;
    expect(seen).toContain('data-as="pictures"');
    expect(seen).not.toMatch(/5\.1 mmol\/L|Read it as text/);
    const both = { ...open, rights: ['view', 'text'] };
    expect((await jon.submit(`/shared/${record}`, both)).body).toMatch(/data-as="pictures".*Read it as text/s);
    expect((await jon.submit(`/shared/${record}`, { ...both, as: 'text' })).body).toContain('data-as="text"');
    expect((await jon.submit(`/shared/${record}/text`, open)).status).toBe(404);
    if (drawn.ok) await server.modules.vault.takeBack(drawn.value.id, ivy.id);
    await server.modules.vault.give(draftFor(ivy.id, jon.id), ivy.id);
    await jon.go('/shared');
    expect((await jon.submit(`/shared/${record}/text`, open)).body).toContain('5.1 mmol/L');
  });
});

describe('the doors of the portal', () => {
  it('send nobody to the sign-in page, and show every other page to nobody', async () => {
    const routes = await server.listeners.portal.routes();
    const assets = ['/portal.', '/shield.svg', '/live.js', '/private.js', '/shown.js', '/fhir-rows.js'];
    const open = ['/sign-in', '/language/', '/help', '/api/', ...assets];
    const nobody = browser();
    const pages = routes.filter(({ method, path }) => method === 'GET' && !open.some((one) => path.startsWith(one)));
    expect(pages.length).toBeGreaterThan(8);
    for (const { path } of pages) {
      const answer = await nobody.send('GET', path.replaceAll(/:[a-z]+/g, 'cam-0001'));
      expect([path, answer.status, answer.headers['location']]).toEqual([path, 303, '/sign-in']);
    }
  });

  it.each<[string, { mark?: 'none' | 'of nobody'; headers?: object }]>([
    ['without its mark', { mark: 'none' }],
    ['with the mark of nobody', { mark: 'of nobody' }],
    ['without an origin', { headers: { origin: undefined } }],
    ['from a page of no origin', { headers: { origin: 'null' } }],
    ['from another site', { headers: { origin: 'http://evil.example' } }],
    ['from the console', { headers: { origin: 'http://localhost:8080' } }],
  ])('take no form %s', async (how, { mark, headers }) => {
    const [wiremu, stranger] = [await somebody('resident', `Wiremu ${how}`), browser()];
    await wiremu.go('/me');
    await stranger.go('/sign-in');
    const given = mark === 'none' ? '' : mark === 'of nobody' ? stranger.mark() : wiremu.mark();
    const send = (more: object) => wiremu.send('POST', '/me/sheet', { form: { mark: given }, ...more });
    const answer = await send(headers ? { headers } : {});
    expect(answer.status).toBe(403);
    expect(answer.body).not.toContain('class="codes"');
    expect(answer.body).toContain('</html>');
  });

  it('answer to their own name alone, with pages that ask nobody else and are kept nowhere', async () => {
    const { inject } = server.listeners.portal;
    const foreign = await inject({
      method: 'GET',
      url: '/sign-in',
      headers: { host: `localhost:${server.config.portalPort}` },
    });
    expect(foreign.statusCode).toBe(403);
    const page = await browser().go('/sign-in');
    expect(page.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': expect.stringContaining("default-src 'none'") as string,
      'referrer-policy': 'same-origin',
      'x-frame-options': 'DENY',
    });
    expect(String(page.headers['content-security-policy'])).not.toContain('unsafe');
    expect(page.body).not.toMatch(/(src|href|action)="(https?:)?\/\//);
    expect((await browser().go('/no-such-page')).body).toContain('<h1>Page not found</h1>');
  });

  it('know no sign-in of the console, and no bearer', async () => {
    const { cookies } = await somebody('resident', 'Pania');
    const [[name, token]] = [...cookies] as [[string, string]];
    expect(name).toBe('cityward-portal');
    const renamed = await browser().send('GET', '/held', { headers: { cookie: `cityward-session=${token}` } });
    const bearer = await browser().send('GET', '/held', { headers: { authorization: `Bearer ${token}` } });
    expect([renamed.status, bearer.status]).toEqual([303, 303]);
  });
});

/** As his own sign-in would make him; the vault is asked without a page here. */
const asDoctor = (id: string) => ({ type: 'Person', id, roles: [], attributes: { signedInBy: 'passkey' } }) as const;
