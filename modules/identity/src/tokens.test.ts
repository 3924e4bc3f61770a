/** Tokens and assertions of services: a good one is taken, and each single thing wrong with it is not. */
import { createHmac, createPublicKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '@cityward/kernel';
import { createAssertions } from './client-assertions.ts';
import { TOKEN_LIFE_MS } from './domain/services.ts';
import { listedAt, nextFrom, signingAt, TOKEN_KEY_LIFE_MS, type TimedKey } from './domain/token-keys.ts';
import { removeFolder, testClock, testFolder } from './testing.ts';
import { openTokenKeys, type TokenKeys } from './token-keys.ts';
import { audienceOf, createTokens, type Tokens } from './tokens.ts';

const ISSUER = 'https://localhost:8445';
let clock: ReturnType<typeof testClock>;
let folder: string;
let keys: TokenKeys;
let tokens: Tokens;

beforeEach(async () => {
  clock = testClock();
  folder = testFolder();
  keys = await openTokenKeys({ folder, clock });
  tokens = createTokens({ issuer: ISSUER, keys, clock });
  return () => {
    keys.stop();
    removeFolder(folder);
  };
});
const seconds = (ahead = 0): number => Math.floor(clock() / SECOND_MS) + ahead;
const CLAIMS = { service: 'analytics', scope: ['city'], certificate: null };
interface Change {
  readonly claims?: JWTPayload;
  readonly header?: object;
  readonly key?: KeyObject | Uint8Array;
}
/** As the city would sign it, with one thing changed. */
function crafted({ claims = {}, header = {}, key = keys.signing().key }: Change = {}): Promise<string> {
  const good = {
    iss: ISSUER,
    aud: audienceOf(ISSUER),
    sub: 'analytics',
    client_id: 'analytics',
    scope: 'city',
    jti: randomUUID(),
    iat: seconds(),
    exp: seconds(300),
  };
  const payload = Object.fromEntries(Object.entries({ ...good, ...claims }).filter(([, value]) => value !== undefined));
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: keys.signing().kid, ...header })
    .sign(key);
}
const codeOf = async (token: string): Promise<string> => {
  const read = await tokens.read(token);
  return read.ok ? 'ok' : read.error.code;
};
const otherKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

describe('a token', () => {
  it('that the city issued says for whom, for what and with which certificate, until its end', async () => {
    const { token, expiresIn } = await tokens.issue({ ...CLAIMS, scope: ['city', 'devices'], certificate: 'abc' });
    expect(expiresIn).toBe(TOKEN_LIFE_MS / SECOND_MS);
    expect(await tokens.read(token)).toEqual({
      ok: true,
      value: { service: 'analytics', scope: ['city', 'devices'], certificate: 'abc' },
    });
    clock.add(TOKEN_LIFE_MS + SECOND_MS);
    expect(await codeOf(token)).toBe('TOKEN_NOT_VALID');
  });
  it('crafted like one of the city is taken: what follows changes one thing of it', async () => {
    expect(await codeOf(await crafted())).toBe('ok');
  });
  it.each<[string, () => Change]>([
    ['of another issuer', () => ({ claims: { iss: 'https://localhost:9999' } })],
    ['for another audience', () => ({ claims: { aud: 'https://localhost:8445/other' } })],
    ['for nobody', () => ({ claims: { aud: undefined } as never })],
    ['that has expired', () => ({ claims: { iat: seconds(-400), exp: seconds(-1) } })],
    ['without an end', () => ({ claims: { exp: undefined } as never })],
    ['from the future', () => ({ claims: { iat: seconds(60) } })],
    ['that is not valid yet', () => ({ claims: { nbf: seconds(60) } })],
    ['that lives for years', () => ({ claims: { iat: seconds(-3_600), exp: seconds(86_400 * 365) } })],
    ['without a time of issue', () => ({ claims: { iat: undefined } as never })],
    ['without a number of its own', () => ({ claims: { jti: undefined } as never })],
    ['of another subject than its client', () => ({ claims: { client_id: 'billing' } })],
    ['with a confirmation of another kind', () => ({ claims: { cnf: { jwk: {} } } })],
    ['of another type', () => ({ header: { typ: 'JWT' } })],
    ['by a key that is not listed', () => ({ header: { kid: 'unknown' } })],
    ['by another key under a listed name', () => ({ key: otherKey() })],
  ])('%s is refused', async (_, change) => {
    expect(await codeOf(await crafted(change()))).toBe('TOKEN_NOT_VALID');
  });
  it('with another algorithm is refused: none, and HMAC by the public key that everybody has', async () => {
    const none = new UnsecuredJWT({ sub: 'analytics' }).setIssuer(ISSUER).setAudience(audienceOf(ISSUER)).encode();
    expect(await codeOf(none)).toBe('TOKEN_NOT_VALID');
    const { kid } = keys.signing();
    const pem = createPublicKey(keys.signing().key).export({ type: 'spki', format: 'pem' });
    const [, payload] = (await crafted()).split('.');
    const header = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'at+jwt', kid })).toString('base64url');
    const mac = createHmac('sha256', pem).update(`${header}.${payload}`).digest('base64url');
    expect(await codeOf(`${header}.${payload}.${mac}`)).toBe('TOKEN_NOT_VALID');
  });
  it('too large is refused before it is read', async () => {
    expect(await codeOf(await crafted({ claims: { more: 'x'.repeat(4_096) } }))).toBe('TOKEN_NOT_VALID');
  });
  it('never makes the reader throw, whatever it is', async () => {
    const [header, payload, signature] = (await crafted()).split('.') as [string, string, string];
    const part = fc.oneof(fc.constantFrom(header, payload, signature, '', 'e30'), fc.base64String({ maxLength: 60 }));
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (parts) => {
        if (parts.join('.') === [header, payload, signature].join('.')) return;
        expect(await codeOf(parts.join('.'))).toBe('TOKEN_NOT_VALID');
      }),
      { numRuns: 300 },
    );
  });
});

describe('keys', () => {
  it('rotate by themselves: listed a day before they sign, and until nothing that they signed counts', async () => {
    const first = keys.signing().kid;
    clock.add(TOKEN_KEY_LIFE_MS - DAY_MS);
    await keys.rotate();
    expect([keys.jwks().keys.length, keys.signing().kid]).toEqual([2, first]);
    clock.add(DAY_MS - MINUTE_MS);
    const { token } = await tokens.issue(CLAIMS);
    clock.add(2 * MINUTE_MS);
    await keys.rotate();
    expect(keys.signing().kid).not.toBe(first);
    expect(await codeOf(token)).toBe('ok');
    clock.add(2 * HOUR_MS);
    await keys.rotate();
    expect(keys.jwks().keys.map((key) => key.kid)).toEqual([keys.signing().kid]);
  });
  it('survive a new start, and say nothing of the private part', async () => {
    const { token } = await tokens.issue(CLAIMS);
    const again = await openTokenKeys({ folder, clock });
    expect((await createTokens({ issuer: ISSUER, keys: again, clock }).read(token)).ok).toBe(true);
    again.stop();
    expect(keys.jwks().keys.map((key) => Object.keys(key).sort())).toEqual([
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
    ]);
  });
  it('always have one that signs and is listed, whenever somebody looks', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 * DAY_MS }), { maxLength: 30 }), (steps) => {
        let now = 1_700_000_000_000;
        let all: TimedKey[] = [];
        for (const step of steps) {
          now += step;
          all = listedAt(all, now);
          const from = nextFrom(all, now);
          if (from !== null) all.push({ kid: `k${now}`, from });
          const signing = signingAt(all, now);
          expect(signing && listedAt(all, now).includes(signing)).toBe(true);
        }
      }),
    );
  });
});

describe('an assertion', () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const claim = (change: JWTPayload = {}, key: KeyObject = pair.privateKey): Promise<string> => {
    const good = {
      iss: 'analytics',
      sub: 'analytics',
      aud: ISSUER,
      jti: randomUUID(),
      iat: seconds(),
      exp: seconds(60),
    };
    const payload = Object.entries({ ...good, ...change }).filter(([, value]) => value !== undefined);
    return new SignJWT(Object.fromEntries(payload)).setProtectedHeader({ alg: 'ES256' }).sign(key);
  };
  const opened = () => createAssertions({ audiences: [ISSUER, `${ISSUER}/oauth/token`], clock });
  const accept = async (assertion: string, assertions = opened()): Promise<string> => {
    const result = await assertions.accept(assertion, { id: 'analytics', publicKey });
    return result.ok ? 'ok' : result.error.message.replace(/^[^:]*: /, '');
  };
  it('by the registered key is taken, once', async () => {
    const assertions = opened();
    const good = await claim();
    expect(assertions.claimed(good)).toBe('analytics');
    expect([await accept(good, assertions), await accept(good, assertions)]).toEqual(['ok', 'it was used already']);
    expect(await accept(await claim({ aud: `${ISSUER}/oauth/token` }), assertions)).toBe('ok');
  });
  it('is taken once also when it comes twice at the same moment', async () => {
    const assertions = opened();
    const good = await claim();
    const both = await Promise.all([accept(good, assertions), accept(good, assertions)]);
    expect(both.sort()).toEqual(['it was used already', 'ok']);
  });
  it('from before a restart is refused, since what was used then is forgotten', async () => {
    const good = await claim();
    clock.add(2 * SECOND_MS);
    expect(await accept(good, opened())).toBe('it is from before this city started');
  });
  it.each<[string, () => JWTPayload]>([
    ['for somebody else', () => ({ aud: 'https://elsewhere.example' })],
    ['of another service', () => ({ iss: 'billing' })],
    ['about another service', () => ({ sub: 'billing' })],
    ['that has expired', () => ({ iat: seconds(-90), exp: seconds(-30) })],
    ['that lives too long', () => ({ exp: seconds(301) })],
    ['from the future', () => ({ iat: seconds(30) })],
    ['that cannot be remembered', () => ({ jti: undefined }) as never],
    ['with an endless number', () => ({ jti: 'x'.repeat(201) })],
  ])('%s is refused', async (_, change) => expect(await accept(await claim(change()))).not.toBe('ok'));
  it('by another key, or by HMAC with the public key, is refused', async () => {
    expect(await accept(await claim({}, otherKey()))).toBe('signature verification failed');
    const [, payload] = (await claim()).split('.');
    const header = Buffer.from('{"alg":"HS256"}').toString('base64url');
    const mac = createHmac('sha256', publicKey).update(`${header}.${payload}`).digest('base64url');
    expect(await accept(`${header}.${payload}.${mac}`)).not.toBe('ok');
    expect(opened().claimed('x'.repeat(5_000))).toBeNull();
  });
});
