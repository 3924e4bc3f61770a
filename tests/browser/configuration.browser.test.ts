/** How devices are set up, through the real console and city: baseline read and mended, configuration wanted and drift mended. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlView, DeviceDesired, DevicePage, Drift } from '@cityward/contracts';
import {
  commandIn,
  firstOfficers,
  pinInSimulator,
  signOffline,
  started,
  type Desk,
} from '../../apps/server/src/testing-journey.ts';
import { buildOnce, sit, type Seat } from './console-kit.ts';
import { hasChromium, newFolder, openBrowser, startCityIn, type RunningCity } from './running-city.ts';
import { comeInWithPasskey, holdsUp, picture, plugInKey } from './walk-kit.ts';

if (!hasChromium)
  process.stderr.write('SKIPPED: baseline and configuration in a browser; install chromium to run it\n');

const CONTROL = 'agent-remote-shell-off';
const CONTROL_TITLE = 'Nobody gets a shell over the network';
const PATIENCE = { timeout: 180_000 };

describe.skipIf(!hasChromium)('how devices are set up', () => {
  let city: RunningCity;
  let browser: Browser;
  let seat: Seat;
  let page: Page;
  let desk: Desk;
  let machine: string;
  const get = async <T>(path: string): Promise<T> => (await (await page.request.get(path)).json()) as T;

  beforeAll(async () => {
    await buildOnce();
    machine = mkdtempSync(join(tmpdir(), 'cityward-officers-'));
    const dataFolder = newFolder();
    desk = commandIn(machine, { dataFolder });
    await firstOfficers(desk, 'Port Merrow');
    pinInSimulator(desk, { dataFolder });
    city = await startCityIn(dataFolder, ['--calm', '--devices', '200']);
    expect(await desk.run('officers', 'send', 'officers.json')).toMatchObject({ exit: 0 });
    browser = await openBrowser();
    seat = await sit(browser, city.origin);
    page = seat.page;
    await plugInKey(page);
    await comeInWithPasskey(page, city.link);
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await city?.stop();
    rmSync(machine, { recursive: true, force: true });
  });
  const idInAddress = (): string => new URL(page.url()).pathname.split('/').at(-1)!;

  it('is read from every device, and the worst stands first', async () => {
    const quiet = async (): Promise<number> =>
      (await get<DevicePage>('/api/devices?class=street-light&limit=200')).rows.filter((row) => row.lastSeen === null)
        .length;
    await expect.poll(quiet, PATIENCE).toBe(0);
    await page.goto('/baseline');
    await page.getByRole('button', { name: 'Read all devices now' }).click();
    await page.getByRole('status').filter({ hasText: 'Last scan: ' }).waitFor(PATIENCE);
    await page.getByRole('link', { name: CONTROL_TITLE }).waitFor(PATIENCE);
    await holdsUp(page, 'Baseline');
    await picture(page, 'baseline', { tall: 1_100 });
  });

  it('shows for one control who fails and what would change, and plans the change that mends it', async () => {
    await page.getByRole('link', { name: CONTROL_TITLE }).click();
    await page.getByRole('heading', { level: 1, name: CONTROL_TITLE }).waitFor();
    const failing = page.getByRole('region', { name: 'Devices' }).first();
    await failing.getByRole('rowheader').first().waitFor();
    await page.getByRole('button', { name: 'Show what would change' }).click();
    await page.getByRole('cell', { name: 'settings.ssh.enabled' }).first().waitFor();
    await holdsUp(page, 'one control');
    await picture(page, 'baseline-control', { tall: 1_100 });
    await page.getByRole('button', { name: /^Plan a change that mends \d+ devices/ }).click();
    await page.waitForURL(/\/changes\/chg-/);
    const id = idInAddress();
    await signOffline(desk, id, 'ann-doe');
    await started(desk, id);
    const passed = async (): Promise<number> =>
      (await get<ControlView>(`/api/baseline/controls/${CONTROL}`)).control.passed;
    await expect.poll(passed, PATIENCE).toBeGreaterThan(0);
    await page.goto(`/baseline/${CONTROL}`);
    await page.getByText('As wanted', { exact: true }).first().click();
    await failing.getByRole('rowheader').first().waitFor();
  });

  it('lets somebody answer for a control until a day, and takes that back', async () => {
    await page.getByRole('button', { name: 'Except it' }).click();
    await page.getByRole('textbox', { name: 'Device', exact: true }).fill('lamp-0001');
    await page.getByRole('textbox', { name: 'Who answers for it' }).fill('Traffic control');
    await page.getByRole('textbox', { name: 'Reason' }).fill('Serviced over it until spring');
    await page.getByRole('button', { name: 'Except it' }).click();
    await page.getByRole('textbox', { name: 'Who answers for it' }).waitFor({ state: 'hidden' });
    await page.goto('/baseline');
    const row = page.getByRole('row', { name: /Traffic control/ });
    await row.waitFor();
    await holdsUp(page, 'Baseline with an exception');
    await row.getByRole('button', { name: 'End' }).click();
    await page.getByRole('dialog').getByRole('textbox', { name: 'Reason' }).fill('Mended');
    await page.getByRole('dialog').getByRole('button', { name: 'End the exception' }).click();
    await row.waitFor({ state: 'hidden' });
  });

  it('is wanted of a class, drift is found, and a change that mends it is one click away', async () => {
    await page.goto('/changes/wanted');
    await page.getByText('Nothing is wanted yet').waitFor();
    await page.getByRole('button', { name: 'Say what is wanted' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'Class' }).click();
    await page.getByRole('option', { name: 'Street lights', exact: true }).click();
    const wanted = { dimming: { from: '23:00', percent: 40 }, ntp: { servers: ['ntp-1.port-merrow.example'] } };
    await dialog.getByRole('textbox', { name: 'Document' }).fill('{ not JSON');
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('Dimming as the council decided');
    await dialog.getByRole('button', { name: 'Want this' }).click();
    await dialog.getByText('This is no JSON object').waitFor();
    await dialog.getByRole('textbox', { name: 'Document' }).fill(JSON.stringify(wanted, null, 2));
    await dialog.getByRole('button', { name: 'Want this' }).click();
    await dialog.waitFor({ state: 'hidden' });
    const drifted = page.getByRole('region', { name: 'Not configured as wanted' }).first();
    await drifted
      .getByRole('link', { name: /^lamp-/ })
      .first()
      .waitFor(PATIENCE);
    const lamp = await drifted
      .getByRole('link', { name: /^lamp-/ })
      .first()
      .innerText();
    await drifted.getByRole('link', { name: lamp }).click();
    await page.getByText(`${lamp} is not configured as wanted.`).waitFor();
    await page.getByRole('region', { name: 'What differs' }).getByText('dimming', { exact: true }).waitFor();
    await holdsUp(page, 'Wanted configuration');
    await picture(page, 'wanted', { tall: 1_300 });
    await drifted.getByRole('link', { name: /^Plan a change that mends \d+ devices/ }).click();
    await page.getByRole('checkbox', { name: /^Only devices that are wanted to run/ }).waitFor();
    await page.getByRole('textbox', { name: 'Must stay well, minutes' }).fill('0');
    await page.getByRole('textbox', { name: 'Rest between waves, minutes' }).fill('0');
    await page.getByRole('button', { name: 'Dry run' }).click();
    await page.getByRole('button', { name: 'Plan this change' }).click();
    await page.waitForURL(/\/changes\/chg-/);
    const id = idInAddress();
    await signOffline(desk, id, 'bob-roe');
    await started(desk, id);
    await expect.poll(async () => (await get<Drift>('/api/drift')).groups.length, PATIENCE).toBe(0);
    expect(await get<DeviceDesired>(`/api/devices/${lamp}/desired`)).toMatchObject({ drift: 'none' });
    await page.goto('/changes/wanted');
    await page.getByText('Every device that says what it runs is configured as wanted.').waitFor();
  });

  it('opens every tab of Enrol, and the networks that speak for devices', async () => {
    const add = [
      'network',
      'add',
      'lora-east',
      '--kind',
      'lorawan-network',
      '--name',
      'Relay east',
      '--party',
      'party-marram',
    ];
    expect(city.cityward(...add, '--sites', await siteOf('lamp-0001'))).toMatchObject({ status: 0 });
    for (const [tab, empty] of [
      ['waiting', 'Nobody waits'],
      ['gates', 'Nothing is being commissioned'],
      ['discoveries', 'No unknown device'],
      ['makers', 'No root is trusted'],
    ] as const) {
      await page.goto(`/enrol?tab=${tab}`);
      await page.getByText(empty).waitFor();
      await holdsUp(page, `Enrol, ${tab}`);
    }
    await page.goto('/networks?tab=speaking');
    await page.getByRole('row', { name: /Relay east/ }).waitFor();
    await holdsUp(page, 'Networks');
    await picture(page, 'networks');
  });
  const siteOf = async (device: string): Promise<string> =>
    (await get<{ device: { site: { id: string } } }>(`/api/devices/${device}`)).device.site.id;

  it('has on the page of a device why it is trusted, how it is set up, and how it may go', async () => {
    await page.goto('/devices/lamp-0001');
    for (const card of ['Trust', 'Identity', 'Commissioning', 'Replace, retire, stolen', 'Baseline'])
      await page.getByRole('region', { name: card }).first().waitFor();
    await page.getByRole('row', { name: /^Baseline \d+/ }).waitFor();
    await holdsUp(page, 'a device');
    await picture(page, 'device-trust', { tall: 1_700 });
    await page.getByRole('button', { name: 'Stolen', exact: true }).click();
    await page.getByRole('dialog').getByText('It is blocked at once').waitFor();
    await holdsUp(page, 'a stolen device');
    await page.keyboard.press('Escape');
  });

  it('threw no error and asked nothing of anybody outside', () => {
    expect(seat.faults).toEqual([]);
  });
});
