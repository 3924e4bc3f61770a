import { createDecipheriv } from 'node:crypto';
import { DAY_MS, seeded } from '@cityward/kernel';
import { VIEW_LEASE_MS } from '@cityward/contracts';
import type * as pages from '../lease/testing-pages.ts';
import { OF_ONE_PROCESS } from '../lease/testing-controls.ts';
import { AROHA, BEN, must, NOW } from '../testing.ts';
import { attack, type Place } from '../testing-attack.ts';
import { onPage, pass } from '../testing-open-pages.ts';

type Pages = typeof pages;
const ROUNDS = 250;
const PIECES_A_ROUND = 4;

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** A thousand pieces in all, asked for around the moment in which the consent is taken back. */
async function pieceAfterRevoke(tools: Pages, place: Place): Promise<boolean> {
  const at = await tools.bench(place);
  const random = seeded('attack/pieces-against-revoke');
  const { vault } = at.at;
  let [consent, isServed] = [at.consent, false];
  try {
    for (let round = 0; round < ROUNDS && !isServed; round++) {
      const page = await tools.Page.open(at);
      let [isTakenBack, tell] = [false, (): void => undefined];
      const taken = new Promise<void>((resolve) => (tell = resolve));
      const asking = Array.from({ length: PIECES_A_ROUND }, async () => {
        await turns(random.int(8));
        const answer = await at.views.piece({ ...page.askPiece(), page: 0, piece: 0 });
        // The slowest of them writes only after the consent was taken back.
        await (random.int(4) === 0 ? taken : turns(random.int(8)));
        if (!answer.ok) return;
        const sink = new tools.SlowSink();
        try {
          answer.value(sink);
        } catch {
          return; // dark by another's asking: its key is gone, and nothing opens
        }
        if (sink.flush() && isTakenBack) isServed = true;
      });
      await turns(random.int(8));
      must(await vault.takeBack(consent, AROHA));
      isTakenBack = true;
      tell();
      await Promise.all(asking);
      at.views.review({});
      consent = must(await vault.give(tools.consentTo(BEN), AROHA)).id;
    }
    return isServed;
  } finally {
    at.views.stop();
    await at.stop();
  }
}

attack<Pages>({
  id: 'A1',
  name: 'consent taken back while a page is fed',
  through: 'lease/testing-pages.ts',
  ways: [
    {
      way: 'a piece that was asked for before and is written after',
      control: {
        file: 'lease/views.ts',
        text: 'if (!this.#parts.mayServe() || !this.#stands(view)) return sink.drop();',
        cut: '',
      },
      run: pieceAfterRevoke,
    },
    {
      way: 'a piece that still waits here for a slow connection',
      control: { file: 'lease/open-view.ts', text: 'for (const sink of [...this.sending]) sink.drop();', cut: '' },
      run: onPage(async (tools, at, page) => {
        const answer = await at.views.piece({ ...page.askPiece(), page: 0, piece: 0 });
        const sink = new tools.SlowSink();
        if (answer.ok) answer.value(sink);
        must(await at.at.vault.takeBack(at.consent, AROHA));
        at.views.review({ consent: at.consent });
        return sink.flush() !== null;
      }),
    },
  ],
});

attack<Pages>({
  id: 'A2',
  name: 'a page that keeps its lease',
  through: 'lease/testing-pages.ts',
  ways: [
    {
      way: 'cut off from the city until the lease is over, and back for one more piece',
      control: {
        file: 'lease/views.ts',
        text: 'view.lease.until > this.#parts.monotonic() && ',
        cut: '',
      },
      run: onPage(async ({ fetched }, at, page) => {
        pass(at, VIEW_LEASE_MS);
        return (await fetched(at, page.askPiece())) !== null;
      }),
    },
    {
      way: 'with its clock stopped, and proofs made for whenever they are wanted',
      control: {
        file: 'lease/proof.ts',
        text: "if (Math.abs(claims.iat * 1_000 - now) > PROOF_TIME_MS) return failed('time');",
        cut: '',
      },
      run: onPage(async (_tools, at, page) => {
        for (let i = 0; i < 10; i++) {
          pass(at, VIEW_LEASE_MS / 2);
          if (!page.renew(NOW).ok) return false;
        }
        return true;
      }),
    },
    {
      way: 'with the key of a lease that is over, for what is sent later',
      control: {
        file: 'lease/open-view.ts',
        text: 'this.lease = { key: drawn(KEY_BYTES)',
        cut: 'this.lease = { key: Buffer.alloc(KEY_BYTES, 7)',
      },
      run: onPage(async ({ fetched }, at, page) => {
        const first = page.keys.get(1)!;
        must(page.renew());
        const sent = (await fetched(at, page.askPiece()))!;
        return opens(sent, first, `cityward-piece-v1\n${page.opened.view}\n0\n0\n${sent.readUInt32BE(0)}`);
      }),
    },
  ],
});

function opens(sent: Buffer, key: Buffer, context: string): boolean {
  const decipher = createDecipheriv('aes-256-gcm', key, sent.subarray(4, 16)).setAAD(Buffer.from(context));
  decipher.setAuthTag(sent.subarray(-16));
  try {
    decipher.update(sent.subarray(16, -16));
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

/** A proof that was overheard and never arrived, sent where the same page has opened the record again. */
const replayedAt = (where: (tools: Pages, at: pages.Bench) => pages.Bench | Promise<pages.Bench>) =>
  onPage(async (tools, at, page) => {
    const overheard = page.askPiece();
    const there = await where(tools, at);
    if ((await tools.fetched(there, overheard)) !== null) return true;
    await tools.Page.open(there, page.by);
    const isServed = (await tools.fetched(there, overheard)) !== null;
    there.views.stop();
    return isServed;
  });

const elsewhere = (change: Partial<pages.Page['opened']> & Partial<typeof pages.ASKER>) =>
  onPage(async ({ fetched }, at, page) => {
    const ask = page.askPiece();
    return (await fetched(at, { ...ask, asker: { ...ask.asker, ...change } })) !== null;
  });

attack<Pages>({
  id: 'A3',
  name: 'what opens a view, used by another or again',
  through: 'lease/testing-pages.ts',
  ways: [
    {
      way: 'by another person who has signed in',
      control: { file: 'lease/views.ts', text: 'if (view?.asker.person !== asker.person)', cut: 'if (!view)' },
      run: elsewhere({ person: 'per-cat' }),
    },
    {
      way: 'in another sign-in of the same person',
      control: { file: 'lease/views.ts', text: 'if (view.asker.signIn !== asker.signIn) return viewOver();', cut: '' },
      run: elsewhere({ signIn: 'second' }),
    },
    {
      way: 'from another address',
      control: {
        file: 'lease/views.ts',
        text: 'if (view.asker.address !== asker.address) return viewOver();',
        cut: '',
      },
      run: elsewhere({ address: '192.0.2.8' }),
    },
    {
      way: 'signed by another device, with a nonce that was overheard',
      control: {
        file: 'lease/proof.ts',
        text: "if (!verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature)) return failed('key');",
        cut: '',
      },
      run: onPage(async ({ fetched, signer }, at, page) => {
        const ask = page.askPiece();
        const proof = signer().prove('GET', page.piecePath, page.nonces.pop()!, at.at.clock.now);
        return (await fetched(at, { ...ask, proof })) !== null;
      }),
    },
    {
      way: 'the same proof a second time',
      control: {
        file: 'lease/open-view.ts',
        text: 'return this.#nonces.delete(nonce);',
        cut: 'return this.#nonces.has(nonce);',
      },
      run: onPage(async ({ fetched }, at, page) => {
        const ask = page.askPiece();
        const first = await fetched(at, ask);
        return first !== null && (await fetched(at, ask)) !== null;
      }),
    },
    {
      way: 'an overheard proof, at a second process',
      control: OF_ONE_PROCESS,
      run: replayedAt(({ beside }, at) => beside(at)),
    },
    {
      way: 'an overheard proof, after a restart',
      control: OF_ONE_PROCESS,
      run: replayedAt(({ restarted }, at) => restarted(at)),
    },
    {
      way: 'the proof of one request for another',
      control: {
        file: 'lease/proof.ts',
        text: "if (claims.htm !== method || claims.htu !== path) return failed('another-request');",
        cut: '',
      },
      run: onPage(async ({ fetched }, at, page) => {
        const { proof } = page.ask('POST', `/api/views/${page.opened.view}/lease`);
        return (await fetched(at, { ...page.askPiece(), proof })) !== null;
      }),
    },
  ],
});

attack<Pages>({
  id: 'A4',
  name: 'a consent that ends inside a lease',
  through: 'lease/testing-pages.ts',
  ways: [
    {
      way: 'a piece after its end, by a lease from before',
      control: { file: 'lease/views.ts', text: ' && view.show.held.against() === null;', cut: ';' },
      run: onPage(
        async ({ fetched }, at, page) => {
          // The clock of the city alone is set on: the lease runs by the other.
          at.at.clock.now = NOW + 1_000;
          return (await fetched(at, page.askPiece())) !== null;
        },
        { until: NOW + 1_000 },
      ),
    },
    {
      way: 'a page that is lit for longer than the consent lasts',
      control: {
        file: 'lease/views.ts',
        text: 'Math.min(VIEW_LEASE_MS, until - this.#parts.clock())',
        cut: 'VIEW_LEASE_MS',
      },
      run: onPage((_tools, _at, page) => Promise.resolve(page.opened.lease.leaseMs > 1_000), { until: NOW + 1_000 }),
    },
    {
      way: 'a consent that is over within the day it was looked up',
      control: {
        file: 'domain/grant.ts',
        text: "if (now < from) return 'not-yet';\n  if (now >= until) return 'ended';",
        cut: "if (now < from) return 'not-yet';",
      },
      run: onPage(
        async ({ fetched }, at, page) => {
          at.at.clock.now += DAY_MS;
          return (await fetched(at, page.ask('GET', page.piecePath))) !== null;
        },
        { until: NOW + DAY_MS },
      ),
    },
  ],
});
