/** One node of the model: the vault's own parts, put together as the vault does it. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import type { Principal } from '@cityward/contracts';
import { DAY_MS, ok, type Clock, type Millis } from '@cityward/kernel';
import { byConsent } from '../../consents/by-consent.ts';
import { GrantBook } from '../../consents/grant-book.ts';
import type { StoredConsent } from '../../consents/consent-store.ts';
import { sealContent } from '../../keys/sealed.ts';
import type { KeyId } from '../../keys/keyring.ts';
import { asText } from '../../lease/as-text.ts';
import type { Asker, PageStream, PieceSink } from '../../lease/open-view.ts';
import { reviewed } from '../../lease/reviewed.ts';
import { Views } from '../../lease/views.ts';
import { openVaultJournal, type VaultChange, type VaultJournal } from '../../vault-journal.ts';
import { createShowing, viewBy } from '../../viewing/viewing.ts';
import { VaultNode } from '../node.ts';
import { agreed, learn, type Heard } from '../shared.ts';
import type { Disk } from './disk.ts';
import type { World } from './world.ts';

const SUBJECT = 'per-aroha';
const PERSON = 'per-ben';
const RECORD = 'rec-1';
const KEY_ID = 'ab'.repeat(16) as KeyId;
const KEY = randomBytes(32);
const HEAD = { id: RECORD, subject: SUBJECT, category: 'blood-tests', isDestroyed: false };
const BINDING = { record: RECORD, version: 1, subject: SUBJECT, category: 'blood-tests', media: 'application/json' };
const SEALED = sealContent({ id: KEY_ID, key: KEY }, BINDING, Buffer.from('{"text":"HbA1c"}'));
const VERSION = { version: 1, key: KEY_ID, media: 'application/json', content: SEALED } as const;
const WHO: Principal = { type: 'Person', id: PERSON, roles: [], attributes: {} };
const ASKER: Asker = { person: PERSON, signIn: 'first', address: '192.0.2.7' };
const LOOK = { record: RECORD, purpose: 'TREAT', right: 'text', principal: WHO } as const;
const { x, y } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }) as {
  x: string;
  y: string;
};
const JWK = { kty: 'EC', crv: 'P-256', x, y } as const;
const VIEWS_PER_NODE_MAX = 6;
/** A push is to fall into every moment of a change. */
const PUSH_AFTER_MS = 10;
/** Not in the model. */
const NOTHING = { learn: () => undefined };
const QUIET = { error: () => undefined, warn: () => undefined };

export interface Setup {
  readonly world: World;
  readonly index: number;
  readonly disk: Disk;
  /** Its clock's speed: no two are the same. */
  readonly speed: number;
}
interface OpenPage {
  readonly id: string;
  readonly consent: string;
  readonly nonces: string[];
}
type TakeBack = Extract<VaultChange, { do: 'take-back' }>;

export class SimulatedNode {
  readonly #setup: Setup;
  readonly #book = new GrantBook();
  readonly pages: OpenPage[] = [];
  /** Pieces that were asked for and are written when the connection gets to it. */
  readonly sends: (() => void)[] = [];
  readonly #restsOn = new Map<string, string>();
  #views!: Views;
  #node!: VaultNode;
  #journal!: VaultJournal;
  isUp = false;
  isGone = false;

  constructor(setup: Setup) {
    this.#setup = setup;
  }

  async start(): Promise<void> {
    const { world, index, disk, speed } = this.#setup;
    const isAlive = (): boolean => !this.isGone;
    const store = world.storeFor(index, isAlive);
    const written = await openVaultJournal(tmpdir(), {
      openHandle: () => Promise.resolve(disk.open((work) => world.later(index, work, isAlive))),
    });
    const clock: Clock = () => world.now as Millis;
    const id = randomBytes(8).toString('hex');
    const monotonic = (): number => world.now * speed;
    const apply = ({ body }: { readonly body: string }): Promise<void> => this.#learn({ body });
    const wait = (): Promise<void> => world.later(index, () => undefined, isAlive);
    this.#node = new VaultNode({ id, store, now: clock, monotonic, apply, log: QUIET, wait });
    this.#journal = reviewed(agreed(written, this.#node), (changed) => this.#views.review(changed));
    this.#views = this.#viewsOver({ clock, monotonic, incarnation: id });
    for (const [consent, state] of world.consents) if (state === 'standing') this.#book.add(grantOf(consent));
    const taken = written.entries.filter((change): change is TakeBack => change.do === 'take-back');
    const unsaved = taken.filter(({ consent }) => world.consents.get(consent) === 'standing');
    for (const { consent } of unsaved) this.#take(consent);
    if (unsaved.length > 0) {
      await store.announce({ node: id, at: 0, bodies: unsaved.map((change) => JSON.stringify(change)) });
      for (const { consent } of unsaved) world.consents.set(consent, 'taken-back');
    }
    await this.#node.turn();
    this.isUp = !this.isGone;
  }

  #viewsOver(given: { readonly clock: Clock; readonly monotonic: () => number; readonly incarnation: string }): Views {
    const { clock } = given;
    const mayServe = (): boolean => this.#node.mayServe();
    const consents = {
      from: (...pair: Parameters<GrantBook['from']>) => this.#book.from(...pair),
      now: (id: string) => this.#book.get(id),
      use: () => Promise.resolve(true),
    };
    const lives = { isWritten: () => false, consentAgainst: () => null };
    const shelf = {
      holds: () => false,
      head: () => Promise.resolve(HEAD),
      version: () => Promise.resolve(VERSION),
      askAgain: () => Promise.resolve(),
    };
    const show = createShowing({
      clock,
      ledger: { append: () => Promise.resolve() } as unknown as Parameters<typeof createShowing>[0]['ledger'],
      shelf: shelf as unknown as Parameters<typeof createShowing>[0]['shelf'],
      keyring: { open: () => Promise.resolve(ok(Buffer.from(KEY))) },
      grounds: [byConsent({ clock, postsOf: () => [], consents, lives })],
      bars: [],
      keepCopy: () => Promise.resolve(),
      may: () => ok(undefined),
      mayServe,
    });
    const view = viewBy(show);
    const checkProof = (nonce: string) => ({ ok: true, nonce }) as const;
    const shownBy = asText(view);
    return new Views({
      ...given,
      mayServe,
      checkProof,
      pushAfterMs: PUSH_AFTER_MS,
      show: async (look, id) => {
        const shown = await shownBy(look);
        if (shown.ok) this.#restsOn.set(id, shown.value.held.basis['consent'] as string);
        return shown;
      },
    });
  }

  #take(consent: string): void {
    this.#book.change(consent, { state: { is: 'taken-back', by: SUBJECT, at: this.#setup.world.now } });
  }
  #learn({ body }: { readonly body: string }): Promise<void> {
    const { world } = this.#setup;
    return learn(
      { body },
      {
        consents: {
          learnGiven: (id) => {
            if (world.consents.get(id) === 'standing' && !this.#book.get(id)) this.#book.add(grantOf(id));
            return Promise.resolve();
          },
          learnTaken: ({ consent }) => {
            this.#take(consent);
            world.consents.set(consent, 'taken-back');
          },
        },
        desk: { destroying: NOTHING, lives: NOTHING, holds: NOTHING },
        people: { lives: NOTHING, care: NOTHING, emergencies: NOTHING, requests: NOTHING, unsealings: NOTHING },
        modes: { learn: () => Promise.resolve() },
        shelf: { forget: () => undefined },
        review: (changed) => this.#views.review(changed),
      },
    );
  }

  /** As consents do it: dark in memory, on disk, told, confirmed. */
  async takeBack(consent: string): Promise<void> {
    const { world } = this.#setup;
    if (!this.#book.get(consent)) return;
    this.#take(consent);
    await this.#journal.append([{ do: 'take-back', consent, at: world.now, by: SUBJECT }]);
    world.consents.set(consent, 'taken-back');
    world.confirmed.add(consent);
  }
  give(consent: string): void {
    this.#setup.world.consents.set(consent, 'standing');
    this.#setup.world.tell('sql', [JSON.stringify({ do: 'given', consent } satisfies Heard)]);
    if (!this.#book.get(consent)) this.#book.add(grantOf(consent));
  }

  turn(): void {
    void this.#node.turn();
  }
  sweep(): void {
    this.#views.sweep();
  }
  push(): void {
    void this.#views.push();
  }

  async open(): Promise<void> {
    if (this.#views.size >= VIEWS_PER_NODE_MAX) return;
    const opened = await this.#views.open({ look: LOOK, key: JWK, proof: '', asker: ASKER, path: '/api/views' });
    if (!opened.ok) return;
    const { view, lease } = opened.value;
    const page = { id: view, consent: this.#restsOn.get(view)!, nonces: [...lease.nonces] };
    this.pages.push(page);
    const listen = this.#views.listen(this.#ask(page));
    if (listen.ok) listen.value(this.#streamOf(page));
  }
  renew(page: OpenPage): void {
    const lease = this.#views.renew(this.#ask(page));
    if (lease.ok) page.nonces.push(...lease.value.nonces);
    else this.#drop(page);
  }
  async piece(page: OpenPage): Promise<void> {
    const answer = await this.#views.piece({ ...this.#ask(page), page: 0, piece: 0 });
    if (!answer.ok) return this.#drop(page);
    this.sends.push(() => {
      try {
        answer.value(this.#sinkOf(page));
      } catch {
        this.#drop(page); // dark, and without the control that says so: its key is gone, nothing opens
      }
    });
  }
  #ask({ id: view, nonces }: OpenPage) {
    return { view, proof: nonces.pop() ?? '', asker: ASKER, method: 'GET', path: '' };
  }
  #drop(page: OpenPage): void {
    const at = this.pages.indexOf(page);
    if (at >= 0) this.pages.splice(at, 1);
  }
  #served({ consent }: OpenPage): void {
    const { world } = this.#setup;
    if (world.confirmed.has(consent)) world.servedAfterRevoke++;
  }
  #streamOf(page: OpenPage): PageStream {
    const { world } = this.#setup;
    return {
      dark: () => this.#drop(page),
      beat: () => undefined,
      lease: ({ nonces }) => {
        world.pushed++;
        this.#served(page);
        page.nonces.push(...nonces);
      },
      // A network that takes nothing for a while.
      isClear: () => world.random.int(8) > 0,
      isSignedIn: () => true,
    };
  }
  #sinkOf(page: OpenPage): PieceSink {
    const { world } = this.#setup;
    return {
      send: (_body, nonce) => {
        world.served++;
        this.#served(page);
        page.nonces.push(nonce);
      },
      drop: () => this.#drop(page),
      onGone: (listener) => listener(),
    };
  }
}

function grantOf(id: string): StoredConsent {
  return {
    grant: {
      id,
      subject: SUBJECT,
      grantee: { person: PERSON, organisation: null, role: null },
      scope: { of: 'records', records: [RECORD] },
      rights: ['view', 'text'],
      purpose: 'TREAT',
      from: 0,
      until: 1_800_000_000_000 + 3_650 * DAY_MS,
      uses: null,
      used: 0,
      depth: 0,
      parent: null,
      refrains: [],
      state: { is: 'standing' },
    },
    given: { at: 0, by: SUBJECT },
  };
}
