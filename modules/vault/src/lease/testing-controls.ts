/** What keeps a proof that was made for one process from counting at another; any of them alone is enough. */
import type { Control } from '../testing-attack.ts';

export const OF_ONE_PROCESS: readonly Control[] = [
  {
    file: 'lease/views.ts',
    text: "const id = `view-${this.#parts.incarnation}-${randomBytes(16).toString('hex')}`;",
    cut: "const id = 'view-1';",
  },
  {
    file: 'lease/open-view.ts',
    text: "const nonce = drawn(NONCE_BYTES).toString('base64url');",
    cut: "const nonce = 'always';",
  },
];
