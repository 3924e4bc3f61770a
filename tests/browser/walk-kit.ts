/** What every walk through the real city needs: a seat, a passkey of its own, pictures, and pages held to the same bar. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Download, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { axeFaults } from './console-kit.ts';
import { ROOT } from './running-city.ts';

const IMAGES = join(ROOT, 'docs/images');
export const DESK = { width: 1_440, height: 900 };
const PHONE = { width: 390, height: 844 };
/** Frames until plots and maps have drawn themselves. */
const FRAMES = 3;

/** A security key that stays in its device, as officers and installers hold it; plugged into this page alone. `hasPrf`: it keeps a key of its person's too. Answers how it is lost. */
export async function plugInKey(page: Page, { hasPrf = false } = {}): Promise<() => Promise<void>> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable', { enableUI: false });
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'usb',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      hasPrf,
      defaultBackupEligibility: false,
      defaultBackupState: false,
    },
  });
  return () => cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId }).then(() => undefined);
}

/** Comes in by the printed link and makes a passkey on the way. */
export async function comeInWithPasskey(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByRole('button', { name: 'Make a passkey' }).click();
  await page.getByText('Passkey made.').waitFor();
  await page.getByRole('button', { name: /^Go to / }).click();
  await page.getByRole('navigation').first().waitFor();
}

/** Invites a person with just these roles; the one-time link. */
export async function invite(page: Page, name: string, roles: readonly string[]): Promise<string> {
  await page.goto('/people');
  await page.getByRole('button', { name: 'Invite a person' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill(name);
  await dialog.getByRole('checkbox').first().waitFor();
  for (const box of await dialog.getByRole('checkbox').all()) await box.uncheck();
  for (const role of roles) await dialog.getByRole('checkbox', { name: role, exact: true }).check();
  await dialog.getByRole('button', { name: 'Make the one-time link' }).click();
  return dialog.locator('code').filter({ hasText: '#token=' }).innerText();
}

const WAITS = '[aria-label="Loading"], [data-loading="true"], .cw-map-canvas:not([data-ready])';

/** Nothing loads any more: no skeleton, no button that waits, no map without its devices; and what was drawn is on the screen. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction((waits) => document.querySelector(waits) === null, WAITS);
  await page.evaluate(
    (frames) =>
      new Promise<void>((done) => {
        const next = (left: number): void => {
          if (left === 0) return done();
          requestAnimationFrame(() => next(left - 1));
        };
        next(frames);
      }),
    FRAMES,
  );
}

/** A picture for the documents: the window, or the whole page up to a height. */
export async function picture(page: Page, name: string, { tall }: { readonly tall?: number } = {}): Promise<void> {
  mkdirSync(IMAGES, { recursive: true });
  if (tall !== undefined) await page.setViewportSize({ ...DESK, height: tall });
  await settled(page);
  await page.screenshot({ path: join(IMAGES, `${name}.png`) });
  if (tall !== undefined) await page.setViewportSize(DESK);
}

/** One part of the page alone. */
export async function pictureOf(part: Locator, name: string): Promise<void> {
  mkdirSync(IMAGES, { recursive: true });
  await settled(part.page());
  await part.screenshot({ path: join(IMAGES, `${name}.png`) });
}

/** The page that is open, in light, dark and on a phone: no serious fault of access, never wider than its window. */
export async function holdsUp(page: Page, what: string): Promise<void> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await settled(page);
    found.push(...(await axeFaults(page)).map((fault) => `${what}, ${colorScheme}: ${fault}`));
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(PHONE);
  await settled(page);
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wider > 0) found.push(`${what}: ${wider} px wider than a phone`);
  await page.setViewportSize(DESK);
  expect(found).toEqual([]);
}

/** What a click hands over as a file. */
export async function downloaded(page: Page, click: () => Promise<void>): Promise<Download> {
  const [file] = await Promise.all([page.waitForEvent('download'), click()]);
  return file;
}
