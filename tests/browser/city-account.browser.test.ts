/** Signing in through the page of a real OpenID provider, in a browser, into the real server. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_ID, CLIENT_SECRET, startProvider, type TestProvider } from '@cityward/identity/testing-provider';
import { freePorts } from '../../apps/server/src/testing-ports.ts';
import { axeFaults } from './console-kit.ts';
import { hasChromium, openBrowser, startCityAt, type RunningCity } from './running-city.ts';

if (!hasChromium) process.stderr.write('SKIPPED: the city account in a browser; install chromium to run it\n');

const PATIENCE_MS = 120_000;
const DISCONNECT = 'Disconnect my city account';

describe.skipIf(!hasChromium)('the city account', () => {
  let city: RunningCity;
  let provider: TestProvider;
  let browser: Browser;
  const folder = mkdtempSync(join(tmpdir(), 'cityward-account-'));

  /** A browser of its own: nobody is signed in anywhere. */
  const sit = async (): Promise<Page> => {
    const context = await browser.newContext({ reducedMotion: 'reduce', bypassCSP: true });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    return page;
  };
  const atProvider = async (page: Page, account: string): Promise<void> => {
    await page.getByRole('heading', { name: 'Provider of the tests' }).waitFor();
    expect(page.url().startsWith(provider.issuer)).toBe(true);
    await page.getByRole('textbox', { name: 'Account' }).fill(account);
    await page.getByRole('button', { name: 'Sign in here' }).click();
  };
  const signIn = async (page: Page, account: string): Promise<void> => {
    await page.goto(city.origin);
    await page.getByRole('button', { name: 'Sign in with your city account' }).click();
    await atProvider(page, account);
  };

  beforeAll(async () => {
    const [port] = (await freePorts(1)) as [number];
    provider = await startProvider(`http://localhost:${port}/sign-in/account`, { asks: true });
    const secret = join(folder, 'client-secret');
    writeFileSync(secret, CLIENT_SECRET, { mode: 0o600 });
    const account = ['--oidc-issuer', provider.issuer, '--oidc-client-id', CLIENT_ID];
    city = await startCityAt(port, '--calm', '--devices', '200', ...account, '--oidc-client-secret-file', secret);
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await city?.stop();
    await provider?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is connected by its person, who signed in by link', async () => {
    const page = await sit();
    await page.goto(city.link);
    await page.getByRole('button', { name: 'Skip for now' }).click();
    await page.goto(`${city.origin}/me`);
    await page.getByRole('button', { name: 'Connect my city account', exact: true }).click();
    await atProvider(page, 'ann');
    await page.getByRole('button', { name: DISCONNECT }).waitFor();
    expect(page.url()).toBe(`${city.origin}/me`);
    expect(await axeFaults(page)).toEqual([]);
    await page.context().close();
  });

  it('signs in through the page of the provider and lands in the console', async () => {
    const page = await sit();
    await signIn(page, 'ann');
    await page.getByRole('navigation').first().waitFor();
    await page.getByRole('button', { name: /First operator/ }).waitFor();
    // Neither the code nor the state of the provider stays in the address.
    expect(page.url()).not.toMatch(/code=|state=|iss=/);
    await page.context().close();
  });

  it('of somebody who never connected it opens nothing', async () => {
    const page = await sit();
    await signIn(page, 'stranger');
    await page.getByRole('alert').getByText('Could not sign you in').waitFor();
    expect(await page.getByRole('navigation').count()).toBe(0);
    expect(await axeFaults(page)).toEqual([]);
    await page.context().close();
  });

  it('is disconnected only after asking, and opens nothing from then on', async () => {
    const page = await sit();
    await signIn(page, 'ann');
    await page.getByRole('navigation').first().waitFor();
    await page.goto(`${city.origin}/me`);
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: DISCONNECT }).click();
    await dialog.getByText(/You can no longer come in through/).waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.reload();
    await page.getByRole('button', { name: DISCONNECT }).click();
    await dialog.getByRole('button', { name: DISCONNECT }).click();
    await page.getByRole('button', { name: /^(Connect my|Sign in with your) city account$/ }).waitFor();
    const after = await sit();
    await signIn(after, 'ann');
    await after.getByRole('alert').getByText('Could not sign you in').waitFor();
    expect(await after.getByRole('navigation').count()).toBe(0);
  });
});
