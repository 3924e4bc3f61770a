/** What people do in the console, by keyboard where there are keys: sign in, judge, contain, take back, import, filter, lose the connection. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import type { Incident } from '@cityward/contracts';
import { axeFaults, buildOnce, launch, sit, stage } from './console-kit.ts';
import { picture } from './walk-kit.ts';

const PATIENCE = { timeout: 60_000 };
const TOKEN = 't8MYRggwP4Af0mMLkjTSPbiRYF80bLtdSSoEWt3yt8E';
let browser: Browser;
beforeAll(async () => {
  await buildOnce();
  browser = await launch();
});
afterAll(() => browser.close());

test('the one-time link signs in, leaves no token behind, and offers ways to come back', async () => {
  const city = await stage(21_641, { signedIn: false });
  const { page, context, faults } = await sit(browser, city.base, { bypassCSP: true });
  await page.goto('/fleet');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(await axeFaults(page)).toEqual([]);
  await page.goto('/fleet?class=camera');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.goto(`/fleet?class=camera#token=${TOKEN}`); // only the fragment differs: no new document by itself
  await page.getByRole('heading', { name: /Welcome/ }).waitFor();
  expect(page.url()).not.toContain(TOKEN);
  expect(await axeFaults(page)).toEqual([]);
  await page.getByRole('button', { name: /Make (new|recovery) codes/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Make new codes' }).click();
  await expect.poll(() => page.locator('.cw-sheet li').count(), PATIENCE).toBe(8);
  await page.getByRole('button', { name: 'Go to Port Merrow' }).click();
  await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
  await page.waitForURL((url) => url.searchParams.get('class') === 'camera');
  city.state.signedIn = false;
  await page.getByRole('link', { name: 'Jobs' }).click();
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
  await context.close();
  await city.close();
  expect(faults).toEqual([]);
});

test('from the first sentence to a containment and back, by keyboard', async () => {
  const city = await stage(21_642);
  const { page, context, faults } = await sit(browser, city.base);
  await page.goto('/');
  await page.getByText(/14 cameras in Harbour/).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('i');
  await page.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor();
  await page.locator('.cw-inbox-item').nth(1).waitFor();
  // A key in the first second of a page follows no `g`; the clock of a page starts at zero.
  await page.evaluate(() => {
    const early = new KeyboardEvent('keydown', { key: 'j', bubbles: true, cancelable: true });
    Object.defineProperty(early, 'timeStamp', { value: 100 });
    document.body.dispatchEvent(early);
  });
  await page.getByRole('heading', { level: 2, name: /Two air sensors/ }).waitFor();
  await page.keyboard.press('e');
  await page.getByRole('dialog').getByRole('textbox', { name: 'Reason' }).fill('Planned work');
  await page.getByRole('dialog').getByRole('button', { name: 'Dismiss situation' }).click();
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.keyboard.press('Enter');
  await page.getByRole('tab', { name: 'What happened' }).waitFor();
  await page.getByRole('button', { name: 'Contain 14 cameras' }).first().click();
  await page.getByText('Isolates 14 of 120 cameras').waitFor();
  const contain = page.locator('form').getByRole('button', { name: 'Contain 14 cameras' });
  await contain.click();
  await page.getByText('At least 3 letters').waitFor();
  await page.getByRole('button', { name: 'Stop the spread while we look' }).click();
  await contain.click();
  await page.getByText('Partly failed').waitFor();
  await expect.poll(() => page.locator('[data-step="failed"]').count(), PATIENCE).toBe(1);
  await page.getByRole('button', { name: 'Take the containment back' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Reason' }).fill('Devices are clean');
  await page.getByRole('dialog').getByRole('button', { name: 'Give access back to 14' }).click();
  await page.getByText('Taken back').first().waitFor();
  await context.close();
  await city.close();
  expect(faults).toEqual([]);
});

test('an open incident follows its situation as it grows; the plan that is being read stays and says what it lacks', async () => {
  const city = await stage(21_647);
  const { page, context, faults } = await sit(browser, city.base);
  let grown = false;
  await page.route(/\/api\/incidents\/inc-[^/]+$/, async (route) => {
    const answer = await route.fetch();
    const incident = (await answer.json()) as Incident;
    const joined = { ...incident.devices.find((one) => one.role === 'infected')!, id: 'cam-0999' };
    await route.fulfill({
      response: answer,
      json: grown ? { ...incident, title: '15 cameras in Harbour', devices: [...incident.devices, joined] } : incident,
    });
  });
  await page.goto('/inbox');
  await page.getByRole('button', { name: 'Open as incident' }).click();
  await page.getByRole('button', { name: 'Contain 14 cameras' }).first().click();
  await page.getByText('Isolates 14 of 120 cameras').waitFor();
  await page.getByRole('textbox', { name: 'Reason' }).fill('Stop the spread');
  grown = true;
  city.state.news.push({ kind: 'situation', at: Date.now(), id: 'sit-1', title: '15 cameras', change: 'grown' });
  await page.getByRole('heading', { level: 1, name: '15 cameras in Harbour' }).waitFor();
  await page.getByText('1 camera joined the incident after this was worked out and is not in it yet.').waitFor();
  await page.getByRole('button', { name: 'Contain 15 cameras' }).waitFor();
  await page.locator('form').getByRole('button', { name: 'Contain 14 cameras' }).waitFor();
  await expect.poll(() => page.getByRole('textbox', { name: 'Reason' }).inputValue()).toBe('Stop the spread');
  await context.close();
  await city.close();
  expect(faults).toEqual([]);
});

test('the map by keyboard: to a device, its card, the table, a link that keeps it all', async () => {
  const city = await stage(21_643);
  const { page, context, faults } = await sit(browser, city.base);
  await page.goto('/?svg=1');
  const map = page.getByRole('application');
  await map.focus();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('group', { name: 'Selected device' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.waitForURL((url) => /^cam-\d{4}$/.test(url.searchParams.get('device') ?? ''));
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await map.focus();
  await page.keyboard.press('t');
  await page.getByRole('region', { name: 'Devices of the map' }).waitFor();
  await page.waitForURL((url) => url.searchParams.get('view') === 'table');
  await page.goBack();
  await context.close();
  await city.close();
  expect(faults).toEqual([]);
});

test('a fleet of 100,000: rows in sight only, to the last one; filtered and sorted by the address', async () => {
  const city = await stage(21_644, { devices: 100_000 });
  const { page, context, faults } = await sit(browser, city.base);
  await page.goto('/fleet?sort=id');
  await page.getByText('100,000 devices').waitFor();
  await page.locator('.cw-vtable tbody tr').first().waitFor();
  await expect.poll(() => page.locator('.cw-vtable tbody tr').count(), PATIENCE).toBeLessThan(80);
  await page.locator('.cw-vtable-box').evaluate((box) => box.scrollTo(0, box.scrollHeight));
  await page.locator('tr[aria-rowindex="100001"] button').waitFor();
  await page.goto('/fleet?class=camera&state=suspect');
  await page.getByText('14 devices', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Without Suspect' }).click();
  await page.waitForURL((url) => !url.searchParams.has('state'));
  await context.close();
  await city.close();
  expect(faults).toEqual([]);
});

test('an import: pasted, its map and difference, committed, taken back', async () => {
  const city = await stage(21_645);
  const { page, context, faults } = await sit(browser, city.base);
  await page.goto('/import');
  await page.getByText('Or paste its text').click();
  await page
    .getByRole('textbox', { name: 'Or paste its text' })
    .fill('name,serial,latitude\nA,S1,1\nB,S2,x\nC,S3,1\nD,S4,1');
  await page.getByRole('button', { name: 'Check what it would change' }).click();
  await page.getByRole('tab', { name: /Rejected 1/ }).click();
  await page.getByText('a number between -90 and 90 is wanted').waitFor();
  await page.getByRole('button', { name: 'Commit 3 changes' }).click();
  await page.getByRole('button', { name: 'Take the import back' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Reason' }).fill('Wrong file');
  await page.getByRole('dialog').getByRole('button', { name: 'Take the import back' }).click();
  await page.getByText('Taken back').waitFor();
  await context.close();
  await city.close();
  expect(faults).toEqual([]);
});

test('the records desk: what is late is opened by keyboard and answered; a hold is set; a destruction ordered; people counted beyond a page', async () => {
  const city = await stage(21_648);
  const { page, context, faults } = await sit(browser, city.base);
  await page.goto('/');
  await page.getByRole('link', { name: 'Records desk' }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('d');
  await page.getByRole('heading', { level: 1, name: 'Records desk' }).waitFor();
  await page.getByRole('list', { name: 'For you' }).waitFor();
  await picture(page, 'records-desk');
  const first = page.getByRole('list', { name: 'For you' }).getByRole('link').first();
  await first.filter({ hasText: '2 days late' }).focus();
  await page.keyboard.press('Enter');
  const drawer = page.getByRole('dialog');
  await drawer.getByRole('button', { name: 'Answer' }).click();
  await drawer.getByRole('radio', { name: 'Refused' }).check();
  await drawer.getByRole('textbox', { name: 'In words, for the person' }).fill('It is right as it is.');
  await drawer.getByRole('button', { name: 'Send the answer' }).click();
  await drawer.getByText('At least one clause').waitFor(); // a refusal names what lets it be
  await drawer.getByRole('radio', { name: 'Granted', exact: true }).check();
  await drawer.getByRole('button', { name: 'Send the answer' }).click();
  await drawer.getByText('It is not on this list any more').waitFor();
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'hidden' });
  await page.getByRole('tab', { name: 'Requests (2)' }).waitFor();
  await page.getByRole('tab', { name: /^Holds/ }).click();
  await page.getByRole('button', { name: 'Open hold hld-1m9c0q4x1ab3d5k7' }).click();
  await drawer.getByRole('button', { name: 'Set the hold' }).click();
  await drawer.getByRole('button', { name: 'Set the hold' }).click();
  await drawer.getByText('In force', { exact: true }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('tab', { name: /^Destructions/ }).click();
  await page.getByRole('button', { name: 'Order a destruction' }).click();
  await drawer.getByRole('combobox', { name: 'Whose records' }).fill('2b8v0c9x');
  await page.getByRole('option', { name: 'per-2b8v0c9x3m6n7q1w' }).click();
  await drawer.getByRole('button', { name: 'Look at what is held' }).click();
  await drawer.getByText('3 records are held').waitFor();
  await drawer.getByRole('textbox', { name: 'Reason' }).fill('Asked for by letter of 3 May');
  await drawer.getByRole('button', { name: 'Destroy the records' }).click();
  await drawer.getByRole('link', { name: 'Open the destruction' }).click();
  await page.getByText('Asked for by letter of 3 May').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('tab', { name: 'Whose data?' }).click();
  await page.getByRole('button', { name: 'Open question exp-3x1ab3d57k2m9c0q' }).click();
  await drawer.getByText('The people, by id').click();
  await drawer.getByText('and 3,912 more').waitFor(); // of all, not of the page that was answered
  await context.close();
  await city.close();
  expect(faults).toEqual([]);
});

test('a lost connection is said with the age of what is shown; a refusal says what, why, what to do, and the id', async () => {
  const city = await stage(21_646);
  const { page, context } = await sit(browser, city.base);
  await page.goto('/fleet');
  await page.getByText('600 devices').waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  await context.setOffline(true);
  await city.close();
  await page.getByText(/The live connection is lost. What you see is from/).waitFor();
  await page.getByText('600 devices').waitFor();
  const back = await stage(21_646);
  await context.setOffline(false);
  await page.getByText(/The live connection is lost/).waitFor({ state: 'hidden' });
  await page.goto('/devices/nobody-0001');
  const note = page.getByRole('alert');
  await note.waitFor();
  const text = await note.innerText();
  for (const part of [
    'Could not load the device',
    'the city has no such device',
    'Go back to the list',
    'DEVICE_UNKNOWN',
    'mock-1f3a',
  ])
    expect(text).toContain(part);
  await context.close();
  await back.close();
});
