/** The records desk in the real city, by two officers: a hold, sealed records opened, a recipient, an export. */
import { generateKeyPairSync } from 'node:crypto';
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { newKeyPair } from '@cityward/vault/sealing';
import { holdsUp, picture } from './walk-kit.ts';

/** Two officers, each at a page of their own; whom and what it is about. */
export interface DeskWalk {
  readonly asks: Page;
  readonly approves: Page;
  readonly subject: string;
}

/** Who came in by the link acts on nothing at the desk. */
export async function signInAnew(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(name) }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.goto('/desk');
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('navigation').first().waitFor();
}

/** Somebody of whom records are held, once enough residents have come in for a table that names nobody. */
export async function residentOf(page: Page): Promise<string> {
  const held = async (): Promise<{ people: { subject: string }[]; total: number }> =>
    (await (await page.request.get('/api/held-people')).json()) as { people: { subject: string }[]; total: number };
  await expect.poll(async () => (await held()).total, { timeout: 120_000, interval: 500 }).toBeGreaterThan(CROWD);
  return (await held()).people[0]!.subject;
}

/** Two groups of five, and some to spare. */
const CROWD = 25;
const BLOOD_TEST = /^blood-tests, stored/;

const openTab = async (page: Page, tab: string, name: RegExp): Promise<void> => {
  await page.goto(`/desk?tab=${tab}`);
  await page.getByRole('tab', { name, selected: true }).waitFor();
};
const choosePerson = async (form: Locator, page: Page, subject: string): Promise<void> => {
  const field = form.getByRole('combobox', { name: 'Whose records' });
  // A part of the number finds them.
  await field.fill(subject.slice(0, -4));
  await page.getByRole('option', { name: subject }).click();
};
const opened = async (page: Page): Promise<Locator> => {
  await page
    .getByRole('button', { name: /^Open (hold|opening|export) / })
    .first()
    .click();
  const drawer = page.getByRole('dialog');
  await drawer.getByText('Stands at').waitFor();
  return drawer;
};
const closed = async (page: Page): Promise<void> => {
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
};

/** What is wrong is said at its field before anything is sent. */
export async function holdByTwo({ asks, approves, subject }: DeskWalk): Promise<void> {
  await openTab(asks, 'holds', /^Holds/);
  await asks.getByRole('button', { name: 'Ask for a hold' }).click();
  const form = asks.getByRole('dialog');
  await form.getByRole('button', { name: 'Ask for the hold' }).click();
  await form.getByText('Small letters, digits and -').waitFor();
  await choosePerson(form, asks, subject);
  await form.getByRole('textbox', { name: 'Why' }).fill('Claim 12/27 about a fall in the park');
  await form.getByRole('textbox', { name: 'By which law or order' }).fill('High Court Rules 8.3');
  await form.getByRole('button', { name: 'Ask for the hold' }).click();
  await form.waitFor({ state: 'hidden' });
  await asks.getByRole('tab', { name: 'Holds (1)' }).waitFor();
  const own = await opened(asks);
  await own.getByText('Another officer has to: you began it.').waitFor();
  expect(await own.getByRole('button', { name: 'Set the hold' }).count()).toBe(0);
  await closed(asks);
  await openTab(approves, 'holds', /^Holds/);
  const drawer = await opened(approves);
  await drawer.getByRole('button', { name: 'Set the hold' }).click();
  await drawer.getByRole('button', { name: 'Set the hold' }).click();
  await drawer.getByText('In force', { exact: true }).waitFor();
  await closed(approves);
}

/** A record that the hold keeps is sealed where it is erased. */
export async function sealOne({ asks, subject }: DeskWalk): Promise<void> {
  await openTab(asks, 'copies', /^Records/);
  await choosePerson(asks.locator('main'), asks, subject);
  await asks.getByRole('button', { name: 'What is held' }).click();
  await asks
    .getByRole('row', { name: /blood-tests/ })
    .first()
    .waitFor();
  await holdsUp(asks, 'What is held about a person');
  await picture(asks, 'desk-records');
  await asks
    .getByRole('row', { name: /blood-tests/ })
    .first()
    .getByRole('button')
    .click();
  await asks.getByRole('button', { name: 'Erase it' }).click();
  const form = asks.getByRole('dialog');
  await form.getByRole('textbox', { name: 'Reason' }).fill('Asked for by letter of 3 May');
  await form.getByRole('button', { name: 'Erase this record' }).click();
  await form.getByText('What became of them').waitFor();
  await form.getByRole('button', { name: 'Done' }).click();
  await asks.getByText('Sealed: nobody sees it').waitFor();
}

export async function unsealByTwo({ asks, approves, subject }: DeskWalk): Promise<void> {
  await openTab(asks, 'unsealings', /^Opened seals/);
  await asks.getByRole('button', { name: 'Ask to open sealed records' }).click();
  const form = asks.getByRole('dialog');
  await choosePerson(form, asks, subject);
  await form.getByRole('combobox', { name: 'Which sealed records' }).click();
  await asks.getByRole('option', { name: BLOOD_TEST }).click();
  await asks.keyboard.press('Escape');
  await form.getByRole('combobox', { name: 'Who looks' }).fill('Ben Harris');
  await asks.getByRole('option', { name: /Dr Ben Harris/ }).click();
  await form.getByRole('textbox', { name: 'Why' }).fill('Claim 12/27 about a fall in the park');
  await form.getByRole('textbox', { name: 'By which law' }).fill('High Court Rules 8.3');
  await form.getByRole('textbox', { name: 'Number of the order or the file' }).fill('CIV-2027-404-12');
  await form.getByRole('checkbox', { name: 'Tell the person later' }).check();
  await form.getByRole('button', { name: 'Ask for the opening' }).click();
  // The server's own refusal, at its field: no order lets it wait.
  await form.getByText('No order lets this person be told later').first().waitFor();
  await form.getByRole('checkbox', { name: 'Tell the person later' }).uncheck();
  await form.getByRole('button', { name: 'Ask for the opening' }).click();
  await form.waitFor({ state: 'hidden' });
  await openTab(approves, 'unsealings', /^Opened seals \(1\)/);
  const drawer = await opened(approves);
  await drawer.getByRole('button', { name: 'Open the records' }).click();
  await drawer.getByText(/1 record is opened for .+, for 2 days from now/).waitFor();
  await drawer.getByRole('button', { name: 'Open the records' }).click();
  await drawer.getByText('was told').waitFor();
  await picture(approves, 'desk-unsealing');
  await drawer.getByRole('button', { name: 'End it now' }).click();
  await drawer.getByText('on open pages too').waitFor();
  await drawer.getByRole('button', { name: 'End it now' }).click();
  await drawer.getByText('It is not on this list any more').waitFor();
  await closed(approves);
}

export async function registerRecipient({ asks }: DeskWalk): Promise<void> {
  await openTab(asks, 'recipients', /^Recipients/);
  await asks.getByRole('button', { name: 'Register a recipient' }).click();
  const form = asks.getByRole('dialog');
  await form.getByRole('textbox', { name: 'Name' }).fill('Harbour University');
  expect(await form.getByRole('textbox', { name: 'Id' }).inputValue()).toBe('harbour-university');
  await form.getByRole('textbox', { name: 'Their public key' }).fill('ssh-ed25519 AAAA');
  await form.getByRole('button', { name: 'Register it' }).click();
  await form.getByText('Begins with -----BEGIN PUBLIC KEY-----').waitFor();
  const { publicKey } = generateKeyPairSync('ed25519');
  await form
    .getByRole('textbox', { name: 'Their public key' })
    .fill(publicKey.export({ type: 'spki', format: 'pem' }).toString());
  await form.getByRole('button', { name: 'Register it' }).click();
  await asks.getByRole('row', { name: /Harbour University.*by hand/ }).waitFor();
  await holdsUp(asks, 'Recipients');
}

export async function exportByTwo({ asks, approves }: DeskWalk): Promise<void> {
  await openTab(asks, 'exports', /^Exports/);
  await asks.getByRole('button', { name: 'Ask for an export' }).click();
  const form = asks.getByRole('dialog');
  await form.getByRole('combobox', { name: 'Records of this category' }).fill('about-me');
  await asks.getByRole('option', { name: /about-me/ }).click();
  await form.getByRole('combobox', { name: 'A value' }).selectOption({ label: 'Gender' });
  await form.getByRole('textbox', { name: 'Recipient' }).fill('Harbour University');
  await form.getByRole('textbox', { name: 'Their key' }).fill((await newKeyPair()).recipient);
  await form.getByRole('textbox', { name: 'By which law' }).fill('Health Information Privacy Code 2020, rule 11(2)(c)');
  await form.getByRole('textbox', { name: 'Smallest group' }).fill('3');
  await form.getByRole('button', { name: 'Check it' }).click();
  await form.getByText('5 to 1,000').waitFor();
  await form.getByRole('textbox', { name: 'Smallest group' }).fill('5');
  await form.getByRole('button', { name: 'Check it' }).click();
  await form.getByText('Nothing of this category was exported before.').waitFor();
  await picture(asks, 'desk-export-check');
  await form.getByRole('button', { name: 'Ask for the export' }).click();
  await form.waitFor({ state: 'hidden' });
  await openTab(approves, 'exports', /^Exports \(1\)/);
  const drawer = await opened(approves);
  await drawer.getByRole('button', { name: 'Release it' }).click();
  await drawer.getByText('What is sent cannot be called back').waitFor();
  await drawer.getByRole('button', { name: 'Release it' }).click();
  await drawer.getByText('What the gate held back').waitFor();
  await drawer.getByRole('link', { name: 'Download the encrypted file' }).waitFor();
  await picture(approves, 'desk-export');
}
