/** The portal's page of records that only their owner can read, as its people walk it: she who chose it, a doctor, and two who hold shares. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { TestServer } from '../../apps/server/src/testing.ts';
import { picture, pictureOf, plugInKey } from './walk-kit.ts';

const DAY_MS = 86_400_000;
const TABS_MAX = 80;
const WIDTH = 1_024;
const HEIGHT = 900;

export interface Walk {
  readonly server: TestServer;
  /** Who chose it, the doctor, and those who hold shares; each signed in. */
  readonly hers: Page;
  readonly his: Page;
  readonly holders: readonly [Page, Page];
  /** In light, dark and on the narrowest phone. */
  readonly holds: (page: Page, what: string) => Promise<void>;
  readonly numbers: { readonly hers: string; readonly his: string; readonly holders: readonly string[] };
}

const goPrivate = async (page: Page): Promise<void> => {
  await page.goto('/private');
  await ready(page);
};
const ready = (page: Page): Promise<void> => page.locator('#private[data-ready]').waitFor();
/** The page says it anew: what is waited for is only there afterwards. */
const clickFor = async (page: Page, name: RegExp, text: string | RegExp): Promise<void> => {
  await page.getByRole('button', { name }).first().click();
  await page.getByText(text).first().waitFor();
  await ready(page);
};
const addPasskey = async (page: Page): Promise<() => Promise<void>> => {
  const unplug = await plugInKey(page, { hasPrf: true });
  await page.goto('/me');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByText('The passkey is added.').waitFor();
  return unplug;
};
const firstRecord = async (page: Page, name: RegExp): Promise<string> => {
  await page.getByRole('button', { name }).first().click();
  const told = page.locator('#private-shown dl');
  await told.waitFor();
  return told.innerText();
};
const OWN = /^Open \(blood tests/;
const HERS = /^Open \(Aroha Ngata, blood tests/;

/** By Tab alone, with the focus in sight, and Enter. */
async function pressByKeyboard(page: Page, name: RegExp): Promise<void> {
  for (let tabs = 0; tabs < TABS_MAX; tabs++) {
    await page.keyboard.press('Tab');
    const now = await page.evaluate(() => {
      const one = document.activeElement as HTMLElement;
      return { text: one.innerText, isSeen: getComputedStyle(one).outlineStyle !== 'none' };
    });
    expect(now.isSeen).toBe(true);
    if (name.test(now.text)) return page.keyboard.press('Enter');
  }
  throw new Error(`no way to ${String(name)} by Tab`);
}

type Unplug = () => Promise<void>;
/** Answers how she, and the first who holds a share, lose their passkeys. */
export async function prepare({
  hers,
  his,
  holders,
}: Walk): Promise<{ readonly hers: Unplug; readonly holder: Unplug }> {
  const unplug = await addPasskey(hers);
  await hers.getByRole('link', { name: 'Records that only I can read' }).click();
  await ready(hers);
  const others: Unplug[] = [];
  for (const page of [...holders, his]) {
    others.push(await addPasskey(page));
    await goPrivate(page);
    await clickFor(page, /^Make a key of my own/, 'You have a key.');
  }
  return { hers: unplug, holder: others[0]! };
}

/** With the price read, and two named who hold shares. */
export async function lock({ hers, holds, numbers }: Walk): Promise<string> {
  await holds(hers, 'the price');
  await picture(hers, 'portal-private-price', { tall: 1_900 });
  await hers.setViewportSize({ width: WIDTH, height: HEIGHT });
  const button = hers.getByRole('button', { name: 'Lock my records so that only I can read them' });
  await button.click();
  await hers.getByRole('alert').getByText('Tick every point of the price first.').waitFor();
  for (const part of await hers.getByRole('checkbox').all()) await part.check();
  await hers.getByLabel('Their numbers, one on each line').fill(numbers.holders.join('\n'));
  await hers.getByLabel('How many of them must agree').fill('1');
  await button.click();
  await hers.getByRole('alert').getByText('Name at least two').waitFor();
  await hers.getByLabel('How many of them must agree').fill('2');
  await button.click();
  await hers.getByText('The city cannot read your records.').waitFor();
  await ready(hers);
  const told = await firstRecord(hers, OWN);
  await holds(hers, 'locked records');
  await picture(hers, 'portal-private');
  return told;
}

export async function share({ hers, his, server, holds, numbers }: Walk, told: string): Promise<void> {
  const { vault } = server.modules;
  const [from, until] = [Date.now() - 1_000, Date.now() + DAY_MS];
  const given = await vault.give(
    {
      ...{ subject: numbers.hers, person: numbers.his, from, until },
      scope: { of: 'categories', categories: ['blood-tests'] },
      ...{ rights: ['view'], purpose: 'TREAT', uses: null, refrains: [] },
    },
    numbers.hers,
  );
  if (!given.ok) throw new Error(given.error.message);
  await goPrivate(hers);
  await hers.locator(`[data-consent="${given.value.id}"]`).click();
  await hers.getByText('The keys were given.').waitFor();
  await goPrivate(his);
  const open = his.getByRole('button', { name: HERS });
  const read: string[] = [];
  for (const one of await open.all()) {
    await one.click();
    await his.getByText('Opened.').waitFor();
    read.push(await his.locator('#private-shown dl').innerText());
  }
  expect(read).toContain(told);
  await holds(his, 'locked records of hers');
  await picture(his, 'portal-private-given');
  expect((await vault.takeBack(given.value.id, numbers.hers)).ok).toBe(true);
  await open.first().click();
  // Where another consent of hers still stands, no keys were given for that.
  await his
    .getByRole('alert')
    .getByText(/There is none that you may see so\.|Its owner has not given you its key yet\./)
    .waitFor();
  await goPrivate(his);
  await his.getByText('Nobody has given you keys.').waitFor();
}

/** The doctor alone sees nothing; once both have released, he sees, until it ends. */
export async function quorum({ his, hers, holders, server, holds, numbers }: Walk): Promise<void> {
  const care = { subject: numbers.hers, kind: 'encounter', until: Date.now() + DAY_MS / 24 } as const;
  await server.modules.vault.people.care.report(care, { by: 'svc-ward', organisation: 'party-quay-clinic' });
  await his.goto('/emergency');
  await his.getByLabel('Number of the patient').fill(numbers.hers);
  await his.getByLabel('The person cannot answer').check();
  await his.getByLabel('What happened?').fill('Unconscious after a fall at the quay.');
  await his.getByRole('button', { name: 'Open the records of this person' }).click();
  await his.getByText('The records of Aroha Ngata are open to you until').waitFor();
  await goPrivate(his);
  await holds(his, 'an emergency whose shares are not asked for');
  await clickFor(his, /^Ask those who hold shares/, 'Done.');
  expect(await his.getByRole('button', { name: HERS }).count()).toBe(0);
  for (const [nth, page] of holders.entries()) {
    await goPrivate(page);
    await page.getByText('Dr Ben Harris asks to see records of Aroha Ngata in an emergency.').waitFor();
    if (nth === 0) {
      await holds(page, 'a share that is asked for');
      await picture(page, 'portal-private-asked');
    }
    await pressByKeyboard(page, /^Release my share/);
    await page.getByText('You released your share.').waitFor();
    if (nth > 0) continue;
    await goPrivate(his);
    await his.getByRole('button', { name: HERS }).first().click();
    await his.getByRole('alert').getByText('Not enough of those who hold shares have agreed yet.').waitFor();
  }
  await goPrivate(his);
  expect(await firstRecord(his, HERS)).not.toBe('');
  await his.goto('/emergency');
  await his.getByRole('button', { name: 'End it now' }).click();
  await his.getByText('Waits for review').first().waitFor();
  await goPrivate(his);
  expect(await his.getByRole('button', { name: HERS }).count()).toBe(0);
  await hers.goto('/notices');
  await hers.getByText('released').first().waitFor();
}

/** Her passkey is lost: another one opens nothing, until both who hold shares agreed; then the same records. */
export async function recover({ hers, holders, holds }: Walk, told: string): Promise<() => Promise<void>> {
  const unplug = await addPasskey(hers);
  await goPrivate(hers);
  await hers.getByRole('button', { name: OWN }).first().click();
  await hers.getByRole('alert').waitFor();
  await hers.getByText('I lost my passkey').click();
  await clickFor(hers, /^Ask those who hold shares/, '0 of 2 have released their share.');
  await holds(hers, 'a key that is asked for');
  await pictureOf(hers.locator('main details'), 'portal-private-recovery');
  for (const page of holders) {
    await goPrivate(page);
    await page.getByText('Aroha Ngata lost what opens their own key').waitFor();
    await pressByKeyboard(page, /^Release my share/);
    await page.getByText('You released your share.').first().waitFor();
  }
  await goPrivate(hers);
  await hers.getByText('2 of 2 have released their share.').waitFor();
  await hers.getByRole('button', { name: 'Put my key together' }).click();
  await hers.getByText('2 of 2 have released their share.').waitFor({ state: 'detached' });
  await ready(hers);
  expect(await firstRecord(hers, OWN)).toBe(told);
  return unplug;
}

/** One who holds a share lost their passkey: a new key, and shares that she gives anew, all in the page. */
export async function newHolderKey({ hers, holders: [holder], holds }: Walk, lost: () => Promise<void>): Promise<void> {
  await lost();
  await addPasskey(holder);
  await goPrivate(holder);
  const before = await holder.locator('code[data-key]').innerText();
  await holder.getByText('I lost what opens this key').click();
  await holds(holder, 'a key that was lost');
  await pressByKeyboard(holder, /^Make a new key/);
  await holder.locator('code[data-key]').filter({ hasNotText: before }).filter({ hasText: ' ' }).waitFor();
  await hers.goto('/notices');
  await hers.getByText('Mere Ngata lost their old key and holds no share of yours.').waitFor();
  await goPrivate(hers);
  await hers.getByText('Mere Ngata lost their key, made a new one').waitFor();
  await holds(hers, 'shares that are to be given anew');
  await hers.getByRole('button', { name: 'Give shares anew' }).click();
  await hers.getByText('Mere Ngata lost their key, made a new one').waitFor({ state: 'detached' });
  await ready(hers);
}

/** What is printed and kept safe opens the same records by yet another passkey. */
export async function bySheet({ hers, holds }: Walk, { told, unplug }: { told: string; unplug: () => Promise<void> }) {
  await goPrivate(hers);
  await hers.getByRole('button', { name: 'Show the sheet with my key' }).click();
  const sheet = hers.locator('#private-sheet');
  await sheet.waitFor();
  const key = await sheet.innerText();
  expect(key.replaceAll(/\s/g, '')).toMatch(/^[0-9a-f]{64}$/);
  await holds(hers, 'the sheet');
  await hers.emulateMedia({ media: 'print' });
  expect(await sheet.isVisible()).toBe(true);
  await hers.emulateMedia({ media: 'screen' });
  await unplug();
  await addPasskey(hers);
  await goPrivate(hers);
  await hers.getByText('I lost my passkey').click();
  const wrong = key.replace(/[0-9a-f]/, (one) => (one === '0' ? '1' : '0'));
  for (const [typed, isIt] of [
    [wrong, false],
    [key, true],
  ] as const) {
    await hers.getByLabel('The key on my sheet').fill(typed.toUpperCase());
    await hers.getByRole('button', { name: 'Let this passkey open my key' }).click();
    if (!isIt) await hers.getByRole('alert').getByText('It does not open with your key.').waitFor();
    else await hers.getByText('The key on my sheet').waitFor({ state: 'hidden' });
  }
  await ready(hers);
  expect(await firstRecord(hers, OWN)).toBe(told);
}

/** By keyboard alone; then the city reads them again, as it says. */
export async function turnOff({ hers, holds, server, numbers }: Walk): Promise<void> {
  await goPrivate(hers);
  await pressByKeyboard(hers, /^Let the city read my records again/);
  await hers.getByText('You are handing your records back.').waitFor();
  await ready(hers);
  await holds(hers, 'records that are handed back');
  await picture(hers, 'portal-private-off');
  await clickFor(hers, /^Hand the keys back/, 'The city can read your records, as far as its rules let it.');
  await hers.getByRole('heading', { name: 'What it costs' }).waitFor();
  const { vault } = server.modules;
  for (const { id } of (await vault.records(numbers.hers)).filter(({ destroyed }) => destroyed === null)) {
    const principal = { type: 'Person', id: numbers.hers, roles: [], attributes: { signedInBy: 'passkey' } } as const;
    expect(await vault.view({ record: id, purpose: 'PATRQT', right: 'text', principal })).toMatchObject({ ok: true });
  }
  await hers.goto('/held');
  await hers
    .getByRole('link', { name: /^Open \(blood tests/ })
    .first()
    .click();
  await hers.getByRole('heading', { level: 1 }).waitFor();
}
