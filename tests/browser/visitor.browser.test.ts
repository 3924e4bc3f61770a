/** A vendor and the city in two browsers on the real server: asked, let in, shown what it reaches, taken back, out at once. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeFaults } from './console-kit.ts';
import { hasChromium, openBrowser, ROOT, startCity, type RunningCity } from './running-city.ts';

if (!hasChromium) process.stderr.write('SKIPPED: a visitor in a browser; install chromium to run it\n');

const IMAGES = join(ROOT, 'docs/images');
const PATIENCE_MS = 120_000;
const WHO = 'Lens and Pole Ltd';
const DEVICE = 'cam-0001';
const DESK = { width: 1_440, height: 900 };
const PHONE = { width: 390, height: 844 };

describe.skipIf(!hasChromium)('a visitor', () => {
  let city: RunningCity;
  let browser: Browser;
  let operator: Page;
  let vendor: Page;
  const errors: string[] = [];
  const contexts: BrowserContext[] = [];

  const sit = async (): Promise<Page> => {
    const context = await browser.newContext({ viewport: DESK, reducedMotion: 'reduce', bypassCSP: true });
    contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', (error) => errors.push(String(error)));
    return page;
  };
  const comeIn = async (page: Page, link: string): Promise<void> => {
    await page.goto(link);
    await page.getByRole('button', { name: 'Skip for now' }).click();
    await page.getByRole('navigation').first().waitFor();
  };
  /** Light, dark and on a phone. */
  const faultsOf = async (page: Page): Promise<string[]> => {
    const found: string[] = [];
    const seats = [
      ['light', DESK],
      ['dark', DESK],
      ['light', PHONE],
    ] as const;
    for (const [colorScheme, size] of seats) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(size);
      await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
      found.push(...(await axeFaults(page)).map((fault) => `${colorScheme} ${size.width}: ${fault}`));
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      if (wide > 0) found.push(`${size.width}: ${wide} px wider than the window`);
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize(DESK);
    return found;
  };
  const answer = async (page: Page, reason: string, act: string): Promise<void> => {
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Reason' }).fill(reason);
    await dialog.getByRole('button', { name: act }).click();
    await dialog.waitFor({ state: 'hidden' });
  };

  beforeAll(async () => {
    mkdirSync(IMAGES, { recursive: true });
    city = await startCity('--calm', '--devices', '200');
    browser = await openBrowser();
    [operator, vendor] = [await sit(), await sit()];
    await comeIn(operator, city.link);
  });
  afterAll(async () => {
    for (const context of contexts) await context.close();
    await browser?.close();
    await city?.stop();
  });

  it('is invited without a role, comes in by the link, and finds nothing of the city', async () => {
    await operator.goto(`${city.origin}/people`);
    await operator.getByRole('button', { name: 'Invite a person' }).click();
    const dialog = operator.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Name' }).fill(WHO);
    await dialog.getByRole('checkbox', { name: 'Operator' }).uncheck();
    await dialog.getByRole('button', { name: 'Make the one-time link' }).click();
    const link = await dialog.getByText(/#token=/).innerText();
    await comeIn(vendor, /http:\S+/.exec(link)![0]);
    await vendor.getByText('You have no access now').waitFor();
    await vendor.goto(`${city.origin}/fleet`);
    await vendor.waitForURL(`${city.origin}/visit`);
    const pages = vendor.getByRole('navigation').first().getByRole('listitem');
    expect(await pages.allInnerTexts()).toEqual(['My access']);
    expect(await faultsOf(vendor)).toEqual([]);
  });

  it('asks, and is let in by somebody of the city: the open page shows it by itself', async () => {
    await vendor.getByRole('button', { name: 'Ask for access' }).first().click();
    const form = vendor.getByRole('dialog');
    const devices = form.getByLabel('Devices', { exact: true });
    const submit = form.getByRole('button', { name: 'Ask for access' });
    await submit.click();
    await form.getByText('Name at least one device or site').waitFor();
    await devices.fill('no-such-device');
    await form.getByRole('textbox', { name: 'What for' }).fill('Replace the lens');
    await submit.click();
    await form.getByText(/to "no-such-device": the city has none such/).waitFor();
    await devices.press('Backspace');
    await devices.fill(DEVICE);
    await devices.press('Enter');
    expect(await axeFaults(vendor)).toEqual([]);
    await submit.click();
    await vendor.getByText('The city has been asked').waitFor();

    await operator.goto(`${city.origin}/jobs`);
    await operator.getByRole('link', { name: 'Visitors' }).click();
    await operator.getByText('Replace the lens').waitFor();
    expect(await faultsOf(operator)).toEqual([]);
    await operator.getByRole('button', { name: `Let ${WHO} in` }).click();
    await answer(operator, 'Work order 4411', `Let ${WHO} in`);
    await operator.getByRole('button', { name: `Take back access of ${WHO}` }).waitFor();
    await operator.screenshot({ path: join(IMAGES, 'visitors.png') });

    await vendor.getByText('You may come in').waitFor();
    await vendor.getByRole('region', { name: 'Devices that it reaches' }).getByText(DEVICE).first().waitFor();
    expect(await faultsOf(vendor)).toEqual([]);
    await vendor.screenshot({ path: join(IMAGES, 'my-access.png') });
  });

  it('looks at the device, and at no other', async () => {
    await vendor.getByRole('row', { name: DEVICE }).getByRole('link').click();
    await vendor.getByRole('region', { name: 'Trust' }).first().waitFor();
    expect(await faultsOf(vendor)).toEqual([]);
    await vendor.goto(`${city.origin}/devices/cam-0002`);
    await vendor.getByRole('alert').getByText('NOT_ALLOWED').waitFor();
    await vendor.goto(`${city.origin}/devices/${DEVICE}`);
    await vendor.getByRole('region', { name: 'Trust' }).first().waitFor();
  });

  it('is out at once when the access is taken back: the page that is open says so and shows nothing more', async () => {
    await operator.getByRole('button', { name: `Take back access of ${WHO}` }).click();
    await answer(operator, 'Wrong camera', `Take back access of ${WHO}`);
    await vendor.getByRole('heading', { name: 'Your access has ended' }).waitFor();
    await vendor.getByText('Taken back: Wrong camera.').waitFor();
    expect(await vendor.getByText(DEVICE).count()).toBe(0);
    expect(await faultsOf(vendor)).toEqual([]);
  });

  it('is found in the evidence by who did it', async () => {
    await operator.getByRole('link', { name: `What they did: ${WHO}, in the evidence` }).click();
    await operator.getByText(`Only what ${WHO} did.`).waitFor();
    await operator.getByText(new RegExp(`used temporary access to device ${DEVICE}`)).waitFor();
    expect(await axeFaults(operator)).toEqual([]);
  });

  it('comes back to see how it ended, and may ask anew', async () => {
    const { status, out } = city.cityward('person', 'link', WHO);
    expect(status).toBe(0);
    await comeIn(vendor, out.trim());
    await vendor.goto(`${city.origin}/visit`);
    await vendor.getByText('Your access ended: taken back').waitFor();
    await vendor.getByRole('button', { name: 'Ask for access' }).first().waitFor();
    expect(await faultsOf(vendor)).toEqual([]);
    expect(errors).toEqual([]);
  });
});
