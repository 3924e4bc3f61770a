/** What a thief of the server does in tests: what stands on a device's disk afterwards, and which guard to take out so that it works. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '@cityward/kernel';
import type { TestDevice, Weakness } from './testing-agents.ts';

export const FACTORY = '1.0.0';

/** As it stands on the device's own disk. */
export const state = {
  firmware: (device: TestDevice) => device.firmware() ?? FACTORY,
  brightness: (device: TestDevice) => device.kept<{ brightness?: number }>('settings.json')?.brightness ?? null,
  document: (device: TestDevice) => {
    const active = device.kept<{ document: { active: string | null } }>('boot.json')?.document.active ?? null;
    return active === null ? null : (device.kept<{ version: string }>(`document-${active}.json`)?.version ?? null);
  },
};

export const TRUST = 'modules/fleet/src/domain/trust';
export const anySignature: Weakness = {
  file: `${TRUST}/keys.ts`,
  guard: '  const raw = fromBase64Url(signature);\n  if (raw?.length !== ED25519_SIGNATURE_BYTES',
  without: '  return true;\n  const raw = fromBase64Url(signature);\n  if (raw?.length !== ED25519_SIGNATURE_BYTES',
};
export const anyOfficers: Weakness = {
  file: 'apps/agent/src/update/officers.ts',
  guard: 'const followed = verifyOfficers(current, next, now);',
  without: 'const followed = now > 0 ? ok(next.officers) : verifyOfficers(current, next, now);',
};

export const sha = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');
export const documents = ['{"brightness":70}', '{"brightness":5}'].map((text) =>
  canonicalJson(JSON.parse(text) as never),
);
