/** The first five minutes of a newcomer, in Chromium: notice, open, trace, contain with a preview, verify; leaves the pictures of the documents. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Situation } from '@cityward/contracts';
import { axeFaults } from './console-kit.ts';
import { hasChromium, openBrowser, startCity, type RunningCity } from './running-city.ts';
import { picture, settled } from './walk-kit.ts';

if (!hasChromium) process.stderr.write('SKIPPED: the story in a browser; install chromium to run it\n');

const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
const SOON = { timeout: 60_000 };

/** So many cameras before a picture is taken: an operator would read meanwhile. */
const SPREAD = 8;

describe.skipIf(!hasChromium)('the story', () => {
  let city: RunningCity;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];
  const foreign: string[] = [];

  beforeAll(async () => {
    city = await startCity('--attack-after', '10');
    browser = await openBrowser();
    page = await browser.newPage({ viewport: DESK, colorScheme: 'light', reducedMotion: 'reduce' });
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('request', (request) => {
      if (
        !request.url().startsWith(city.origin) &&
        !request.url().startsWith('data:') &&
        !request.url().startsWith('blob:')
      )
        foreign.push(request.url());
    });
  });
  afterAll(async () => {
    await browser?.close();
    await city?.stop();
  });

  it('signs in by the printed link, once, and shows the living city', async () => {
    await page.goto(city.link);
    await page.getByRole('button', { name: 'Skip for now' }).click(SOON);
    await page.getByRole('navigation').first().waitFor(SOON);
    expect(page.url()).not.toContain('token');
    const other = await browser.newPage();
    await other.goto(city.link);
    await other
      .getByText(/used|not valid|expired|new link/i)
      .first()
      .waitFor(SOON);
    await other.close();
  });

  it('makes a new link at the machine for a person by name', () => {
    const made = city.cityward('person', 'link', 'first operator');
    expect(made).toMatchObject({ status: 0 });
    expect(made.out).toMatch(/^http:\/\/localhost:\d+\/#token=\S+\n$/);
  });

  it('notices the attack on the first screen, in words', async () => {
    await page
      .getByText(/began sending to \d+\.\d+\.\d+\.\d+/)
      .first()
      .waitFor({ timeout: 240_000 });
    const spread = async (): Promise<number> => {
      const answer = await page.request.get(`${city.origin}/api/situations`);
      const { situations } = (await answer.json()) as { situations: readonly Situation[] };
      return Math.max(0, ...situations.map(({ devices }) => devices.length));
    };
    await expect.poll(spread, { timeout: 240_000, interval: 500 }).toBeGreaterThanOrEqual(SPREAD);
    await picture(page, 'city-now-light');
    expect(await axeFaults(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await picture(page, 'city-now-dark');
    expect(await axeFaults(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'light' });
  });

  it('opens the situation as an incident', async () => {
    await page.goto(`${city.origin}/inbox`);
    await page.getByRole('button', { name: 'Open as incident' }).first().waitFor(SOON);
    await picture(page, 'inbox');
    expect(await axeFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Open as incident' }).first().click();
    await page.waitForURL(/\/incidents\/inc-/, SOON);
    await page.getByText('Timeline').first().waitFor(SOON);
    await picture(page, 'incident');
    expect(await axeFaults(page)).toEqual([]);
  });

  it('traces it to a camera and the outside address that entered it', async () => {
    await page.getByRole('tab', { name: 'Where it started' }).click();
    await page
      .getByText(/from outside had contacted it/)
      .first()
      .waitFor(SOON);
    await page.locator('.cw-node').first().waitFor(SOON);
    await picture(page, 'trace');
    expect(await axeFaults(page)).toEqual([]);
  });

  it('contains the cameras with a preview and a reason, and sees it in force', async () => {
    await page.getByRole('tab', { name: 'Contain', exact: true }).click();
    await page.getByText(/Isolates \d+ of \d+ cameras; no crossing is affected; ends in 4 hours/).waitFor(SOON);
    await picture(page, 'contain-preview');
    await page.getByRole('textbox', { name: /Reason/ }).fill('Command and control seen');
    await page
      .getByRole('button', { name: /^Contain \d+ cameras/ })
      .last()
      .click();
    await page.getByText('In force').first().waitFor(SOON);
    await picture(page, 'contained');
    expect(await axeFaults(page)).toEqual([]);
  });

  it('verifies the evidence with the command, and a changed pack is refused', async () => {
    await page.goto(`${city.origin}/evidence`);
    await page.getByText('Root').first().waitFor(SOON);
    await picture(page, 'evidence');
    expect(await axeFaults(page)).toEqual([]);
    const pack = join(city.dataFolder, 'pack.zip');
    const key = join(city.dataFolder, 'ledger.vkey');
    expect(city.cityward('evidence', 'pack', pack).status).toBe(0);
    expect(city.cityward('evidence', 'verify', pack, '--key-file', key)).toMatchObject({ status: 0 });
    expect(city.cityward('evidence', 'verify', `${city.origin}/ledger`, '--key-file', key)).toMatchObject({
      status: 0,
    });
    const bytes = readFileSync(pack);
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    writeFileSync(pack, bytes);
    expect(city.cityward('evidence', 'verify', pack, '--key-file', key).status).toBe(4);
  });

  it.each(['/', '/inbox', '/incidents', '/fleet', '/devices/cam-0001', '/import', '/evidence', '/jobs', '/people'])(
    'has no serious fault of access at %s, in either theme, and fits a phone',
    async (path) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.goto(`${city.origin}${path}`);
        await page.getByRole('main').waitFor(SOON);
        await settled(page);
        expect(await axeFaults(page)).toEqual([]);
      }
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize(PHONE);
      await settled(page);
      const wider = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(wider).toBeLessThanOrEqual(0);
      await page.setViewportSize(DESK);
    },
  );

  it('works without WebGL: the same city as a drawing', async () => {
    await page.goto(`${city.origin}/?svg=1`);
    await page.locator('svg').first().waitFor(SOON);
    await picture(page, 'city-now-svg');
  });

  it('asked nothing of anybody outside and threw no error', () => {
    expect(foreign).toEqual([]);
    expect(errors).toEqual([]);
  });
});
