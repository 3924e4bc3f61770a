/** What the attack on blind records uses of a copy of this module: the city, people's browsers, and the code of their pages. */
import { testVault as makeVault, type Posts } from './testing.ts';

export { consentTo, keysInTheClear, must, person, recordOf } from './testing.ts';
export { passkeyAtPortal, TestBrowser } from './blind/testing-browser.ts';
export { HOLDER_SOCKET } from './opening.ts';
export * as client from './blind/page/client.ts';
export * as hpke from './blind/page/hpke.ts';
export * as contexts from './domain/blind/contexts.ts';

/** Where people work in the city of the attack. */
export const posts: Posts = new Map();
export const testVault: typeof makeVault = (sql, folder, options) => makeVault(sql, folder, { posts, ...options });
