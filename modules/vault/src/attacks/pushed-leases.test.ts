import { VIEW_LEASE_MS } from '@cityward/contracts';
import { PROVEN_MS, PUSH_AFTER_MS } from '../lease/limits.ts';
import type * as city from '../lease/testing-city.ts';
import type * as pages from '../lease/testing-pages.ts';
import { AROHA, must } from '../testing.ts';
import { attack, type Way } from '../testing-attack.ts';
import { onPage, pass } from '../testing-open-pages.ts';

type Pages = typeof pages;
type City = typeof city;

async function pushOnce(at: pages.Bench): Promise<void> {
  pass(at, PUSH_AFTER_MS);
  await at.views.push();
}

/** Whether a lease is pushed to a page that listens and had one pushed, once `change` came over it. */
const pushedAfter = (change: (at: pages.Bench, stream: pages.HeldStream) => unknown): Way<Pages>['run'] =>
  onPage(async ({ HeldStream }, at, page) => {
    const stream = new HeldStream();
    page.listen(stream);
    await pushOnce(at);
    if (stream.leases.length !== 1) throw new Error('no lease was pushed while everything stood');
    await change(at, stream);
    await pushOnce(at);
    return stream.leases.length > 1;
  });

attack<Pages>({
  id: 'A2',
  name: 'leases that come by themselves',
  through: 'lease/testing-pages.ts',
  ways: [
    {
      way: 'after the consent was taken back, and before anybody told the views of it',
      control: {
        file: 'lease/views.ts',
        text: 'if (!this.#stands(view) || !stream.isSignedIn())',
        cut: 'if (!stream.isSignedIn())',
      },
      run: pushedAfter(async ({ at, consent }) => must(await at.vault.takeBack(consent, AROHA))),
    },
    {
      way: 'from a process that may not serve: it was frozen, or is cut off',
      control: { file: 'lease/views.ts', text: 'if (!this.#parts.mayServe()) return false;', cut: '' },
      run: pushedAfter(({ serving }) => (serving.may = false)),
    },
    {
      way: 'to a lease that ended while the process stood still',
      control: { file: 'lease/views.ts', text: 'view.lease.until > this.#parts.monotonic() && ', cut: '' },
      run: pushedAfter((at) => pass(at, VIEW_LEASE_MS)),
    },
    {
      way: 'on a stream that was kept open after signing out',
      control: {
        file: 'lease/views.ts',
        text: 'for (const view of this.#open.values()) if (view.asker.signIn === signIn) this.#darken(view);',
        cut: '',
      },
      run: pushedAfter(({ views }) => views.endSignIn('first')),
    },
    {
      way: 'on a stream whose sign-in ended without anybody saying so',
      control: { file: 'lease/views.ts', text: ' || !stream.isSignedIn()', cut: '' },
      run: pushedAfter((_at, stream) => (stream.signedIn = false)),
    },
    {
      way: 'on a stream that takes nothing any more',
      control: { file: 'lease/views.ts', text: ' || !stream.isClear()', cut: '' },
      run: pushedAfter((_at, stream) => (stream.takes = false)),
    },
    {
      way: 'to a page that never shows its key again',
      control: { file: 'lease/views.ts', text: ' || !this.#isProven(view)', cut: '' },
      run: onPage(async ({ HeldStream }, at, page) => {
        page.listen(new HeldStream());
        for (let ms = 0; ms <= PROVEN_MS + VIEW_LEASE_MS; ms += PUSH_AFTER_MS) await pushOnce(at);
        at.views.sweep();
        return at.views.size > 0;
      }),
    },
  ],
});

/** What is said on the stream is read within them: nothing else is waited for. */
async function turns(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
}
type Pass = Parameters<Parameters<City['onOwnClocks']>[0]>[0];
/** Whether a page is still lit after somebody between it and the city did this with what the city sent. */
const litAfter = (between: (heard: city.HeardCity, pass: Pass) => Promise<void>): Way<City>['run'] => {
  return ({ HeardCity, onOwnClocks }) =>
    onOwnClocks(async (set) => {
      const heard = new HeardCity();
      const page = await heard.open();
      while (!heard.isListenedTo) await turns();
      heard.age = PUSH_AFTER_MS;
      await between(heard, set);
      page.look();
      const isLit = !page.isDark;
      await page.close().catch(() => undefined);
      return isLit;
    });
};

const FROM_ITS_ARRIVAL = {
  file: 'lease/client.ts',
  text: 'this.#lend(lent, after(at, until - age));',
  cut: 'this.#lend(lent, after(momentNow(), until - age));',
};
const HELD_MS = 2 * VIEW_LEASE_MS;

attack<City>({
  id: 'A2',
  name: 'a pushed lease, held back or sent again',
  through: 'lease/testing-city.ts',
  ways: [
    {
      way: 'held back by the network, and let through when it is over',
      control: FROM_ITS_ARRIVAL,
      run: litAfter(async (heard, set) => {
        const sent = heard.next();
        set({ monotonic: HELD_MS, wall: HELD_MS });
        heard.say(sent);
        await turns();
      }),
    },
    {
      way: 'read by a machine that slept, whose own count stood still meanwhile',
      control: { file: 'lease/client.ts', text: 'wall: wall + ms }', cut: 'wall: Date.now() + ms }' },
      run: litAfter(async (heard, set) => {
        const sent = heard.next();
        set({ monotonic: 0, wall: HELD_MS });
        heard.say(sent);
        await turns();
      }),
    },
    {
      way: 'held back on a machine whose clock was set back',
      control: {
        file: 'lease/client.ts',
        text: 'monotonic: monotonic + ms,',
        cut: 'monotonic: performance.now() + ms,',
      },
      run: litAfter(async (heard, set) => {
        const sent = heard.next();
        set({ monotonic: HELD_MS, wall: -HELD_MS });
        heard.say(sent);
        await turns();
      }),
    },
    {
      way: 'sent again and again after it was heard',
      // Any of them alone is enough.
      control: [
        FROM_ITS_ARRIVAL,
        { file: 'lease/client.ts', text: 'if (this.isDark || lent.epoch <= this.#keys[0]!.epoch) return;', cut: '' },
      ],
      run: litAfter(async (heard, set) => {
        const sent = heard.next();
        for (let i = 0; i < 4; i++) {
          heard.say(sent);
          await turns();
          set({ monotonic: VIEW_LEASE_MS / 2, wall: VIEW_LEASE_MS / 2 });
        }
      }),
    },
  ],
});
