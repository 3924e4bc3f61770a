/** The portal in a browser: a resident without a script and by keyboard, a doctor whose open page goes dark, every page held to WCAG. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '@cityward/log';
import { settleResidents, type Residents } from '../../apps/server/src/residents/settle.ts';
import { openTestServer, type TestServer } from '../../apps/server/src/testing.ts';
import { axeFaults } from './console-kit.ts';
import { hasChromium, openBrowser } from './running-city.ts';
import * as walk from './private-walk.ts';
import { picture, pictureOf, plugInKey } from './walk-kit.ts';

if (!hasChromium) process.stderr.write('SKIPPED: the portal in a browser; install chromium to run it\n');

const PATIENCE_MS = 30_000;
const LOOKS = [
  { scheme: 'light', width: 1_024 },
  { scheme: 'dark', width: 1_024 },
  { scheme: 'light', width: 320 },
] as const;
const HEIGHT = 900;

describe.skipIf(!hasChromium)('the portal', () => {
  let server: TestServer;
  let residents: Residents;
  let browser: Browser;
  let origin: string;
  let codes: Record<'aroha' | 'ben', string[]>;

  const sit = async (options: { readonly javaScriptEnabled?: boolean } = {}): Promise<Page> => {
    // The content policy is bypassed only where axe-core has to be put into the page.
    const context: BrowserContext = await browser.newContext({
      ...{ baseURL: origin, reducedMotion: 'reduce', bypassCSP: options.javaScriptEnabled !== false },
      ...{ viewport: { width: 1_024, height: HEIGHT }, locale: 'en-NZ', ...options },
    });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    return page;
  };
  const signIn = (page: Page, who: 'aroha' | 'ben'): Promise<void> => signInBy(page, codes[who].shift()!);
  const signInBy = async (page: Page, code: string): Promise<void> => {
    await page.goto('/sign-in');
    await page.getByLabel('A code from your sheet').fill(code);
    await page.getByRole('button', { name: 'Sign in with a code' }).click();
    await page.getByRole('heading', { name: 'Who can see my records' }).waitFor();
  };
  /** In light, dark and on the narrowest phone. */
  const holds = async (page: Page, what: string): Promise<void> => {
    const found: string[] = [];
    for (const { scheme, width } of LOOKS) {
      await page.setViewportSize({ width, height: HEIGHT });
      await page.emulateMedia({ colorScheme: scheme });
      found.push(...(await axeFaults(page)));
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wider > 0) found.push(`${wider} px wider than its window`);
      const small = await page.evaluate(() =>
        [...document.querySelectorAll('button, .button, input:not([type=hidden]), select, nav a')]
          .filter((one) => one.getClientRects().length > 0)
          .filter((one) => Math.min(one.getBoundingClientRect().width, one.getBoundingClientRect().height) < 24)
          .map((one) => one.outerHTML.slice(0, 80)),
      );
      found.push(...small.map((one) => `smaller than 24 px: ${one}`));
      expect([what, scheme, width, found]).toEqual([what, scheme, width, []]);
    }
    await page.setViewportSize({ width: 1_024, height: HEIGHT });
    await page.emulateMedia({ colorScheme: 'light' });
  };

  beforeAll(async () => {
    server = await openTestServer();
    const settling = { seed: 'port-merrow', modules: server.modules, now: Date.now(), log: silentLog };
    residents = await settleResidents(settling, server.config.dataFolder);
    const sheetOf = async (name: string): Promise<string[]> => {
      const { identity } = server.modules;
      return [...(await identity.issueSheet((await identity.personNamed(name))!.id))];
    };
    codes = { aroha: await sheetOf(residents.resident.name), ben: await sheetOf(residents.professional.name) };
    origin = `http://portal.localhost:${server.config.portalPort}`;
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('serves its main path without a script: sign in, allow, see who looked, take back', async () => {
    const page = await sit({ javaScriptEnabled: false });
    await signIn(page, 'aroha');
    await page.getByRole('link', { name: 'Let somebody see my records' }).click();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('alert').getByRole('link', { name: 'Choose what it is for' }).click();
    expect(await page.evaluate(() => document.activeElement?.id).catch(() => 'no script')).toBeTruthy();
    await page.getByLabel('A professional').selectOption({ label: 'Dr Hana Whitu, doctor' });
    await page.getByLabel('blood tests').check();
    await page.getByLabel('see them on the screen').check();
    await page.getByLabel('treatment', { exact: true }).check();
    for (const [name, value] of [
      ['Day', '1'],
      ['Month', '3'],
      ['Year', String(new Date().getFullYear() + 1)],
    ] as const)
      await page.getByLabel(name, { exact: true }).fill(value);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('Dr Hana Whitu will be let in. Nobody else.').waitFor();
    await page.getByRole('button', { name: 'Allow this' }).click();
    await page.getByRole('heading', { name: 'You allowed it' }).waitFor();
    await page.getByRole('link', { name: 'See who can see my records' }).click();
    await page.getByRole('button', { name: 'Take this back (Dr Hana Whitu)' }).click();
    await page.getByText('Dr Hana Whitu can see nothing by this consent any more.').waitFor();
    await page.getByRole('link', { name: 'Who looked' }).click();
    await page.getByText('You took back what Dr Hana Whitu could see.').waitFor();
    await page.getByRole('link', { name: 'Ngā whārangi i te reo Māori' }).click();
    await page.getByRole('heading', { name: 'Ko wai i titiro' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('mi');
    await page.context().close();
  });

  it('is walked by keyboard alone, with the focus in sight: sign in, allow, take back', async () => {
    const page = await sit();
    const { keyboard } = page;
    const focus = (): Promise<string> =>
      page.evaluate(() => {
        const one = document.activeElement as HTMLElement & { labels?: NodeListOf<HTMLElement> };
        const isSeen =
          getComputedStyle(one).outlineStyle !== 'none' && one.getBoundingClientRect().top < innerHeight - 8;
        return `${isSeen ? '' : 'UNSEEN '}${one.labels?.[0]?.innerText ?? one.innerText}`.trim();
      });
    const tabTo = async (text: RegExp): Promise<void> => {
      for (let tabs = 0; tabs < 60; tabs++) {
        await keyboard.press('Tab');
        const now = await focus();
        expect(now).not.toMatch(/^UNSEEN/);
        if (text.test(now)) return;
      }
      throw new Error(`no way to ${String(text)} by Tab`);
    };
    await page.goto('/sign-in');
    await tabTo(/^Skip to the main content/);
    await tabTo(/^A code from your sheet/);
    await keyboard.type(codes.aroha.shift()!);
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Who can see my records' }).waitFor();
    await tabTo(/^Let somebody see/);
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Let somebody see' }).waitFor();
    await tabTo(/^A professional/);
    await keyboard.type('Dr Marcus');
    await tabTo(/^immunisations/);
    await keyboard.press('Space');
    await tabTo(/^read them as text/);
    await keyboard.press('Space');
    await tabTo(/^treatment/);
    await keyboard.press('Space');
    for (const [name, value] of [
      [/^Day/, '2'],
      [/^Month/, '3'],
      [/^Year/, String(new Date().getFullYear() + 1)],
    ] as const) {
      await tabTo(name);
      await keyboard.type(value);
    }
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Check before you allow it' }).waitFor();
    await tabTo(/^Allow this/);
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'You allowed it' }).waitFor();
    await tabTo(/^Take this back/);
    await keyboard.press('Enter');
    await page.getByText('Dr Marcus Reid can see nothing by this consent any more.').waitFor();
    await page.context().close();
  });

  it('shows a doctor a record on a page that goes dark when she takes it back', async () => {
    const [hers, his] = [await sit(), await sit()];
    await Promise.all([signIn(hers, 'aroha'), signIn(his, 'ben')]);
    await his.goto('/shared');
    await his.getByText('Aroha Ngata lets you see their blood tests and medicines').waitFor();
    await holds(his, 'shared');
    await picture(his, 'portal-shared');
    await his
      .getByRole('button', { name: /^Open \(blood tests/ })
      .first()
      .click();
    // By default he may look and not have it: a picture, with nothing of the record in the page's own words.
    const drawn = his.getByRole('img', { name: 'Page 1 of 1 of the record, drawn as a picture' });
    await his.locator('#live[data-ready]').waitFor();
    await expect.poll(() => drawn.evaluate((one: HTMLImageElement) => one.naturalWidth)).toBe(1_240);
    await holds(his, 'an open record');
    await picture(his, 'portal-record-open');
    await his.setViewportSize({ width: 390, height: 844 });
    await his.emulateMedia({ colorScheme: 'dark' });
    await his.getByRole('button', { name: 'Larger pages' }).press('Enter');
    expect(await axeFaults(his)).toEqual([]);
    await picture(his, 'portal-record-phone-dark');
    await his.setViewportSize({ width: 1_024, height: HEIGHT });
    await his.emulateMedia({ colorScheme: 'light' });
    const pictured = await his.locator('html').innerHTML();
    await his.getByRole('button', { name: 'Read it as text' }).click();
    await his.locator('#live[data-ready] dd').first().waitFor();
    const result = await his.locator('#live dd').first().innerText();
    expect(result).toMatch(/\d/);
    expect(pictured).not.toContain(result);
    await holds(his, 'an open record as text');
    await his.getByRole('button', { name: 'See it as pictures' }).click();
    await his.locator('#live[data-ready] img').waitFor();
    const address = await drawn.getAttribute('src');
    await hers.goto('/looks');
    await hers
      .getByText('Dr Ben Harris, a doctor at Quay Street Clinic looked at your blood tests, for treatment 3 times.')
      .waitFor();
    await hers.goto('/');
    await hers.getByRole('button', { name: 'Take this back (Dr Ben Harris)' }).click();
    await hers.getByRole('heading', { name: 'You took it back' }).waitFor();
    await his.getByRole('heading', { name: 'This record is dark now' }).waitFor();
    expect(await his.locator('img').count()).toBe(0);
    expect(await his.evaluate((url) => fetch(url!).then(String, () => 'gone'), address)).toBe('gone');
    await holds(his, 'a dark record');
    await picture(his, 'portal-record-dark');
    await holds(hers, 'taken back');
    await picture(hers, 'portal-taken-back');
    await Promise.all([hers.context().close(), his.context().close()]);
  });

  it('lets a doctor ask, and the resident answer with fewer rights; in an emergency tells her, and ends dark', async () => {
    const [hers, his] = [await sit(), await sit()];
    await Promise.all([signIn(hers, 'aroha'), signIn(his, 'ben')]);
    const number = await hers.locator('.number').innerText();
    await his.goto('/ask');
    await holds(his, 'ask');
    await his.getByLabel('Number of the person').fill(number.toUpperCase());
    for (const name of ['allergies', 'see them on the screen', 'read them as text', 'print them'])
      await his.getByLabel(name).check();
    await his.getByLabel('treatment', { exact: true }).check();
    await his.getByLabel('7 days').check();
    await his.getByLabel('Why?').fill('To see whether the new tablets suit you, at the visit on Friday.');
    await his.getByRole('button', { name: 'Ask' }).click();
    await his.getByRole('heading', { name: 'Your request is on its way' }).waitFor();
    await hers.goto('/');
    await hers.getByText('Somebody asks to see your records').waitFor();
    await holds(hers, 'home');
    await picture(hers, 'portal-home');
    await hers.getByRole('link', { name: 'Read and answer' }).click();
    await holds(hers, 'requests');
    await pictureOf(hers.locator('main'), 'portal-request');
    await hers.getByRole('button', { name: /^Read on and allow it/ }).click();
    await holds(hers, 'check');
    await picture(hers, 'portal-check', { tall: 1_150 });
    await hers.getByRole('button', { name: 'Change it' }).click();
    await hers.getByLabel('print them').uncheck();
    await holds(hers, 'give');
    await hers.getByRole('button', { name: 'Continue' }).click();
    await hers.getByRole('button', { name: 'Allow this' }).click();
    await hers.getByRole('heading', { name: 'You allowed it' }).waitFor();
    await his.goto('/shared');
    await his.getByText('● Allowed').waitFor();
    const care = { subject: number, kind: 'encounter', until: Date.now() + 3_600_000 } as const;
    await server.modules.vault.people.care.report(care, { by: 'svc-ward', organisation: 'party-quay-clinic' });
    await his.goto('/emergency');
    await holds(his, 'emergency');
    await picture(his, 'portal-emergency');
    await his.getByLabel('Number of the patient').fill(number);
    await his.getByLabel('The person cannot answer').check();
    await his.getByLabel('What happened?').fill('Unconscious after a fall at the quay.');
    await his.getByRole('button', { name: 'Open the records of this person' }).click();
    await his.getByText('The records of Aroha Ngata are open to you until').waitFor();
    await holds(his, 'an open emergency');
    const second = await his.context().newPage();
    await second.goto('/emergency');
    await his
      .getByRole('button', { name: /^Open \(medicines/ })
      .first()
      .click();
    await his.locator('#live[data-ready] img').waitFor();
    await hers.goto('/notices');
    await hers.getByRole('heading', { name: 'Your records were opened in an emergency' }).waitFor();
    await picture(hers, 'portal-notices');
    await second.getByRole('button', { name: 'End it now' }).click();
    await his.getByRole('heading', { name: 'This record is dark now' }).waitFor();
    await second.getByText('Waits for review').waitFor();
    await Promise.all([hers.context().close(), his.context().close()]);
  });

  it('keeps records that only she can read: the price, sharing, an emergency, lost passkeys, and back again', async () => {
    const [hers, his, one, other] = [await sit(), await sit(), await sit(), await sit()];
    const { identity } = server.modules;
    const numberOf = async (name: string): Promise<string> => (await identity.personNamed(name))!.id;
    const holders = await identity.registerPeople(
      ['Mere Ngata', 'Wiremu Ngata'].map((handle) => ({ handle, kind: 'resident', position: null })),
    );
    await Promise.all([signIn(hers, 'aroha'), signIn(his, 'ben')]);
    for (const [nth, page] of [one, other].entries())
      await signInBy(page, (await identity.issueSheet(holders[nth]!))[0]!);
    const numbers = {
      ...{ hers: await numberOf(residents.resident.name), his: await numberOf(residents.professional.name) },
      holders,
    };
    const people: walk.Walk = { server, hers, his, holders: [one, other], holds, numbers };
    const lose = await walk.prepare(people);
    const told = await walk.lock(people);
    await walk.share(people, told);
    await walk.newHolderKey(people, lose.holder);
    await walk.quorum(people);
    await lose.hers();
    await walk.bySheet(people, { told, unplug: await walk.recover(people, told) });
    await walk.turnOff(people);
    await Promise.all([hers, his, one, other].map((page) => page.context().close()));
  });

  it('makes a passkey for its own name and signs in with it; the other pages hold up too', async () => {
    const page = await sit();
    await plugInKey(page);
    await page.goto('/sign-in');
    await holds(page, 'sign-in');
    await picture(page, 'portal-sign-in');
    await page.getByRole('button', { name: 'Sign in with a code' }).click();
    await holds(page, 'sign-in with a fault');
    await signIn(page, 'aroha');
    for (const path of ['/held', '/looks', '/notices', '/help', '/no-such-page']) {
      await page.goto(path);
      await holds(page, path);
    }
    await page.goto('/held');
    await pictureOf(page.locator('main'), 'portal-held');
    await page
      .getByRole('link', { name: /^Open \(medicines/ })
      .first()
      .click();
    await holds(page, 'own record');
    await page.goto('/looks');
    await picture(page, 'portal-looks');
    await page.goto('/me');
    await holds(page, 'my sign-in');
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await page.getByText('The passkey is added.').waitFor();
    await page.getByRole('button', { name: 'Make a new sheet' }).click();
    await page.getByRole('heading', { name: 'Your new sheet of codes' }).waitFor();
    await holds(page, 'sheet');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('heading', { name: 'Who can see my records' }).waitFor();
    await page.goto('/language/mi?back=/');
    await holds(page, 'home in te reo Māori');
    await page.emulateMedia({ colorScheme: 'dark' });
    await picture(page, 'portal-home-mi-dark');
    await page.context().close();
  });
});
