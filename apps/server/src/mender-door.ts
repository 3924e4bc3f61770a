/** Where Mender clients without a certificate of the city knock: their request is checked, a card is made of it, and they have to wait. */
import { parseMenderAuth } from '@cityward/formats/mender';
import type { EstListenerOptions, Identity } from '@cityward/identity';
import { isId } from '@cityward/kernel';
import { json, MENDER_AUTH_PATH, UNAUTHORISED } from './gateway-mender.ts';
import { keyHashOf, signerOf } from './mender-token.ts';

type Knock = NonNullable<EstListenerOptions['knock']>;
type Answer = NonNullable<ReturnType<Knock>>;
const SUBJECT_MAX_CHARS = 300;
const OTHER_THAN_TEXT = /[^\x20-\x7e]/gu;

export const createMenderDoor =
  ({ discovered, refused }: Pick<Identity, 'discovered' | 'refused'>): Knock =>
  ({ path, method, headers, body, address }) => {
    if (path !== MENDER_AUTH_PATH) return null;
    if (method !== 'POST') return answerOf(json(405, { error: 'authorise a device: wanted POST' }));
    const read = parseMenderAuth(body);
    const signature = headers['x-men-signature'];
    if (!read.ok) {
      refused('unknown', { way: 'Mender', code: read.error.code, address });
      return answerOf(json(read.error.kind === 'too-large' ? 413 : 400, { error: read.error.message }));
    }
    const { identity, publicKey } = read.value;
    const signer = typeof signature === 'string' ? signerOf(body, publicKey, signature) : null;
    const claimed = idIn(identity);
    // It says a name: where that is of a stolen device, somebody wants to hear of it.
    if (signer && claimed !== null) refused(claimed, { way: 'Mender', code: 'NOT_ADMITTED', address });
    if (signer)
      discovered({
        why: 'id-unknown',
        way: 'mender',
        claimed,
        serial: null,
        maker: null,
        subject: identity.replace(OTHER_THAN_TEXT, '?').slice(0, SUBJECT_MAX_CHARS),
        keyHash: keyHashOf(signer),
        address,
      });
    else refused('unknown', { way: 'Mender', code: 'MENDER_NOT_SIGNED', address });
    return answerOf(UNAUTHORISED);
  };

/** Among what it says of itself, the first that could be the id of a device. */
function idIn(identity: string): string | null {
  try {
    const said: unknown = JSON.parse(identity);
    const values = typeof said === 'object' && said !== null ? Object.values(said) : [];
    return values.find((value): value is string => typeof value === 'string' && isId(value)) ?? null;
  } catch {
    return null;
  }
}

function answerOf({ status, headers, body }: ReturnType<typeof json>): Answer {
  const bytes = Buffer.from(body as string);
  return { status, headers: { ...headers, 'content-length': String(bytes.length) }, body: bytes };
}
