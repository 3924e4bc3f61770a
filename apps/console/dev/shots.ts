/** Pictures of every page, for the eye: `node dev/shots.ts [--only inbox] [--url http://localhost:8080] [--axe]`; into the system's temporary folder. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Browser, type Page } from 'playwright-core';
import { mockState } from './mock-state.ts';
import { startMock } from './mock-server.ts';

export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-unsafe-swiftshader',
];
const SIZES = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;
const THEMES = ['light', 'dark'] as const;
const SETTLE_MS = 1_500;

/** Fills the least that a plan needs and asks for its dry run. */
async function tryPlan(page: Page): Promise<void> {
  await page.getByRole('textbox', { name: 'Title' }).fill('Cameras to 4.8.2');
  await page.getByRole('combobox', { name: 'Artifact' }).click();
  await page.getByRole('option', { name: 'argus-c40 4.8.2' }).click();
  await page.getByRole('button', { name: 'Dry run' }).click();
  await page.getByRole('button', { name: 'Plan this change' }).waitFor();
}

/** Says something else of cameras, and waits until the page shows it. */
async function want(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Edit what is wanted of Cameras' }).click();
  await page.getByRole('textbox', { name: 'Document' }).fill('{ "rtsp": { "port": 8554 }, "telnet": false }');
  await page.getByRole('textbox', { name: 'Reason' }).fill('Baseline of spring');
  await page.getByRole('button', { name: 'Want this' }).click();
  await page.locator('pre', { hasText: '"telnet": false' }).nth(1).waitFor();
}

/** Name, address, and what to do before the picture. */
const SCENES: readonly (readonly [string, string, ((page: Page) => Promise<void>)?])[] = [
  ['city', '/', async (page) => void (await page.waitForSelector('[data-ready]', { timeout: 60_000 }))],
  [
    'city-ward',
    '/?ward=harbour',
    async (page) => void (await page.waitForSelector('[data-ready]', { timeout: 60_000 })),
  ],
  ['city-svg', '/?svg=1'],
  ['city-table', '/?view=table'],
  ['inbox', '/inbox'],
  ['situation', '/inbox?situation=sit-7k2m9c0q4x1ab3d5'],
  ['incidents', '/incidents'],
  ['room', '/incidents/inc-4d6f8h0j2k5m7p9r'],
  ['trace', '/incidents/inc-4d6f8h0j2k5m7p9r?tab=trace'],
  ['affected', '/incidents/inc-4d6f8h0j2k5m7p9r?tab=affected'],
  ['contain', '/incidents/inc-4d6f8h0j2k5m7p9r?tab=contain'],
  ['proof', '/incidents/inc-4d6f8h0j2k5m7p9r?tab=proof'],
  ['fleet', '/fleet'],
  ['fleet-drawer', '/fleet?class=camera&device=cam-0003'],
  ['device', '/devices/cam-0003'],
  ['changes', '/changes'],
  ['change', '/changes/chg-7k2m9c0q4x1ab3d5'],
  ['change-planned', '/changes/chg-2m9c0q4x1ab3d5k7'],
  ['change-plan', '/changes/new?class=camera', tryPlan],
  ['baseline', '/baseline'],
  ['baseline-control', '/baseline/axis-bonjour-off'],
  ['wanted', '/changes/wanted'],
  [
    'wanted-device',
    '/changes/wanted?subject=lamp-0001',
    async (page) => page.getByText('What differs').first().scrollIntoViewIfNeeded({ timeout: 5_000 }),
  ],
  [
    'wanted-form',
    '/changes/wanted',
    async (page) => page.getByRole('button', { name: 'Edit what is wanted of Cameras' }).click(),
  ],
  ['change-mend', `/changes/new?drift=${'ab'.repeat(32)}`],
  ['wanted-said', '/changes/wanted', want],
  ['enrol', '/enrol'],
  ['networks', '/networks'],
  ['networks-vlans', '/networks?tab=vlans'],
  [
    'networks-edit',
    '/networks?tab=vlans',
    async (page) => {
      await page.getByRole('button', { name: 'Change the VLANs' }).click();
      await page.getByRole('textbox', { name: 'Cameras' }).fill('9999');
    },
  ],
  ['networks-speaking', '/networks?tab=speaking'],
  [
    'networks-one',
    '/networks?tab=speaking',
    async (page) => page.getByRole('button', { name: 'Open Relay east' }).click(),
  ],
  ['services', '/services'],
  ['services-register', '/services', async (page) => page.getByRole('button', { name: 'Register a service' }).click()],
  [
    'services-secret',
    '/services',
    async (page) => {
      await page.getByRole('button', { name: 'Manage Open data portal' }).click();
      await page.getByRole('button', { name: 'New secret' }).click();
      await page.getByRole('button', { name: 'Make the secret' }).click();
      await page.getByText('Copy it now').waitFor();
    },
  ],
  ['rotation', '/baseline/rotation'],
  [
    'rotation-plan',
    '/baseline/rotation',
    async (page) => page.getByRole('button', { name: 'Plan a rotation: credentials of cameras' }).click(),
  ],
  ['enrol-gates', '/enrol?tab=gates'],
  [
    'gate-except',
    '/enrol?tab=gates',
    async (page) => {
      await page
        .getByRole('button', { name: /^Let it be: Encrypted/ })
        .first()
        .click();
      await page.getByRole('textbox', { name: 'Who answers for it' }).fill('Harbour works');
      await page.getByRole('dialog').getByRole('button', { name: 'Let it be' }).click();
    },
  ],
  ['enrol-unknown', '/enrol?tab=discoveries'],
  ['enrol-makers', '/enrol?tab=makers'],
  ['import', '/import'],
  ['import-report', '/import/imp-1-x'],
  ['evidence', '/evidence'],
  ['jobs', '/jobs'],
  ['people', '/people'],
  ['me', '/me'],
  [
    'palette',
    '/inbox',
    async (page) => {
      await page.keyboard.press('Control+k');
      await page.waitForTimeout(250);
      await page.keyboard.type('cam');
      await page.waitForTimeout(500);
    },
  ],
  [
    'keys',
    '/inbox',
    async (page) => {
      await page.keyboard.press('?');
      await page.waitForTimeout(300);
    },
  ],
];

const axeSource = (): string => readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Fault {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly string[];
}
/** Serious and critical faults on the page as it stands. */
export async function axeFaults(page: Page): Promise<Fault[]> {
  await page.evaluate(axeSource());
  return page.evaluate(async () => {
    const axe = (
      globalThis as unknown as {
        axe: {
          run(): Promise<{
            violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
          }>;
        };
      }
    ).axe;
    const found = await axe.run();
    return found.violations
      .filter((one) => one.impact === 'serious' || one.impact === 'critical')
      .map((one) => ({
        id: one.id,
        impact: one.impact,
        nodes: one.nodes
          .slice(0, 4)
          .map((node) => `${node.html.slice(0, 160)} :: ${node.failureSummary.slice(0, 240)}`),
      }));
  });
}

async function shoot(
  browser: Browser,
  base: string,
  options: {
    readonly only: string | undefined;
    readonly axe: boolean;
    readonly folder: string;
    readonly cookies: string | undefined;
    readonly size: keyof typeof SIZES;
    readonly theme: (typeof THEMES)[number];
  },
): Promise<void> {
  const context = await browser.newContext({
    viewport: SIZES[options.size],
    colorScheme: options.theme,
    bypassCSP: true,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  if (options.cookies) await context.addCookies(JSON.parse(readFileSync(options.cookies, 'utf8')) as never);
  page.on('console', (line) => line.type() === 'error' && process.stdout.write(`  console: ${line.text()}\n`));
  page.on('pageerror', (error) => process.stdout.write(`  page error: ${error.message}\n`));
  for (const [name, path, before] of SCENES) {
    if (options.only && !options.only.split(',').includes(name)) continue;
    await page.goto(base + path);
    await page.waitForTimeout(SETTLE_MS);
    await before?.(page);
    await page.waitForTimeout(name.startsWith('city') || name === 'trace' ? SETTLE_MS : 100);
    await page.screenshot({ path: join(options.folder, `${name}-${options.size}-${options.theme}.png`) });
    if (!options.axe) continue;
    for (const fault of await axeFaults(page))
      process.stdout.write(
        `  axe ${name} ${options.size} ${options.theme}: ${fault.impact} ${fault.id}\n    ${fault.nodes.join('\n    ')}\n`,
      );
  }
  await context.close();
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    url: { type: 'string' },
    axe: { type: 'boolean', default: false },
    size: { type: 'string' },
    theme: { type: 'string' },
    link: { type: 'string' },
    cookies: { type: 'string' },
    devices: { type: 'string', default: '600' },
    calm: { type: 'boolean', default: false },
  },
});
const folder = join(tmpdir(), 'cityward-shots');
mkdirSync(folder, { recursive: true });
const state = mockState({ devices: Number(values.devices), calm: values.calm, signedIn: true });
state.incident = !values.calm && values.only !== 'inbox,situation';
const server = values.url === undefined ? await startMock({ port: 21_613, state }) : null;
const base = values.url ?? 'http://localhost:21613';
if (server && !values.calm)
  await fetch(`${base}/api/imports?file=assets-2026.csv`, {
    method: 'POST',
    body: [
      'name,serial,latitude,longitude,model,notes',
      ...Array.from({ length: 60 }, (_, i) => `Quay pole ${i},SN${i},-41.3,174.7,LX2,north side`),
    ].join('\n'),
    headers: { 'content-type': 'text/plain' },
  });
/** Signs in with a one-time link and keeps the cookies for later runs: the link works once. */
async function enter(from: Browser, link: string, keep: string): Promise<void> {
  const context = await from.newContext();
  const page = await context.newPage();
  await page.goto(link);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForTimeout(SETTLE_MS);
  await page.screenshot({ path: join(folder, 'welcome.png') });
  writeFileSync(keep, JSON.stringify(await context.cookies()));
  await context.close();
}

const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: CHROMIUM_FLAGS,
});
try {
  if (values.link && values.cookies) await enter(browser, values.link, values.cookies);
  for (const size of Object.keys(SIZES) as (keyof typeof SIZES)[])
    for (const theme of THEMES) {
      if ((values.size && values.size !== size) || (values.theme && values.theme !== theme)) continue;
      process.stdout.write(`${size} ${theme}\n`);
      await shoot(browser, base, { only: values.only, axe: values.axe, folder, size, theme, cookies: values.cookies });
    }
} finally {
  await browser.close();
  server?.closeAllConnections();
  server?.close();
}
