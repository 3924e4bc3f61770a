/**
 * A secret in shares, of which so many give it back and fewer tell nothing (Shamir, 1979): byte by byte over GF(2^8) with the
 * polynomial of AES, as in draft-mcgrew-tss. A share is its number and as many bytes as the secret. The page of a holder runs this
 * file as it is: it imports nothing.
 */
export type Bytes = Uint8Array<ArrayBuffer>;

const SHARES_MAX = 15;
const POLYNOMIAL = 0x11b;
const FIELD = 256;
const BITS = 8;

/** Without a branch or a table that depends on the secret. */
export function multiply(a: number, b: number): number {
  let product = 0;
  let shifted = a;
  for (let bit = 0; bit < BITS; bit++) {
    product ^= -((b >> bit) & 1) & shifted;
    shifted = (shifted << 1) ^ (-(shifted >> (BITS - 1)) & POLYNOMIAL);
  }
  return product;
}
/** a^254; that of 0 is 0, and is never asked for. */
function inverse(a: number): number {
  let power = 1;
  for (let bit = 1; bit < BITS; bit++) {
    a = multiply(a, a);
    power = multiply(power, a);
  }
  return power;
}

/** @param random `needed - 1` times as many bytes as the secret, from a generator that nobody foresees; used once */
export function split(
  secret: Uint8Array,
  { shares, needed, random }: { readonly shares: number; readonly needed: number; readonly random: Uint8Array },
): Bytes[] {
  const isCount = Number.isInteger(shares) && Number.isInteger(needed);
  if (!isCount || needed < 2 || needed > shares || shares > SHARES_MAX)
    throw new RangeError(`split a secret: "${needed} of ${shares}", wanted 2 or more of at most ${SHARES_MAX}`);
  if (random.length !== (needed - 1) * secret.length)
    throw new RangeError(`split a secret: ${random.length} random bytes, wanted ${(needed - 1) * secret.length}`);
  return Array.from({ length: shares }, (_, i) => {
    const [at, share] = [i + 1, new Uint8Array(secret.length + 1)];
    share[0] = at;
    for (let byte = 0; byte < secret.length; byte++) {
      let value = 0;
      for (let degree = needed - 2; degree >= 0; degree--)
        value = multiply(value ^ random[degree * secret.length + byte]!, at);
      share[byte + 1] = value ^ secret[byte]!;
    }
    return share;
  });
}

/** What these shares give together; nobody can tell from them alone whether they were enough, or the right ones. `null` where they are none of one secret. */
export function combine(shares: readonly Uint8Array[]): Bytes | null {
  const length = shares[0]?.length ?? 0;
  const numbers = new Set(shares.map((share) => share[0]));
  const isSet = numbers.size === shares.length && !numbers.has(0) && shares.every((share) => share.length === length);
  if (shares.length < 2 || shares.length >= FIELD || length < 2 || !isSet) return null;
  const secret = new Uint8Array(length - 1);
  for (const share of shares) {
    let weight = 1;
    for (const other of shares)
      if (other !== share) weight = multiply(weight, multiply(other[0]!, inverse(other[0]! ^ share[0]!)));
    for (let byte = 1; byte < length; byte++) secret[byte - 1]! ^= multiply(weight, share[byte]!);
  }
  return secret;
}
