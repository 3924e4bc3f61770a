/** What people do with identities in the console: services with a secret that is shown once, VLANs, exceptions of the gate, tabs in the address. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { buildOnce, launch, sit, stage } from './console-kit.ts';

let browser: Browser;
beforeAll(async () => {
  await buildOnce();
  browser = await launch();
});
afterAll(() => browser.close());

test('a service is registered, gets a secret that is shown once, and is ended with a reason', async () => {
  const city = await stage(21_651);
  const { page, context, faults } = await sit(browser, city.base);
  await page.goto('/services');
  await page.getByRole('button', { name: 'Register a service' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Tram times');
  await dialog.getByRole('textbox', { name: 'Id' }).fill('tram-times');
  await dialog.getByRole('combobox', { name: 'Who answers for it' }).click();
  await page.getByRole('option', { name: 'Argus Optics' }).click();
  await dialog.getByRole('button', { name: 'Register it' }).click();
  await dialog.getByText('cannot ask for anything yet').waitFor();
  await dialog.getByRole('button', { name: 'New secret' }).click();
  await dialog.getByRole('button', { name: 'Make the secret' }).click();
  await dialog.getByText('Copy it now').waitFor();
  const secret = await dialog.locator('.cw-link-box code').nth(1).textContent();
  expect(secret?.length).toBeGreaterThan(40);
  await dialog.getByRole('button', { name: 'Done' }).click();
  expect(await page.getByText(secret!).count()).toBe(0);
  await dialog.getByRole('button', { name: 'End', exact: true }).click();
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('Contract over');
  await dialog.getByRole('button', { name: 'End Tram times' }).click();
  await page.getByRole('row', { name: /Tram times.*Ended.*Contract over/ }).waitFor();
  await context.close();
  await city.close();
  expect(faults).toEqual([]);
});

test('a wrong VLAN is said at its field and not sent; a right one says whom it moves', async () => {
  const city = await stage(21_652);
  const { page, context, faults } = await sit(browser, city.base);
  await page.goto('/networks?tab=vlans');
  await page.getByRole('alert').getByText('A certificate of the RADIUS server ends soon').waitFor();
  await page.getByRole('button', { name: 'Change the VLANs' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Cameras' }).fill('9999');
  expect(await dialog.getByRole('button', { name: 'Set the VLANs' }).isDisabled()).toBe(true);
  await dialog.getByRole('textbox', { name: 'Cameras' }).fill('120');
  await dialog.getByText('3 sessions of those listed are moved at once').waitFor();
  await dialog.getByRole('button', { name: 'Set the VLANs' }).click();
  await page.getByRole('row', { name: /^Cameras 120/ }).waitFor();
  await context.close();
  await city.close();
  expect(faults).toEqual([]);
});

test('a check is let be with an owner and an end, and the exception withdrawn', async () => {
  const city = await stage(21_653);
  const { page, context, faults } = await sit(browser, city.base);
  await page.goto('/enrol?tab=gates');
  await page.getByRole('button', { name: 'Let it be: Encrypted connections' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Who answers for it' }).fill('Harbour works');
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('Replaced in spring');
  await dialog.getByRole('button', { name: 'Let it be' }).click();
  await page.getByText('Harbour works answers for it until').waitFor();
  await page.getByRole('button', { name: 'Withdraw the exception: Encrypted connections' }).click();
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('Mended');
  await dialog.getByRole('button', { name: 'Withdraw the exception' }).click();
  await page.getByRole('button', { name: 'Let it be: Encrypted connections' }).waitFor();
  await context.close();
  await city.close();
  expect(faults).toEqual([]);
});

test('an exception of the baseline takes the class from a list, in words', async () => {
  const city = await stage(21_656);
  const { page, context, faults } = await sit(browser, city.base);
  await page.goto('/baseline/axis-https-only');
  await page.getByRole('button', { name: 'Except it' }).click();
  await page.getByRole('combobox', { name: 'For', exact: true }).click();
  await page.getByRole('option', { name: 'class', exact: true }).click();
  await page.getByRole('combobox', { name: 'Class' }).fill('camer');
  await page.getByRole('option', { name: 'Cameras', exact: true }).click();
  await page.getByRole('textbox', { name: 'Who answers for it' }).fill('Harbour works');
  await page.getByRole('textbox', { name: 'Reason' }).fill('Replaced in spring');
  const sent = page.waitForRequest((one) => one.method() === 'POST' && one.url().endsWith('/api/baseline/exceptions'));
  await page.getByRole('button', { name: 'Except it' }).click();
  expect((await sent).postDataJSON()).toMatchObject({ scope: 'class', key: 'camera' });
  await context.close();
  await city.close();
  expect(faults).toEqual([]);
});

test('a tab is chosen by the address, written into it, and kept when the page is loaded again', async () => {
  const city = await stage(21_654);
  const { page, context, faults } = await sit(browser, city.base);
  const chosen = page.getByRole('tab', { selected: true });
  for (const [path, name] of [
    ['/enrol?tab=makers', /^Makers/],
    ['/enrol?tab=gates', /^Commissioning/],
    ['/networks?tab=speaking', /^Gateways and partners/],
  ] as const) {
    await page.goto(path);
    await chosen.filter({ hasText: name }).waitFor();
  }
  await page.getByRole('tab', { name: 'VLANs and switches' }).click();
  await page.waitForURL(/tab=vlans/);
  await page.reload();
  await chosen.filter({ hasText: 'VLANs and switches' }).waitFor();
  await context.close();
  await city.close();
  expect(faults).toEqual([]);
});
