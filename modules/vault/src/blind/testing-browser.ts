/** People with browsers and passkeys of their own, as far as blind records go: they run the code that pages run. */
import { createHash, createSign, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import {
  BLIND_CHOICE_FORMAT,
  BLIND_NEW_KEY_FORMAT,
  BLIND_PRICE,
  type BlindAsk,
  type BlindChoice,
  type BlindChoiceText,
  type BlindStanding,
  type Purpose,
} from '@cityward/contracts';
import type { Result, Refusal } from '@cityward/kernel';
import { must, person } from '../testing.ts';
import type { VaultOptions } from '../needs.ts';
import type { Vault } from '../service.ts';
import type { Blind } from './blind.ts';
import {
  joinKey,
  ownKeys,
  readRecord,
  releaseShares,
  sealForConsent,
  shareKey,
  splitAgain,
  type Me,
} from './page/client.ts';
import { fromText, newKeyPair, toText } from './page/hpke.ts';
import { unwrapKey, wrapKey } from './page/own-key.ts';

const ORIGIN = 'http://portal.localhost:8081';
const RP_ID = 'portal.localhost';
const COUNTER = Buffer.alloc(4);
const FLAGS = Buffer.from([0x05]);
const sha256 = (bytes: Uint8Array | string): Buffer => createHash('sha256').update(bytes).digest();

interface Passkey {
  readonly credential: string;
  readonly privateKey: KeyObject;
  readonly publicKey: string;
  readonly prf: Buffer;
}
const passkeys = new Map<string, Passkey[]>();

/** As the city checks a passkey of a person's at the portal. */
export const passkeyAtPortal: VaultOptions['passkeyAtPortal'] = (who, credential) => {
  const passkey = passkeys.get(who)?.find((one) => one.credential === credential);
  return passkey ? { publicKey: passkey.publicKey, cose: -7, origin: ORIGIN, rpId: RP_ID } : null;
};

export class TestBrowser {
  readonly who: string;
  readonly #vault: () => Vault;
  #passkey: Passkey;

  constructor(who: string, vault: () => Vault) {
    [this.who, this.#vault] = [who, vault];
    this.#passkey = this.newPasskey();
  }
  /** The one before is lost. */
  newPasskey(): Passkey {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = publicKey.export({ type: 'spki', format: 'der' }).toString('base64url');
    this.#passkey = { credential: toText(randomBytes(16)), privateKey, publicKey: spki, prf: randomBytes(32) };
    passkeys.set(this.who, [...(passkeys.get(this.who) ?? []), this.#passkey]);
    return this.#passkey;
  }
  get blind(): Blind {
    return this.#vault().blind.blind();
  }
  get standing(): Promise<BlindStanding> {
    return this.blind.standing(this.who);
  }
  get #place() {
    return { person: this.who, credential: this.#passkey.credential };
  }

  /** Makes a key of their own, once. */
  async keepKey(): Promise<string> {
    const draft = await this.#draftOf(await newKeyPair());
    must(await this.blind.keep(this.who, draft));
    return draft.publicKey;
  }
  /** Another in its place, by the passkey they have now. */
  async newKey(at: number, change: { readonly subject?: string; readonly publicKey?: string } = {}) {
    const draft = await this.#draftOf(await newKeyPair());
    const { publicKey } = draft;
    const text = JSON.stringify({ format: BLIND_NEW_KEY_FORMAT, subject: this.who, publicKey, at, ...change });
    return { ...draft, text, signature: this.sign(text) };
  }
  /** Keys of records and one's own, split anew for whoever made a new key. */
  async renewShares(): Promise<number> {
    const { renewing } = this.blind;
    const { seals, ...among } = must(await renewing.waiting(this.who));
    const [me, { holders }] = [await this.me(), among];
    const versions = await splitAgain(me, among, seals);
    return must(await renewing.renew(this.who, { holders, versions, key: await shareKey(me, among) })).done;
  }
  async #draftOf({ publicKey, secret }: { readonly publicKey: Uint8Array; readonly secret: Uint8Array }) {
    const wrapped = toText(await wrapKey(this.#passkey.prf, this.#place, secret));
    const { credential } = this.#place;
    return { publicKey: toText(publicKey), salt: toText(new Uint8Array(32)), credential, wrapped };
  }
  /** As the passkey opens it; throws where it does not. */
  async me(): Promise<Me> {
    const { key } = await this.standing;
    const wrapped = key?.wraps.find(({ credential }) => credential === this.#passkey.credential)?.wrapped;
    const secret = wrapped === undefined ? null : await unwrapKey(this.#passkey.prf, this.#place, fromText(wrapped));
    if (secret === null) throw new Error(`${this.who} has no passkey that opens their key`);
    return { person: this.who, publicKey: fromText(key!.publicKey), secret };
  }

  sign(text: string): BlindChoice['signature'] {
    const challenge = sha256(text).toString('base64url');
    const client = Buffer.from(JSON.stringify({ type: 'webauthn.get', challenge, origin: ORIGIN, crossOrigin: false }));
    const data = Buffer.concat([sha256(RP_ID), FLAGS, COUNTER]);
    const signature = createSign('sha256').update(data).update(sha256(client)).sign(this.#passkey.privateKey);
    return {
      key: this.#passkey.credential,
      authenticatorData: toText(data),
      clientDataJson: toText(client),
      signature: toText(signature),
    };
  }
  async choice(at: number, change: Partial<BlindChoiceText> = {}): Promise<BlindChoice> {
    const { publicKey } = (await this.standing).key!;
    const value: BlindChoiceText = {
      ...{ format: BLIND_CHOICE_FORMAT, subject: this.who, do: 'turn-on', accepted: [...BLIND_PRICE], publicKey },
      ...{ needed: 0, holders: [], at, ...change },
    };
    const text = JSON.stringify(value);
    return { text, signature: this.sign(text), shares: await shareKey(await this.me(), value) };
  }
  async choose(at: number, change: Partial<BlindChoiceText> = {}): Promise<Result<BlindStanding, Refusal>> {
    return this.blind.choose(this.who, await this.choice(at, change));
  }

  /** What they read, or the code of the refusal. */
  async read(record: string, purpose: Purpose = 'PATRQT', version?: number): Promise<string> {
    const given = await this.#vault().blind.view({ record, version, purpose, principal: person(this.who) });
    if (!given.ok) return given.error.code;
    const content = await readRecord(await this.me(), given.value);
    return content === null ? 'does not open' : (JSON.parse(Buffer.from(content).toString()) as { text: string }).text;
  }
  /** Answers how many keys were given. */
  async share(consent: string): Promise<number> {
    const { to, seals } = must(await this.blind.giving.waiting(this.who, consent));
    const { person, publicKey } = to!;
    const sealed = await sealForConsent(await this.me(), { consent, person, publicKey: publicKey! }, seals);
    return must(await this.blind.giving.give(this.who, { consent, seals: sealed })).done;
  }
  asks(): Promise<BlindAsk[]> {
    return this.blind.quorum.asks(this.who);
  }
  /** Whatever is asked of them. */
  async release(): Promise<number> {
    let done = 0;
    for (const ask of await this.asks()) {
      const seals = await releaseShares(await this.me(), ask);
      done += must(await this.blind.quorum.release(ask.id, { seals, holder: this.who })).done;
    }
    return done;
  }
  async askRecovery(): Promise<Me> {
    const temporary = await newKeyPair();
    must(await this.blind.askRecovery(this.who, await this.#draftOf(temporary)));
    return { person: this.who, ...temporary };
  }
  /** With what was released, under the new passkey; `false` while it is not enough. */
  async recover(temporary: Me): Promise<boolean> {
    const { key, recovery } = await this.standing;
    const me = await joinKey(temporary, recovery!, key!.publicKey);
    if (me === null) return false;
    const { credential, wrapped } = await this.#draftOf(me);
    must(await this.blind.wrap(this.who, { credential, wrapped }));
    must(await this.blind.endRecovery(this.who));
    return true;
  }
  async handBack(): Promise<{ done: number; left: number }> {
    const { seals } = must(await this.blind.giving.waiting(this.who));
    return must(await this.blind.handBack(this.who, await ownKeys(await this.me(), seals)));
  }
}
