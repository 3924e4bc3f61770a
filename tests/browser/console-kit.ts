/** A browser on the built console with the mock behind it; notes every fault and every request that leaves the origin. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Server } from 'node:http';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { buildConsole, builtHash, sourceHash } from '@cityward/console/build';
import { mockState, startMock, type MockState } from '@cityward/console/mock';
import { fileURLToPath } from 'node:url';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-unsafe-swiftshader',
];
const DIST = fileURLToPath(new URL('../../apps/console/dist', import.meta.url));
const PATIENCE_MS = 60_000;

export const buildOnce = async (): Promise<void> => {
  if (builtHash(DIST) !== sourceHash()) await buildConsole({ outDir: DIST });
};

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: FLAGS });

export interface Stage {
  readonly base: string;
  readonly state: MockState;
  close(): Promise<void>;
}

/** A mock city of its own. */
export async function stage(
  port: number,
  options: { readonly calm?: boolean; readonly signedIn?: boolean; readonly devices?: number } = {},
): Promise<Stage> {
  const state = mockState({
    devices: options.devices ?? 600,
    calm: options.calm ?? false,
    signedIn: options.signedIn ?? true,
  });
  const server: Server = await startMock({ port, state });
  return {
    base: `http://localhost:${port}`,
    state,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export interface Seat {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors of the page, breaches of the content policy, requests to other origins. */
  readonly faults: string[];
}

export interface SeatOptions {
  readonly scheme?: 'light' | 'dark';
  readonly size?: { readonly width: number; readonly height: number };
  /** Lets a test put its own script into the page, which the content policy forbids. */
  readonly bypassCSP?: boolean;
}

export async function sit(browser: Browser, base: string, options: SeatOptions = {}): Promise<Seat> {
  const context = await browser.newContext({
    viewport: options.size ?? { width: 1_440, height: 900 },
    colorScheme: options.scheme ?? 'light',
    reducedMotion: 'reduce',
    bypassCSP: options.bypassCSP ?? false,
    baseURL: base,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`page: ${error.message}`));
  page.on('console', (line) => {
    if (line.type() === 'error' && /Content Security Policy|Refused to/.test(line.text())) faults.push(line.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(base) && !/^(data|blob):/.test(request.url()))
      faults.push(`outside: ${request.url()}`);
  });
  return { context, page, faults };
}

interface AxeFound {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

/** Serious and critical faults that axe-core finds, each with its first element. The seat must bypass the content policy. */
export async function axeFaults(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const found = await page.evaluate(() => (globalThis as unknown as { axe: { run(): Promise<AxeFound> } }).axe.run());
  return found.violations
    .filter((one) => one.impact === 'serious' || one.impact === 'critical')
    .map((one) => `${one.id}: ${one.nodes[0]?.html.slice(0, 200)}`);
}
