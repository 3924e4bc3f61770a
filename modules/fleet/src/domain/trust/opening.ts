/** What two officers say of a vault that was put back: this ledger is the newest there is, open it. */
import { VaultOpening, OPENING_DOMAIN, type JobSignature, type Officers } from '@cityward/contracts';
import { canonicalJson, ok, type Json, type Result } from '@cityward/kernel';
import { distrust, quoted, type TrustRefusal } from './refusals.ts';
import { fits } from './shape.ts';
import { checkOver } from './signatures.ts';
import { sha256 } from './bytes.ts';

const OFFICERS_WANTED = 2;

export const openingBytes = (opening: VaultOpening): Buffer =>
  Buffer.from(`${OPENING_DOMAIN}${canonicalJson(opening as unknown as Json)}`);

/** Lines to show before it is signed; null when the bytes are none. */
export function openingInWords(bytes: Uint8Array): readonly string[] | null {
  const text = Buffer.from(bytes).toString('utf8');
  if (!text.startsWith(OPENING_DOMAIN)) return null;
  let opening: unknown;
  try {
    opening = JSON.parse(text.slice(OPENING_DOMAIN.length));
  } catch {
    return null;
  }
  if (!fits(VaultOpening, opening)) return null;
  const { city, incarnation, ledger } = opening;
  return [
    `Opens     the records of people of ${quoted(city)}, which were put back (${incarnation})`,
    `You say   that this ledger is the newest there is: nothing that was taken back or destroyed is missing in it`,
    `Ledger    ${quoted(ledger.origin)}, ${ledger.size} entries, root ${ledger.root}`,
    `Hash      ${sha256(bytes).toString('hex')}`,
  ];
}

/** Signed by enough distinct officers; answers who. */
export function checkOpening(
  opening: VaultOpening,
  signatures: readonly JobSignature[],
  officers: Officers,
): Result<readonly string[], TrustRefusal> {
  if (!fits(VaultOpening, opening) || opening.city !== officers.city)
    return distrust('JOB_SHAPE', 'open the vault: wanted what this city gave to sign');
  const bytes = openingBytes(opening);
  const names = new Set<string>();
  for (const signature of signatures) {
    const key = checkOver(bytes, signature, officers);
    if (!key.ok) return key;
    names.add(key.value.officer);
  }
  if (names.size >= OFFICERS_WANTED) return ok([...names]);
  return distrust('TOO_FEW_OFFICERS', `open the vault: ${names.size} officers signed, wanted ${OFFICERS_WANTED}`);
}
