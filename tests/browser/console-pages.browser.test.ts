/** Every page of the console in both themes and on a phone: no axe fault that is serious, no error, nothing from outside. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { axeFaults, buildOnce, launch, sit, stage, type Stage } from './console-kit.ts';
import { settled } from './walk-kit.ts';

const PORT = 21_640;
const INCIDENT = '/incidents/inc-4d6f8h0j2k5m7p9r';
const CITY = /need an eye|is calm/;
const SPREAD = /began sending to an address/;
const PAGES: readonly (readonly [path: string, heading: RegExp])[] = [
  ['/', CITY],
  ['/?svg=1&ward=harbour', CITY],
  ['/?view=table', CITY],
  ['/inbox', /^Inbox$/],
  ['/incidents', /^Incidents$/],
  [INCIDENT, SPREAD],
  [`${INCIDENT}?tab=trace`, SPREAD],
  [`${INCIDENT}?tab=trace&view=table`, SPREAD],
  [`${INCIDENT}?tab=affected`, SPREAD],
  [`${INCIDENT}?tab=contain`, SPREAD],
  [`${INCIDENT}?tab=proof`, SPREAD],
  ['/fleet?device=cam-0003', /^Fleet$/],
  ['/devices/cam-0003', /camera/],
  ['/changes', /^Changes$/],
  ['/baseline', /^Baseline$/],
  ['/baseline/axis-bonjour-off', /Bonjour/],
  ['/baseline/rotation', /^Rotation of keys$/],
  ['/enrol', /^Enrol$/],
  ['/enrol?tab=gates', /^Enrol$/],
  ['/enrol?tab=discoveries', /^Enrol$/],
  ['/enrol?tab=makers', /^Enrol$/],
  ['/networks', /^Networks$/],
  ['/networks?tab=vlans', /^Networks$/],
  ['/networks?tab=speaking', /^Networks$/],
  ['/services', /^Cloud services$/],
  ['/import', /^Import$/],
  ['/evidence', /^Evidence$/],
  ['/desk', /^Records desk$/],
  ['/desk?tab=requests&item=req-1m9c0q4x1ab3d5k7', /^Records desk$/],
  ['/desk?tab=exports&item=exp-2b8v0c9x3m6n7q1w', /^Records desk$/],
  ['/desk?tab=destructions&item=des-3x1ab3d57k2m9c0q', /^Records desk$/],
  ['/desk?tab=copies&item=rec-7q1w2b8v0c9x3m6n', /^Records desk$/],
  ['/desk?tab=vault', /^Records desk$/],
  ['/desk?tab=recipients&item=ask-1m9c0q4x1ab3d5k7', /^Records desk$/],
  ['/desk?tab=touched', /^Records desk$/],
  ['/jobs', /^Jobs$/],
  ['/access', /^Visitors$/],
  ['/visit', /^My access$/],
  ['/evidence?actor=prs-0001', /^Evidence$/],
  ['/people', /^People$/],
  ['/me', /^My account$/],
  ['/nowhere', /^No such page$/],
];
const SEATS = [
  { name: 'light', scheme: 'light', size: { width: 1_440, height: 900 } },
  { name: 'dark', scheme: 'dark', size: { width: 1_440, height: 900 } },
  { name: 'phone', scheme: 'light', size: { width: 390, height: 844 } },
] as const;

let browser: Browser;
let city: Stage;
beforeAll(async () => {
  await buildOnce();
  browser = await launch();
  city = await stage(PORT);
  city.state.incident = true;
});
afterAll(async () => {
  await browser.close();
  await city.close();
});

describe.each(SEATS)('$name', ({ scheme, size }) => {
  test('no page has a serious fault, an error or a request to elsewhere', async () => {
    const { page, context, faults } = await sit(browser, city.base, { scheme, size, bypassCSP: true });
    const found: string[] = [];
    for (const [path, heading] of PAGES) {
      await page.goto(path);
      await page.getByRole('heading', { level: 1, name: heading, includeHidden: true }).waitFor();
      await settled(page);
      found.push(...(await axeFaults(page)).map((fault) => `${path}: ${fault}`));
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      if (wide > 0) found.push(`${path}: ${wide} px wider than the window`);
    }
    await context.close();
    expect(found).toEqual([]);
    expect(faults).toEqual([]);
  });
});

test('the content policy of the server is kept: map, worker, graph and plots run under it', async () => {
  const { page, context, faults } = await sit(browser, city.base);
  await page.goto('/');
  await page.locator('.cw-map-canvas[data-ready]').waitFor();
  await page.goto(`${INCIDENT}?tab=trace`);
  await page.locator('.cw-node').first().waitFor();
  await page.goto('/devices/cam-0003');
  await page.locator('.cw-plot canvas').first().waitFor();
  await context.close();
  expect(faults).toEqual([]);
});
